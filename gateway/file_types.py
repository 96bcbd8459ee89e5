"""What a file is, told by its content; neither its name nor its sender is believed.

A closed list is taken (`contracts/attachments.py`). Nothing here opens or runs a file.
"""

import codecs
import re

import puremagic

from contracts.attachments import MEDIA_TYPES
from contracts.errors import Code, Rejected
from gateway import office_documents

DIRECT = {"application/pdf", "image/png", "image/jpeg", "image/webp"}
"""Told by their first bytes alone."""

MARKUP = re.compile(rb"\s*(<[!?a-z/]|#!)", re.IGNORECASE)
"""What browsers and shells would make more of than text."""

CERTAIN = 0.6
"""The library's word for six bytes that agree: texts begin with fewer by chance."""

UNPRINTED = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
"""Control characters other than tab, line ends and form feed."""

ALLOWED = ", ".join(ending for endings in MEDIA_TYPES.values() for ending in endings[:1])


class FileType:
    """Takes the pieces of a file as they come, and knows its type when there are no more.

    Both methods raise `Rejected` (file_type_refused): `take` as soon as it is certain.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._head = b""
        self._direct: str | None = None
        self._tail: bytearray | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def take(self, piece: bytes) -> None:
        """Look at one more piece; the first holds at least what tells a type."""
        if not self._head:
            self._begin(piece)
        if self._tail is not None:
            self._tail += piece
            del self._tail[: -office_documents.TAIL]
        elif self._direct is None:
            self._read(piece)

    def media_type(self) -> str:
        """Return the type of the whole."""
        if self._tail is not None:
            kind = office_documents.media_type(self._head, bytes(self._tail))
            if kind is None:
                raise refused("an archive, or a document with macros")
            return kind
        if self._direct is None:
            self._read(b"", final=True)
            return "text/csv" if self._name.lower().endswith(".csv") else "text/plain"
        return self._direct

    def _begin(self, piece: bytes) -> None:
        self._head = piece[:1024]
        if piece.startswith(office_documents.BEGINS):
            self._tail = bytearray()
            return
        found, certain = _magic(self._head)
        if found in DIRECT:
            self._direct = found
        elif certain and not found.startswith("text/"):
            raise refused(found)
        elif MARKUP.match(self._head.removeprefix(codecs.BOM_UTF8)):
            raise refused(found or "a page or a script")

    def _read(self, piece: bytes, *, final: bool = False) -> None:
        try:
            text = self._decoder.decode(piece, final)
        except UnicodeDecodeError as error:
            raise refused(
                _magic(self._head)[0] or "neither text in UTF-8 nor a known type"
            ) from error
        if UNPRINTED.search(text):
            raise refused(_magic(self._head)[0] or "text with control characters")


def refused(found: str) -> Rejected:
    """Return the refusal that says what was found, and what would be taken."""
    return Rejected(Code.FILE_TYPE_REFUSED, f"Found: {found}. Taken: {ALLOWED}.")


def _magic(head: bytes) -> tuple[str, bool]:
    """Return the type that the first bytes tell, "" for none, and whether it is certain."""
    try:
        best = puremagic.magic_string(head)[0]
    except (puremagic.PureError, ValueError):
        return "", False
    return best.mime_type or best.name, best.confidence >= CERTAIN
