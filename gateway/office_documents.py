"""Documents of office programs: zip archives that have the right inside.

Only the archive's directory is read, which lies at its end, and the first bytes, where an
OpenDocument says what it is; nothing is unpacked.
"""

import io
import re
import zipfile

BEGINS = b"PK\x03\x04"

TAIL = 256 * 1024
"""So much of the end is looked at: the directory of more than 2,000 entries."""

OFFICE_OPEN = "application/vnd.openxmlformats-officedocument"

MAIN = {
    "word/document.xml": f"{OFFICE_OPEN}.wordprocessingml.document",
    "xl/workbook.xml": f"{OFFICE_OPEN}.spreadsheetml.sheet",
    "ppt/presentation.xml": f"{OFFICE_OPEN}.presentationml.presentation",
}
"""The part by which a document of Office Open XML is known, beside the list of its parts."""

PARTS = "[Content_Types].xml"

OPEN_DOCUMENT = re.compile(
    rb"PK\x03\x04.{26}mimetype(application/vnd\.oasis\.opendocument\.(?:text|spreadsheet))PK",
    re.DOTALL,
)
"""The first entry, stored as it is, as the format demands; templates and others are none of it."""

PROGRAM = re.compile(
    r"vba\w*\.(bin|xml)$|^(basic|scripts)/|(^|/)macrosheets/"
    r"|\.(exe|dll|com|scr|msi|msp|cpl|lnk|hta|chm|reg|bat|cmd|ps1|psm1|jar|class|py)$"
    r"|\.(js|jse|vbs|vbe|wsf|wsh|sct)$",
    re.IGNORECASE,
)
"""How parts are called that hold macros or other programs."""


def media_type(head: bytes, tail: bytes) -> str | None:
    """Return the type of an archive that begins and ends so, None for any other archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(tail)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return None
    if any(PROGRAM.search(name) for name in names):
        return None
    if stated := OPEN_DOCUMENT.match(head):
        return stated[1].decode()
    main = [kind for name, kind in MAIN.items() if name in names]
    return main[0] if len(main) == 1 and PARTS in names else None
