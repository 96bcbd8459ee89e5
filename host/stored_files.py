"""The store of files, for services that run on green threads."""

from typing import Any

from eventlet import tpool
from nameko import config
from nameko.extensions import DependencyProvider

from files.opening import open_files
from files.store import Files


class StoredFiles(DependencyProvider):  # type: ignore[misc]
    """Gives a service the store of `PST_FILES_URL`; a slow disk holds up nobody else."""

    def setup(self) -> None:
        self._files: Files = open_files(config["settings"], tpool.execute)

    def get_dependency(self, _worker_ctx: Any) -> Files:
        return self._files
