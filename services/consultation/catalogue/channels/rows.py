"""The rows of the Web API as items of a search: liberal in what is read, strict in what is told.

An answer is `{"status": "OK", "data-availability": …, "data": [paging, rows]}`, where nothing was
found `data` is "". Any field of a row may be missing, null, a number or HTML.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import msgspec

from services.consultation.catalogue.channels.cleaning import plain

Item = dict[str, Any]
Row = Mapping[str, Any]

TITLE, SNIPPET, URL = 300, 300, 2_000

HOST = "bps.go.id"


class WebApiFailure(Exception):
    """The Web API has not answered as it should; a word says how. It never quotes an address."""


class _Answer(msgspec.Struct):
    status: Any = None
    data: Any = None


def items(model: str, body: bytes, secret: str) -> list[Item]:
    """Return what an answer lists; raises `WebApiFailure` for what is no answer.

    A row without a title is left out, and so is every address that holds the `secret`.
    """
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WebApiFailure("no_json") from error
    if answer.status != "OK":
        raise WebApiFailure("refused")
    rows = _rows(answer.data)
    return [item for row in rows if isinstance(row, dict) and (item := _item(model, row, secret))]


def _rows(data: Any) -> list[Any]:
    match data:
        case "" | [] | None:
            return []
        case [dict(), list(rows), *_]:
            return rows
        case [dict(), "" | None, *_]:
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
    if not isinstance(text, str) or len(text) > URL or (secret and secret in text):
        return None
    try:
        parts = urlsplit(text.strip())
        host = parts.hostname or ""
    except ValueError:
        return None
    ours = host == HOST or host.endswith(f".{HOST}")
    if parts.scheme not in ("http", "https") or not ours or "@" in parts.netloc:
        return None
    return parts.geturl() if parts.geturl().isascii() and parts.geturl().isprintable() else None


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
