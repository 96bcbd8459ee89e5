"""One writer process: `python -m tests.chaos.writer NUMBER COMMITS`.

Four streams of its own and the hot one that everybody writes, side by side. The settings come
from the environment; printed is one line for each commit that was accepted: stream, version,
event id.
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from contracts.errors import Unavailable
from kernel import config
from kernel.clock import jitter, new_id, pause
from kernel.commit import VersionConflict
from kernel.database import connect, database
from kernel.event_log import EventLog
from tests.desks import SERVICE, note

OWN = 4
HOT = "note-hot"


def main(number: str, commits: str) -> None:
    """Write one share to each stream, and say what was accepted."""
    settings = config.load(os.environ)
    log = EventLog(database(connect(settings), settings, SERVICE))
    streams = [HOT, *(f"note-{number}x{n}" for n in range(OWN))]
    share = int(commits) // len(streams)
    with ThreadPoolExecutor(len(streams)) as pool:
        for lines in pool.map(lambda stream: list(written(log, stream, share)), streams):
            sys.stdout.writelines(lines)


def written(log: EventLog, stream: str, count: int) -> Iterator[str]:
    """Append to one stream; who loses a version reads and tries the next."""
    version = 0
    for _ in range(count):
        event_id = new_id()
        while True:
            try:
                version = log.append(note(stream, version + 1, event_id=event_id)).version
                break
            except VersionConflict:
                version = max([version, *(c.last for c in log.read_stream(stream, version))])
                pause(jitter(0.01))
            except Unavailable:  # the same note, under the same id: it may be there already
                pause(jitter(0.1))
        yield f"{stream} {version} {event_id}\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
