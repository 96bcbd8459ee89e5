"""The event log without a server: for unit tests; it passes the same contract suite."""

from collections.abc import Callable
from threading import Lock

from kernel.commit import Commit, Draft, Head, VersionConflict, chained


class MemoryLog:
    """A log in a list; see `kernel.event_log.Log`. Gone with the process."""

    def __init__(self) -> None:
        self._commits: list[Commit] = []
        self._taken: dict[tuple[str, int], Commit] = {}
        self._tail = Lock()
        self._listeners: list[Callable[[], None]] = []

    def on_append(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def append(self, draft: Draft) -> Commit:
        with self._tail:
            commit = self._taken.get((draft.stream, draft.version))
            if commit is None:
                (commit,) = chained([draft], self.head())
                self._commits.append(commit)
                self._taken[draft.stream, draft.version] = commit
            elif not commit.repeats(draft):
                raise VersionConflict(f"{draft.stream} is past version {draft.version - 1}")
        for listener in self._listeners:
            listener()
        return commit

    def read_stream(self, stream: str, after: int = 0) -> list[Commit]:
        return [c for c in self._commits if c.stream == stream and c.version > after]

    def find(self, stream: str, version: int) -> Commit | None:
        return self._taken.get((stream, version))

    def find_command(self, stream: str, command_id: str) -> Commit | None:
        return next((c for c in self.read_stream(stream) if c.command_id == command_id), None)

    def read_on(self, position: int, limit: int = 500) -> list[Commit]:
        return self._commits[position : position + limit]

    def head(self) -> Head:
        return Head(self._commits[-1].position, self._commits[-1].hash) if self._commits else Head()
