"""What docs/kernel.md names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/kernel.md").read_text()


def test_every_test_it_names_exists():
    """A promise without its test would be an empty one."""
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    sources = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    assert named
    assert named <= set(re.findall(r"def (test_\w+)\(", sources))


def test_every_file_it_links_exists():
    """No link leads nowhere."""
    linked = {Path(link).name for link in re.findall(r"\(\.\./(kernel/\w+\.py)\)", PAGE)}
    files = {path.name for path in (ROOT / "kernel").glob("*.py")}
    assert linked <= files
