"""The rows of the Web API as items of a search: liberal in what is read, strict in what is told.

An answer is `{"status": "OK", "data-availability": …, "data": [paging, rows]}`, where nothing was
found `data` is "". Any field of a row may be missing, null, a number or HTML.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from services.consultation.catalogue.channels.cleaning import plain

Item = dict[str, Any]
Row = Mapping[str, Any]

TITLE, SNIPPET, URL = 300, 300, 2_000

ROWS_MAX = 10
"""So many rows a page has; what lies beyond them would only take time, which others need."""

_PLACE = re.compile(r"([a-z0-9-]+\.)*bps\.go\.id(:[0-9]{1,5})?", re.IGNORECASE)
"""Host and port as BPS has them: nothing that two readers of an address could read differently."""

_UNSAFE = re.compile(r"""[\s\\"'<>`]|[^\x20-\x7e]""")


class WebApiFailure(Exception):
    """The Web API has not answered as it should; a word says how. It never quotes an address."""


class _Answer(msgspec.Struct):
    status: Any = None
    data: Any = None


def items(model: str, body: bytes, secret: str) -> list[Item]:
    """Return what an answer lists; raises `WebApiFailure` for what is no answer.

    A row without a title is left out, and so is every address that holds the `secret`; of more
    rows than a page has, only so many are looked at.
    """
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WebApiFailure("no_json") from error
    if answer.status != "OK":
        raise WebApiFailure("refused")
    rows = _rows(answer.data)
    read = (_item(model, row, secret) for row in rows if isinstance(row, dict))
    return [item for item in read if item]


def _rows(data: Any) -> list[Any]:
    match data:
        case "" | []:
            return []
        case [dict(), list(rows), *_]:
            return rows[:ROWS_MAX]
        case [dict(), "", *_]:
            return []
    raise WebApiFailure("other_shape")


def _item(model: str, row: Row, secret: str) -> Item | None:
    kind, link, day, about = READING[model]
    title = plain(row.get("title"), TITLE)
    if not title:
        return None
    return {
        "kind": kind,
        "title": title,
        "url": address(row.get(link), secret),
        "released_on": _date(row.get(day)),
        "snippet": about(row),
    }


def address(text: Any, secret: str) -> str | None:
    """Return an address of BPS, None for any other."""
    if not isinstance(text, str) or len(text) > URL or _UNSAFE.search(text := text.strip()):
        return None
    if secret and (secret in text or secret in unquote(text)):
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for one that is none
    except ValueError:
        return None
    ours = parts.scheme in ("http", "https") and _PLACE.fullmatch(parts.netloc)
    return parts.geturl() if ours else None


def _date(text: Any) -> str | None:
    try:
        return date.fromisoformat(str(text).strip()[:10]).isoformat()
    except ValueError:
        return None


def _abstract(row: Row) -> str:
    return plain(row.get("abstract"), SNIPPET) or _subject(row)


def _subject(row: Row) -> str:
    return plain(row.get("subj"), SNIPPET)


Reading = tuple[str, str, str, Callable[[Row], str]]

READING: dict[str, Reading] = {
    "publication": ("publication", "pdf", "rl_date", _abstract),
    "pressrelease": ("press_release", "pdf", "rl_date", _abstract),
    "statictable": ("static_table", "excel", "updt_date", _subject),
}
"""Model → what its rows are called here, and where their address, date and text stand."""
