"""Which store the setting names."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from files.directory import Aside, DirectoryFiles, here
from files.gridfs import GridFiles
from files.store import Files
from kernel.config import Settings, SettingsError
from kernel.database import connect, database

GRIDFS = "mongodb"


def open_files(settings: Settings, aside: Aside = here) -> Files:
    """Return the store of `PST_FILES_URL`; raise `SettingsError` where it cannot be.

    Each system has a place of its own in it, named after `PST_DB_PREFIX`: none sweeps the files of
    another.
    """
    if settings.files_url == GRIDFS:
        return GridFiles(database(connect(settings), settings, "files"))
    return DirectoryFiles(_place(settings), aside)


def check_files(settings: Settings) -> None:
    """Raise `SettingsError` for a store that cannot be used; makes the directory."""
    if settings.files_url == GRIDFS:
        return settings.require("mongo_url")
    place = _place(settings)
    try:
        DirectoryFiles(place)
        (place / "writable").touch()
        (place / "writable").unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(f"PST_FILES_URL is wrong: {place}: {error.strerror}.") from error
    return None


def _place(settings: Settings) -> Path:
    url = urlsplit(settings.files_url)
    if url.scheme != "file" or url.netloc or not url.path.startswith("/"):
        raise SettingsError("PST_FILES_URL is wrong: expected file:///a/directory or mongodb.")
    return Path(unquote(url.path)) / settings.db_prefix
