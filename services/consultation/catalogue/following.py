"""Keeps the index of one process up with the view of the published answers."""

from collections.abc import Callable
from typing import Any, Protocol

from kernel.clock import pause
from kernel.database import Document
from services.consultation.catalogue.index import AnswerIndex, Entry

BATCH = 200
BREATH = 20
"""After so many answers others have their turn: each takes half a millisecond."""


class Answers(Protocol):
    """What is read; `kernel.view_reading.Reader` is such."""

    def position(self) -> int: ...
    def find(self, wanted: Document, order: Any, limit: int) -> list[Document]: ...


class Following:
    """Takes in what has changed, in the order of the log. Raises what the reader raises."""

    def __init__(
        self, index: AnswerIndex, answers: Answers, known_beyond: Callable[[int], bool]
    ) -> None:
        self._index = index
        self._answers = answers
        self._known_beyond = known_beyond
        self._position = -1
        self._changed = 0

    def step(self) -> None:
        """Take in what is new; asks nothing while this process knows of no commit since."""
        if not self._known_beyond(self._position):
            return
        position = self._answers.position()
        while found := self._next():
            for count, document in enumerate(found, start=1):
                self._take(document)
                if count % BREATH == 0:
                    pause(0)
        self._position = position

    def _next(self) -> list[Document]:
        return self._answers.find({"changed": {"$gt": self._changed}}, [("changed", 1)], BATCH)

    def _take(self, document: Document) -> None:
        if document["published_at"] is None:
            self._index.drop(document["_id"])
        else:
            self._index.put(_entry(document))
        self._changed = document["changed"]


def _entry(document: Document) -> Entry:
    return Entry(
        answer_id=document["_id"],
        office=document["office"],
        topic=document["topic"],
        question=document["question"],
        answer=document["answer"],
        published_at=document["published_at"],
    )
