"""Texts of others made plain: what comes out is text, however often HTML was escaped in it."""

import html
import re

import nh3

ROUNDS = 6
"""So often a text may have been escaped; what still looks like HTML then loses its brackets."""

LONGEST = 4_000
"""So much of a text is looked at: of sixty rows at once, before others have their turn."""

_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
"""Blanks, and what is not seen: control characters, changes of direction."""

_BLOCK = re.compile(r"(</?(?:p|div|li|t[rdh]|h[1-6]|br)\b)", re.IGNORECASE)
"""Tags between which words stand apart, though there is no blank."""


def plain(text: object, longest: int) -> str:
    """Return a text without markup, cut between words; "" for what is no text."""
    if not isinstance(text, str):
        return ""
    clean = text[:LONGEST]
    for _ in range(ROUNDS):
        before, clean = clean, _once(clean)
        if clean == before:
            break
    else:
        clean = clean.replace("<", " ").replace(">", " ")
    return cut(_BLANK.sub(" ", clean).strip(), longest)


def cut(text: str, longest: int) -> str:
    """Return a text no longer than that, ended between two words."""
    if len(text) <= longest:
        return text
    head = text[: longest - 2]
    return f"{head.rpartition(' ')[0] or head} …"


def _once(text: str) -> str:
    apart = _BLOCK.sub(r" \1", html.unescape(text))
    return html.unescape(nh3.clean(apart, tags=set()))
