"""Files on their way out: opened piece by piece, to be saved and never shown."""

import base64
import unicodedata
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

import eventlet
import structlog
from pymongo.errors import PyMongoError
from werkzeug.wrappers import Response

from contracts.errors import Unavailable
from files.sealing import Damaged, unseal
from files.store import Files, NoSuchFile, Source
from gateway.file_names import NAMELESS

log = structlog.get_logger()

Pieces = Generator[bytes, None, None]

NOT_IN_NAMES = '"\\%/:*?<>|'

HARMLESS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Download(Response):
    """The answer that a stored file is.

    A file that is not as it was stored is `Unavailable` if its first piece shows it; else the
    connection ends where it shows, and the client sees that it has less than `Content-Length`.
    """

    def __init__(self, files: Files, told: dict[str, Any]) -> None:
        file, key = told["attachment"], base64.b64decode(told["key"])
        super().__init__(_pieces(files, told["file_id"], key), content_type=_kind(file))
        self.headers.update(HARMLESS)
        self.headers["Content-Length"] = str(file["size"])
        self.headers["Content-Disposition"] = _disposition(file["name"])
        digest = base64.b64encode(bytes.fromhex(told["digest"])).decode()
        self.headers["Repr-Digest"] = f"sha-256=:{digest}:"


def _kind(file: dict[str, Any]) -> str:
    kind: str = file["media_type"]
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def _disposition(name: str) -> str:
    """Name it as RFC 6266 does: for all, and for who knows only ASCII.

    To take a letter apart may yield what no name of a file has: `℀` is `a/c`.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = "".join("_" if c in NOT_IN_NAMES or not c.isprintable() else c for c in plain)
    stem, dot, ending = plain.rpartition(".")
    plain = f"{stem.strip(' .') or NAMELESS}.{ending}" if dot else plain.strip() or NAMELESS
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _pieces(files: Files, file_id: str, key: bytes) -> Iterator[bytes]:
    """Return the pieces of a file, the first of which is good."""
    try:
        opened = files.open(file_id)
        pieces = _opened(opened, file_id, key)
        first = next(pieces)
    except (NoSuchFile, Damaged, OSError, PyMongoError) as error:
        log.error("file_not_readable", file_id=file_id, error=f"{type(error).__name__}: {error}")
        raise Unavailable("The file cannot be read; the operators are told.") from error
    return _after(first, pieces)


def _opened(opened: AbstractContextManager[Source], file_id: str, key: bytes) -> Pieces:
    with opened as source:
        try:
            yield from unseal(source, key)
        except Damaged as error:
            log.error("file_damaged", file_id=file_id, error=str(error))
            raise


def _after(first: bytes, pieces: Pieces) -> Iterator[bytes]:
    try:
        yield first
        for piece in pieces:
            yield piece
            eventlet.sleep()  # others have their turn, also where the client takes all at once
    finally:
        pieces.close()
