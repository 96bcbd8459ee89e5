"""Which streams tell of a person: a view of them, so that nobody reads a whole log to know.

A service that keeps anything of people has it. Imports nothing else of `host`, so that the view is
made anew only when what it holds changes.
"""

from typing import Any

from kernel.facts import Fact
from kernel.views import View


def _key(fact: Fact) -> str | None:
    """Return the document of a fact that names a person: one a person and stream."""
    subject_id = getattr(fact.event, "subject_id", None)
    return f"{subject_id} {fact.stream}" if subject_id else None


def _place(_document: dict[str, Any] | None, fact: Fact) -> dict[str, Any]:
    """Return where a person is told of."""
    found = fact.event.subject_id
    return {"subject_id": found, "stream": fact.stream, "office": fact.office}


HELD = View(name="held", key=_key, project=_place, indexes=([("subject_id", 1)],))
"""Person and stream → where the person is told of."""
