"""What reading of views has in common: pages, being up to date, and opening what was sealed."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from contracts.errors import Code, Rejected, Unavailable
from host.runtime import Runtime
from kernel.clock import monotonic, pause
from kernel.codec import clear
from kernel.database import Document
from kernel.personal import FORGOTTEN
from kernel.view_reading import Reader
from kernel.views import View

PATIENCE_S = 2.0
LOOK_S = 0.05

STRETCH = 500
WIDER = 4
LATER = 2**62
"""So many positions of the log are looked at first; so much longer is each stretch before; and
later than any position."""


def page(
    core: Runtime,
    view: View,
    wanted: Document,
    place: str,
    limit: int,
    cursor: str | None,
    *,
    few: bool = False,
) -> tuple[list[Document], str | None]:
    """Return one page of a view, newest first by `place`, and the cursor of the next, if any.

    `place` is a field that holds the log's position of what put the document into the list: it
    never changes, so nothing is listed twice or left out while others come in. `few`: what
    matches is little however long the list is, and has an index of its own.
    """
    reader = core.view(view)
    before = None if cursor is None else _position(cursor)
    if few:
        at = {} if before is None else {place: {"$lt": before}}
        found = reader.find({**wanted, **at}, [(place, -1)], limit + 1)
    else:
        found = list(islice(rows(reader, wanted, place, before, most=limit + 1), limit + 1))
    after = _cursor(found[limit - 1][place]) if len(found) > limit else None
    return found[:limit], after


def rows(
    reader: Reader,
    wanted: Document,
    place: str,
    before: int | None = None,
    *,
    longest: int = LATER,
    most: int = 0,
) -> Iterator[Document]:
    """Yield what matches, newest first by `place`; `most`: of one stretch, 0 is all.

    Asked for by stretches of the log, each further back and longer: the embedded server reads all
    that matches, and does little else, before it hands out the first of it. An index should hold
    `place` after what is wanted.
    """
    length = STRETCH
    end = reader.position() + 1 if before is None else before
    first = {} if before is None else {"$lt": before}
    while end > 0:
        start = end - length
        yield from reader.find({**wanted, place: {"$gte": start, **first}}, [(place, -1)], most)
        end, length = start, min(WIDER * length, longest)
        first = {"$lt": end}


def caught_up(core: Runtime, reader: Reader) -> None:
    """Return when a view holds all that the log holds now; raise `Unavailable` if that is long."""
    goal, give_up = core.log.head().position, monotonic() + PATIENCE_S
    while reader.position() < goal:
        if monotonic() > give_up:
            raise Unavailable(f"view {reader.name} is being brought up to date")
        pause(LOOK_S)


def in_clear(core: Runtime, row: Document, names: Sequence[str]) -> Document:
    """Return the sealed fields of a view's document as their person wrote them.

    `row` names the person in `subject_id`; a list of texts is opened text by text.
    """
    return {name: _opened(core, row["subject_id"], row[name]) for name in names}


def _opened(core: Runtime, person: str, sealed: Any) -> Any:
    if isinstance(sealed, list):
        return [_opened(core, person, each) for each in sealed]
    return sealed if sealed in (None, FORGOTTEN) else clear(sealed, person, core.vault)


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(str(position).encode()).decode()


def _position(cursor: str) -> int:
    try:
        return min(int(base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii")), 2**62)
    except (ValueError, binascii.Error) as error:
        raise Rejected(
            Code.VALIDATION_FAILED,
            "The cursor is not one of ours.",
            {"cursor": ["Use the next_cursor of the page before."]},
        ) from error
