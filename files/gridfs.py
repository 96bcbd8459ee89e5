"""Files in GridFS: in the deployment's MongoDB, in a database of their own.

Laid out as GridFS is, so that its tools read it. The driver's own reader and writer are not used:
they hold up to 16 and 32 MB of each file in memory, and a gateway has a hundred at a time.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing
from threading import BoundedSemaphore

from pymongo.write_concern import WriteConcern

from files.store import Held, NoSuchFile
from kernel.clock import Clock
from kernel.database import Db, Document

CHUNK = 255 * 1024
"""Bytes of one document, as the driver has it by itself."""

AT_ONCE = 8
"""So many chunks are on their way to or from the database: each is there a few times over, as
bytes, as a document and as a message. Who waits for a turn holds one chunk, or none."""


class GridFiles:
    """The bucket `files`; any number of processes may share it.

    What is being written is noted first: the chunks of a process that died could only be found by
    reading all that there are.
    """

    def __init__(self, db: Db) -> None:
        self._whole = db["files.files"]
        # the file's own document comes last, and is safe only when all before it is
        self._chunks = db["files.chunks"].with_options(write_concern=WriteConcern(1))
        self._drafts = db["files.drafts"]
        self._clock = Clock()  # real time also in a system that travels
        self._prepared = False
        self._turn = BoundedSemaphore(AT_ONCE)

    def write(self, id: str, pieces: Iterable[bytes]) -> None:
        """Keep the pieces; see `Files`."""
        self._prepare()
        self._drafts.insert_one({"_id": id, "since": self._clock.now()})
        try:
            self._whole.insert_one(self._filled(id, pieces))
        except BaseException:  # also a thread that is told to end
            self.remove(id)
            raise
        self._drafts.delete_one({"_id": id})

    def open(self, id: str) -> "closing[_Chunks]":
        """Return what to read a file from; raise `NoSuchFile`."""
        found = self._whole.find_one({"_id": id})
        if found is None:
            raise NoSuchFile(id)
        return closing(_Chunks(self, found))

    def remove(self, id: str) -> None:
        """Take away what there is under an id; what `held` tells by goes last.

        Who is killed meanwhile leaves no chunks that nobody would ever find.
        """
        self._chunks.delete_many({"files_id": id})
        self._whole.delete_one({"_id": id})
        self._drafts.delete_one({"_id": id})

    def held(self) -> Iterator[Held]:
        """Tell what there is."""
        for draft in self._drafts.find():
            yield Held(id=draft["_id"], size=0, since=draft["since"], whole=False)
        for file in self._whole.find({}, {"length": 1, "uploadDate": 1}):
            yield Held(id=file["_id"], size=file["length"], since=file["uploadDate"])

    def chunk(self, id: str, n: int) -> bytes:
        """Return one chunk; raise `NoSuchFile` if it is not there."""
        with self._turn:
            found = self._chunks.find_one({"files_id": id, "n": n})
        if found is None:
            raise NoSuchFile(f"{id}, chunk {n}")
        return bytes(found["data"])

    def _prepare(self) -> None:
        if not self._prepared:
            self._chunks.create_index([("files_id", 1), ("n", 1)], unique=True)
            self._prepared = True

    def _filled(self, id: str, pieces: Iterable[bytes]) -> Document:
        size = 0
        for n, chunk in enumerate(_in_chunks(pieces)):
            with self._turn:
                self._chunks.insert_one({"files_id": id, "n": n, "data": chunk})
            size += len(chunk)
        now = self._clock.now()
        return {"_id": id, "filename": id, "length": size, "chunkSize": CHUNK, "uploadDate": now}


class _Chunks:
    """A file that is read chunk by chunk."""

    def __init__(self, files: GridFiles, document: Document) -> None:
        self._files = files
        self._id, self._left = document["_id"], document["length"]
        self._next = 0
        self._waiting = bytearray()

    def read(self, size: int, /) -> bytes:
        """Return so many bytes, fewer at the end only."""
        while len(self._waiting) < size and self._left > 0:
            chunk = self._files.chunk(self._id, self._next)
            self._waiting += chunk
            self._left -= len(chunk)
            self._next += 1
        piece = bytes(self._waiting[:size])
        del self._waiting[:size]
        return piece

    def close(self) -> None:
        """Let go of what is left."""
        self._left = 0


def _in_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= CHUNK:
            yield bytes(waiting[:CHUNK])
            del waiting[:CHUNK]
    if waiting:
        yield bytes(waiting)
