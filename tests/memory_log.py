"""The event log without a server: for unit tests; it passes the same contract suite."""

from collections.abc import Callable, Sequence
from threading import Lock

from kernel.commit import Commit, Draft, Head, Stored, VersionConflict, chained


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
        stored = self.append_chain([draft])
        if stored.error:
            raise stored.error
        return stored.commits[0]

    def append_chain(self, drafts: Sequence[Draft]) -> Stored:
        commits: list[Commit] = []
        error = None
        for draft in drafts:
            commit = self._put(draft)
            if commit.repeats(draft):
                commits.append(commit)
            if not commit.holds(draft) and len(commits) < len(drafts):
                error = VersionConflict(f"{draft.stream} is past version {draft.version - 1}")
                break
        for listener in self._listeners:
            listener()
        return Stored(commits, error)

    def _put(self, draft: Draft) -> Commit:
        """Return the commit that has the draft's place."""
        with self._tail:
            if (draft.stream, draft.version) not in self._taken:
                (commit,) = chained([draft], self.head())
                self._commits.append(commit)
                self._taken[draft.stream, draft.version] = commit
            return self._taken[draft.stream, draft.version]

    def read_stream(self, stream: str, after: int = 0) -> list[Commit]:
        return [c for c in self._commits if c.stream == stream and c.version > after]

    def read_streams(self, streams: Sequence[str]) -> list[Commit]:
        return [commit for stream in sorted(streams) for commit in self.read_stream(stream)]

    def find(self, stream: str, version: int) -> Commit | None:
        return self._taken.get((stream, version))

    def find_command(self, stream: str, command_id: str) -> Commit | None:
        return next((c for c in self.read_stream(stream) if c.command_id == command_id), None)

    def read_on(self, position: int, limit: int = 500) -> list[Commit]:
        return self._commits[position : position + limit]

    def head(self) -> Head:
        return Head(self._commits[-1].position, self._commits[-1].hash) if self._commits else Head()
