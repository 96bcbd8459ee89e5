"""The progress line of long work, on standard error."""

import sys
from contextlib import AbstractContextManager
from typing import Any

import click


def progress(label: str, length: int) -> AbstractContextManager[Any]:
    """Return a bar; `bar.update(n)` for n more. Not on a terminal, it is one line."""
    return click.progressbar(length=length, label=label, file=sys.stderr, show_pos=True)
