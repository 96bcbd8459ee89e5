"""Files as people send them, made for the tests; each holds a text that can be looked for."""

import io
import zipfile
from pathlib import Path
from typing import Any

import httpx

from files.opening import open_files
from tests.support import Person, Stack

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 "
ODT = b"application/vnd.oasis.opendocument.text"
ODS = b"application/vnd.oasis.opendocument.spreadsheet"
DOCX = ("[Content_Types].xml", "_rels/.rels", "word/document.xml")
XLSX = ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/worksheets/sheet1.xml")
PPTX = ("[Content_Types].xml", "_rels/.rels", "ppt/presentation.xml")


def pdf(size: int = 2_000, text: str = "isi") -> bytes:
    """A file that begins as a PDF does."""
    return (PDF + text.encode()).ljust(size, b"\0")


def archive(*names: str, text: str = "isi") -> bytes:
    """A zip archive of small entries."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in names:
            zipped.writestr(name, f"<{name} {text}/>")
    return made.getvalue()


def open_document(kind: bytes, *names: str) -> bytes:
    """A zip archive whose first entry says what it is."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(zipfile.ZipInfo("mimetype"), kind)
        for name in ("content.xml", "META-INF/manifest.xml", *names):
            zipped.writestr(name, "<x/>")
    return made.getvalue()


def upload(
    person: Person,
    consultation: dict[str, Any],
    content: Any,
    name: str = "surat.pdf",
    **headers: str,
) -> httpx.Response:
    """Upload a file to a consultation."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return person.http.post(
        f"/v1/consultations/{consultation['consultation_id']}/attachments",
        params={"name": name},
        content=content,
        headers={"Content-Type": "application/octet-stream", **named},
    )


def uploaded(person: Person, consultation: dict[str, Any], content: Any, **more: str) -> str:
    """Upload a file; return its id."""
    answer = upload(person, consultation, content, **more)
    assert answer.status_code == 201, answer.text
    attachment_id: str = answer.json()["attachment_id"]
    return attachment_id


def download(person: Person, consultation: dict[str, Any], attachment_id: str) -> httpx.Response:
    """Get a file of a consultation."""
    place = f"/consultations/{consultation['consultation_id']}/attachments/{attachment_id}"
    return person.get(place)


def kept(stack: Stack) -> Path:
    """Return the directory in which the stack keeps files by itself."""
    return stack.run_dir / "files" / stack.settings.db_prefix


def stored(stack: Stack) -> list[str]:
    """Return the names of what lies there."""
    return sorted(file.name for file in kept(stack).iterdir())


def added(stack: Stack, before: list[str]) -> set[str]:
    """Return what lies there now and did not before; a sweep may meanwhile take other files."""
    return set(stored(stack)) - set(before)


def store_of(stack: Stack) -> set[str]:
    """Return the ids of the files that the stack keeps, wherever that is."""
    return {each.id for each in open_files(stack.settings).held()}
