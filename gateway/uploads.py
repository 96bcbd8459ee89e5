"""Files on their way in: told what they are, sealed and stored piece by piece.

A file is in the store before anything is said of it. Whatever goes wrong until then leaves nothing
behind, unless this process dies: then the consultation service's sweep finds what no fact tells of.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import eventlet
import nameko
import structlog
from nameko.extensions import DependencyProvider
from pymongo.errors import PyMongoError

from contracts.attachments import MAX_BYTES
from contracts.errors import Code, Rejected, Unavailable
from files.sealing import seal
from files.store import Files
from gateway.auth import Identity
from gateway.call import Call, hash_of
from gateway.errors import Refusal
from gateway.file_names import clean
from gateway.file_types import FileType
from gateway.rate_limit import RateLimit
from kernel.config import Settings

log = structlog.get_logger()

Result = dict[str, Any]

UPLOAD_S = 300.0
"""How long a file may take: 10 MB at 35 kB/s."""

MOST = 200
"""So many at a time in one process ..."""

OF_ONE = 10
"""... and from one caller: two messages."""


class Uploads(DependencyProvider):
    """Takes files in, no more of one caller than are allowed."""

    def setup(self) -> None:
        """Read the settings; raises `SettingsError` for a rate that is none."""
        settings: Settings = nameko.config["settings"]
        self._rate = RateLimit(settings.upload_rate, "PST_UPLOAD_RATE")
        self._under_way = Counter[str]()

    def get_dependency(self, _worker_ctx: Any) -> "Uploads":
        return self

    def count(self, identity: Identity) -> None:
        """Count one file; raise `Refusal` (rate_limited) if it is one too many."""
        self._rate.count(_name(identity))

    def receive(
        self, files: Files, call: Call, place: Result, attach: Callable[[Result], Result]
    ) -> Result:
        """Store the file of a call in its place and have it attached; return what `attach` does.

        Raises `Rejected`: body_too_large, malformed_request for one that is cut or comes too
        slowly, file_type_refused, validation_failed for nothing at all; `Unavailable` when the
        store is.
        """
        arrival = Arrival(call.query["name"])
        with self._turn(_name(call.identity)):
            _store(files, place, arrival.watch(call.file))
        told = {**arrival.told(), "file_id": place["file_id"]}
        return _attached(files, call, told, attach)

    @contextmanager
    def _turn(self, who: str) -> Iterator[None]:
        if self._under_way[who] >= OF_ONE:
            raise Refusal(Code.RATE_LIMITED, f"At most {OF_ONE} files at a time.", Retry_After="5")
        if self._under_way.total() >= MOST:
            raise Unavailable("As many files come in as this gateway takes.", retry_after=5)
        self._under_way[who] += 1
        try:
            yield
        finally:
            self._under_way[who] -= 1
            if not self._under_way[who]:
                del self._under_way[who]


class Arrival:
    """What is learned of a file while it passes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._type = FileType(name)
        self._digest = hashlib.sha256()
        self._size = 0

    def watch(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the pieces; raise `Rejected` for a file that is not taken."""
        for piece in pieces:
            self._type.take(piece)
            self._digest.update(piece)
            self._size += len(piece)
            yield piece
            eventlet.sleep()  # others have their turn, also where all of it has come already
        if not self._size:
            raise Rejected(
                Code.VALIDATION_FAILED, "The file is empty.", {"body": ["The file is empty."]}
            )
        self._media_type = self._type.media_type()

    def told(self) -> Result:
        """Return what `AttachRequest` says of the whole file."""
        return {
            "name": clean(self._name, self._media_type),
            "media_type": self._media_type,
            "size": self._size,
            "digest": self._digest.hexdigest(),
        }


def _store(files: Files, place: Result, pieces: Iterable[bytes]) -> None:
    slow = Rejected(Code.MALFORMED_REQUEST, f"{MAX_BYTES} bytes are to come within {UPLOAD_S:g} s.")
    try:
        with eventlet.Timeout(UPLOAD_S, slow):
            files.write(place["file_id"], seal(pieces, base64.b64decode(place["key"])))
    except (OSError, PyMongoError) as error:
        log.error("file_not_stored", error=f"{type(error).__name__}: {error}")
        raise Unavailable("The store of files does not take it.") from error


def _attached(files: Files, call: Call, told: Result, attach: Callable[[Result], Result]) -> Result:
    """Have it attached; what is refused, or was attached before, is not kept twice."""
    caller = {**call.caller, "request_hash": hash_of([told["name"], told["digest"]])}
    try:
        result = attach({**call.path, **told, "caller": caller})
    except Rejected:
        _remove(files, told["file_id"])
        raise
    if result["file_id"] != told["file_id"]:
        _remove(files, told["file_id"])
    return result


def _remove(files: Files, file_id: str) -> None:
    try:
        files.remove(file_id)
    except (OSError, PyMongoError) as error:  # the sweep will
        log.warning("file_not_removed", error=f"{type(error).__name__}: {error}")


def _name(identity: Identity) -> str:
    return f"{identity.role} {identity.sub}"
