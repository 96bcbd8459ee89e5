"""The name of a file as it is kept: a name only, that can be seen as it is."""

import unicodedata

from contracts.attachments import MEDIA_TYPES, NAME_MAX

NAMELESS = "berkas"
"""Indonesian for file."""

UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Kinds of characters that nobody sees, and that have others read in another order."""


def clean(given: str, media_type: str) -> str:
    """Return the last part of a path in at most `NAME_MAX` characters, with the type's ending.

    A text that calls itself `laporan.html` becomes `laporan.html.txt`: whoever opens it from
    their disk gets what it was taken for.
    """
    composed = unicodedata.normalize("NFC", given.replace("\\", "/").rpartition("/")[2])
    seen = "".join(c for c in composed if unicodedata.category(c) not in UNSEEN)
    stem = " ".join(seen.split()).strip(". ") or NAMELESS
    endings = MEDIA_TYPES[media_type]
    ending = stem.rpartition(".")[2].lower() if "." in stem else ""
    if ending in endings:
        return f"{stem[: -len(ending) - 1][: NAME_MAX - len(ending) - 1]}.{ending}"
    return f"{stem[: NAME_MAX - len(endings[0]) - 1]}.{endings[0]}"
