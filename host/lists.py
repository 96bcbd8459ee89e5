"""What reading of views has in common: pages, being up to date, and opening what was sealed."""

import base64
import binascii
from collections.abc import Sequence
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


def page(
    core: Runtime, view: View, wanted: Document, place: str, limit: int, cursor: str | None
) -> tuple[list[Document], str | None]:
    """Return one page of a view, newest first by `place`, and the cursor of the next, if any.

    `place` is a field that holds the log's position of what put the document into the list: it
    never changes, so nothing is listed twice or left out while others come in.
    """
    if cursor is not None:
        wanted = {**wanted, place: {**wanted.get(place, {}), "$lt": _position(cursor)}}
    found = core.view(view).find(wanted, [(place, -1)], limit + 1)
    after = _cursor(found[limit - 1][place]) if len(found) > limit else None
    return found[:limit], after


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
