"""Where this repository is, where a run directory is, and how paths are shown to people."""

import os
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def run_dir(environ: Mapping[str, str]) -> Path:
    """Return the run directory that the environment asks for, as an absolute path."""
    return Path(os.path.abspath(environ.get("PST_RUN_DIR", "").strip() or ".run"))


def shown(path: Path) -> str:
    """Return a path as short as it can be typed from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
