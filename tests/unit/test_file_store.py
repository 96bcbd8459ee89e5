"""Where files lie is checked at start; what cannot be is named in one line."""

from pathlib import Path

import pytest

from files.directory import DirectoryFiles
from files.opening import check_files, open_files
from kernel.config import Settings, SettingsError


@pytest.mark.parametrize(
    "url", ["", "files", "file://host/dir", "file:relative", "s3://bucket", "mongodb://host/db"]
)
def test_wrong_place_is_named(url: str) -> None:
    """By its setting, with what is expected."""
    settings = Settings(files_url=url)
    for use in (check_files, open_files):
        with pytest.raises(SettingsError, match=r"^PST_FILES_URL is wrong: expected file:///"):
            use(settings)


def test_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Nothing starts with it."""
    (tmp_path / "file").touch()
    settings = Settings(files_url=f"file://{tmp_path}/file")
    with pytest.raises(SettingsError, match=r"^PST_FILES_URL is wrong: .*/file/pst: "):
        check_files(settings)


def test_gridfs_needs_the_database() -> None:
    """Whose setting is named if it is missing."""
    with pytest.raises(SettingsError, match="PST_MONGO_URL"):
        check_files(Settings(files_url="mongodb"))
    check_files(Settings(files_url="mongodb", mongo_url="mongodb://localhost"))


def test_directory_is_made_for_its_owner_only(tmp_path: Path) -> None:
    """In a place of its own for each system."""
    settings = Settings(files_url=f"file://{tmp_path}/files", db_prefix="pst")
    check_files(settings)
    assert isinstance(open_files(settings), DirectoryFiles)
    place = tmp_path / "files/pst"
    assert place.stat().st_mode & 0o777 == 0o700
    assert list(place.iterdir()) == []


def test_place_may_have_blanks_and_such(tmp_path: Path) -> None:
    """Written as URLs write them."""
    check_files(Settings(files_url=f"file://{tmp_path}/berkas%20pst"))
    assert (tmp_path / "berkas pst/pst").is_dir()
