"""Where the tool gets its settings: the environment, then what `make run` left in `.run/env`."""

import os
from pathlib import Path

from kernel import config


def settings(*needed: str) -> config.Settings:
    """Return the settings; raise `SettingsError` for the first of `needed` that was not given."""
    found = config.load({**started_with(), **os.environ})
    found.require(*needed)
    return found


def started_with() -> dict[str, str]:
    """Return the settings that `make run` left behind; {} if it did not run here."""
    path = Path(os.environ.get("PST_RUN_DIR", ".run")) / "env"
    try:
        return config.read_env_file(path)
    except UnicodeDecodeError as error:
        raise config.SettingsError(f"{path} is not the file that `make run` writes.") from error
