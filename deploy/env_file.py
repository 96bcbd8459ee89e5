"""The settings in force, left in the run directory for `pst` and for the next start."""

import os
from collections.abc import Mapping
from pathlib import Path

FILE = "env"


def write(run_dir: Path, settings: Mapping[str, str]) -> None:
    """Write `NAME=value` lines, readable by the owner only; whole or not at all."""
    lines = [f"{name}={value}\n" for name, value in sorted(settings.items())]
    draft = run_dir / f"{FILE}.new"
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())  # the master key must outlive a power cut
    draft.replace(run_dir / FILE)
