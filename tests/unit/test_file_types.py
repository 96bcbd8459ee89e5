"""A file is what its content says; what is not on the list is refused by name."""

import pytest

from contracts.attachments import MEDIA_TYPES, NAME_MAX
from contracts.errors import Code, Rejected
from gateway.file_names import clean
from gateway.file_types import FileType
from tests import sent_files as sent

OFFICE_OPEN = "application/vnd.openxmlformats-officedocument"
OASIS = "application/vnd.oasis.opendocument"

TAKEN = {
    "application/pdf": sent.pdf(),
    f"{OFFICE_OPEN}.wordprocessingml.document": sent.archive(*sent.DOCX),
    f"{OFFICE_OPEN}.spreadsheetml.sheet": sent.archive(*sent.XLSX),
    f"{OFFICE_OPEN}.presentationml.presentation": sent.archive(*sent.PPTX),
    f"{OASIS}.text": sent.open_document(sent.ODT),
    f"{OASIS}.spreadsheet": sent.open_document(sent.ODS),
    "text/plain": "Inflasi Pekanbaru: 2,5 persen – naik\r\n".encode(),
    "image/png": sent.PNG + bytes(100),
    "image/jpeg": sent.JPEG + bytes(100),
    "image/webp": sent.WEBP + bytes(100),
}

REFUSED = {
    "a Windows program": b"MZ\x90\x00\x03\x00\x00\x00" + bytes(200),
    "a Linux program": b"\x7fELF\x02\x01\x01" + bytes(200),
    "a shell script": b"#!/bin/sh\nrm -rf /\n",
    "a page": b"<!DOCTYPE html><html><script>alert(1)</script>",
    "a page after blanks and a mark": b"\xef\xbb\xbf \n<HTML><body>",
    "a drawing": b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
    "XML": b"<?xml version='1.0'?><svg/>",
    "GIF": b"GIF89a" + bytes(100),
    "GIF that could be text": b"GIF89a" + b"a" * 100,
    "an old Word document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "a plain archive": sent.archive("a.txt"),
    "an archive that ends early": sent.archive(*sent.DOCX)[:-30],
    "a document with macros": sent.archive(*sent.DOCX, "word/vbaProject.bin"),
    "a table with macros of old": sent.archive(*sent.XLSX, "xl/macrosheets/sheet1.xml"),
    **{
        f"a document with a .{kind}": sent.archive(*sent.DOCX, f"word/embeddings/a.{kind}")
        for kind in ("hta", "lnk", "exe", "msi", "class", "js", "vbs", "bat", "ps1", "jar", "wsf")
    },
    "a text with Basic in it": sent.open_document(sent.ODT, "Basic/Standard/Module1.xml"),
    "a document and a table at once": sent.archive(*sent.DOCX, "xl/workbook.xml"),
    "an archive with a program": sent.archive(*sent.DOCX, "word/embeddings/a.EXE"),
    "an Android program": sent.archive("AndroidManifest.xml", "classes.dex"),
    "an OpenDocument template": sent.open_document(sent.ODT + b"-template"),
    "text that is not UTF-8": "Ini ã".encode("latin-1") * 20,
    "text with a null": b"nama,umur\nsiti\x00,3\n",
    "text that ends within a letter": "é".encode()[:1],
    "rich text": rb"{\rtf1\ansi{\object\objdata 00}}",
    "an archive by another": b"\x1f\x8b\x08\x00" + bytes(range(200)),
}


def told(content: bytes, name: str = "berkas", size: int = 64 * 1024) -> str:
    """Return the type of a file that comes in pieces."""
    kind = FileType(name)
    for start in range(0, len(content), size):
        kind.take(content[start : start + size])
    return kind.media_type()


@pytest.mark.parametrize("media_type", TAKEN)
def test_type_is_told_by_the_content(media_type):
    """Whatever it is called."""
    assert told(TAKEN[media_type], "gambar.exe") == media_type


def test_every_type_that_is_taken_is_tried_here():
    """The list and these tests are of one length; a table in text is told by its name alone."""
    assert set(TAKEN) | {"text/csv"} == set(MEDIA_TYPES)
    assert told(b"nama;umur\nSiti;25\n", "Tabel.CSV") == "text/csv"


@pytest.mark.parametrize("what", REFUSED)
def test_other_types_are_refused(what):
    """Named, with the list of what is taken."""
    with pytest.raises(Rejected) as refusal:
        told(REFUSED[what], "surat.pdf")
    assert refusal.value.code is Code.FILE_TYPE_REFUSED
    assert refusal.value.detail.startswith("Found: ")
    assert refusal.value.detail.endswith(
        "Taken: pdf, docx, xlsx, pptx, odt, ods, csv, txt, png, jpg, webp."
    )


def test_text_is_read_to_its_end():
    """A program behind a megabyte of text is noticed; a letter between two pieces is none."""
    text = "data é ".encode() * 200_000
    assert told(text, size=65_537) == "text/plain"
    with pytest.raises(Rejected):
        told(text + b"\x00\x01", size=65_537)


def test_directory_of_a_large_archive_is_found():
    """Only its end is looked at."""
    document = sent.archive(*sent.DOCX, *(f"word/media/{i}.png" for i in range(2_000)))
    assert told(document).endswith("wordprocessingml.document")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("tabel.pdf", "tabel.pdf"),
        ("Laporan Akhir.PDF", "Laporan Akhir.pdf"),
        ("/etc/passwd", "passwd.pdf"),
        ("..\\..\\windows\\a.pdf", "a.pdf"),
        ("../", "berkas.pdf"),
        ("...", "berkas.pdf"),
        (".pdf", "pdf.pdf"),
        ("a\x00b\r\nc\x1b.pdf", "abc.pdf"),
        ("tagihan\u202efdp.exe", "tagihanfdp.exe.pdf"),
        ("a\u200b\u2066b.pdf", "ab.pdf"),
        ("halaman.html", "halaman.html.pdf"),
        ("statistik é 統計.pdf", "statistik é 統計.pdf"),
        ("\ud800.pdf", "pdf.pdf"),
    ],
)
def test_name_is_cleaned(given, kept):
    """No path, nothing unseen, and the ending of what it is."""
    assert clean(given, "application/pdf") == kept


def test_long_name_keeps_its_ending():
    """150 characters at most."""
    kept = clean("a" * 500 + ".jpeg", "image/jpeg")
    assert len(kept) == NAME_MAX
    assert kept.endswith("a.jpeg")
    assert len(clean("b" * 500, "image/jpeg")) == NAME_MAX
