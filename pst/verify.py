"""Proof that a log is whole: dense, chained, each stream's versions without a gap.

What was changed and hashed anew up to the very end shows only against a head that was kept
elsewhere; so does an end that was cut off, unless a follower's checkpoint has seen it.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields

from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection

from kernel.checkpoint import ID as CHECKPOINT
from kernel.commit import Commit, Head, from_document, id_of, seal_of
from kernel.database import Db, Document
from pst.stored_types import as_written

BATCH = 500
STREAMS = 100_000
"""So many streams' last versions are remembered; those of others are looked up."""

_FIELDS = {"_id", *(f.name for f in fields(Commit))}


@dataclass
class Broken(Exception):
    """The first commit that is not as it was written."""

    position: int
    stream: str
    what: str

    def __str__(self) -> str:
        where = f", stream {self.stream}" if self.stream else ""
        return f"position {self.position}{where}: {self.what}"


def verified(documents: Iterable[Document], since: Head) -> Iterator[tuple[Document, Head]]:
    """Yield commits as stored, each with the head it makes; raise `Broken` at the first bad one."""
    head = since
    for document in documents:
        head = _next(document, head)
        yield document, head


def verify(db: Db, done: Callable[[Document], None], kept: Head | None = None) -> Head:
    """Walk a log to its end and return its head; raise `Broken` at the first bad commit.

    `kept` is a head of earlier, from outside the database. `done(commit)` is called for each.
    Harmless beside writers; what they append after the end was reached is not looked at.
    """
    witnesses = _witnesses(db)  # before the walk: the log may only be longer
    head = Head()
    for document, head in walk(db):
        if kept and kept.position == head.position and kept.hash != head.hash:
            raise Broken(head.position, document["stream"], "not the hash that was kept elsewhere")
        done(document)
    if kept:
        witnesses["the head that was kept elsewhere"] = kept.position
    for name, seen in witnesses.items():
        if seen > head.position:
            what = f"the log ends before it, but {name} is at {seen}"
            raise Broken(head.position + 1, "", what)
    return head


def walk(db: Db, until: int | None = None) -> Iterator[tuple[Document, Head]]:
    """Yield the commits of a log, to its end or to `until`; raise `Broken` at the first bad one."""
    last_of = _Versions(db["commits"])
    for document, head in verified(_stored(db["commits"], until), Head()):
        last_of.check(document)
        yield document, head
    _check_outside(db["commits"])


def _check_outside(commits: Collection[Document]) -> None:
    """Raise `Broken` for what no walk comes by, while a read of its stream does."""
    found = commits.find_one({"position": {"$not": {"$gte": 1}}})
    if found is not None:
        at = found.get("position")
        what = f"{found['_id']!r} is in no place of the log: its position is {at!r}"
        raise Broken(0, str(found.get("stream", "")), what)


def _stored(commits: Collection[Document], until: int | None = None) -> Iterator[Document]:
    """Yield the commits in the order of their positions, to the end or to `until`.

    What lies beyond a gap comes only after a second look, and ends the walk.
    """
    position, looked_again = 0, False
    while until is None or position < until:
        upper = position + BATCH if until is None else min(position + BATCH, until)
        wanted = {"position": {"$gt": position, "$lte": upper}}
        found = commits.find(wanted).sort("position", ASCENDING)
        before = position
        for document in found:
            if document["position"] != position + 1:
                break
            yield document
            position += 1
        if position > before:
            looked_again = False
            continue
        beyond = _beyond(commits, position)
        if beyond is None or looked_again:
            yield from beyond or ()
            return
        looked_again = True


def _beyond(commits: Collection[Document], position: int) -> list[Document] | None:
    if commits.find_one({"position": {"$gt": position}}, {"_id": 1}) is None:
        return None
    return list(commits.find({"position": {"$gt": position}}).sort("position", 1).limit(1))


def _next(document: Document, head: Head) -> Head:
    position, stream = head.position + 1, str(document.get("stream", ""))
    found = document.get("position")
    if found != position:
        raise Broken(position, "", f"missing; the next one is at {found}, stream {stream}")
    if set(document) != _FIELDS:
        odd = ", ".join(sorted(set(document) ^ _FIELDS))
        raise Broken(position, stream, f"fields too many or too few: {odd}")
    if document["_id"] != id_of(stream, document["version"]):
        raise Broken(position, stream, f"its _id is {document['_id']!r}")
    try:
        seal = seal_of(head.hash, from_document(as_written(document)), position)
    except (TypeError, ValueError) as error:
        raise Broken(position, stream, f"holds what no commit holds ({error})") from error
    if document["hash"] != seal:
        raise Broken(position, stream, "its hash does not follow from its content")
    return Head(position, seal)


def _witnesses(db: Db) -> dict[str, int]:
    """Return how far the followers of the log have come, each by its collection's name."""
    names = [n for n in db.list_collection_names() if n != "commits"]
    found = {name: db[name].find_one({"_id": CHECKPOINT}) for name in names}
    return {name: int(f["position"]) for name, f in found.items() if f and "position" in f}


class _Versions:
    """The last version of each stream so far."""

    def __init__(self, commits: Collection[Document]) -> None:
        self._commits = commits
        self._last: OrderedDict[str, int] = OrderedDict()

    def check(self, document: Document) -> None:
        """Raise `Broken` unless the commit takes up where its stream had ended."""
        stream, version = document["stream"], document["version"]
        last = self._last.pop(stream, None)
        if last is None:
            last = 0 if version == 1 else self._before(document)
        if version != last + 1:
            what = f"version {version} follows version {last}"
            raise Broken(document["position"], stream, what)
        self._last[stream] = version + len(document["events"]) - 1
        if len(self._last) > STREAMS:
            self._last.popitem(last=False)

    def _before(self, document: Document) -> int:
        earlier = {"stream": document["stream"], "version": {"$gt": 0, "$lt": document["version"]}}
        found = self._commits.find(earlier).sort("version", DESCENDING).limit(1)
        for before in found:
            if before["position"] < document["position"]:
                return int(before["version"]) + len(before["events"]) - 1
        return 0
