"""Eight writer processes: `python -m tests.chaos.writer ROUND COMMITS`.

Each writes four streams of its own and the hot one that everybody writes, side by side. The
settings come from the environment; printed is one line for each commit that was accepted:
stream, version, event id.
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context

from contracts.errors import Unavailable
from kernel import config
from kernel.clock import jitter, new_id, pause
from kernel.commit import VersionConflict
from kernel.database import connect, database
from kernel.event_log import EventLog
from tests.desks import SERVICE, note

WRITERS = 8
OWN = 4
HOT = "note-hot"


def main(round_: str, commits: str) -> None:
    """Start the processes, one share of the commits each, and say what was accepted."""
    share = int(commits) // WRITERS
    # forked, before anything is open: eight starts of Python would be a part of what is timed
    with get_context("fork").Pool(WRITERS) as pool:
        names = [f"{round_}w{n}" for n in range(WRITERS)]
        for lines in pool.imap(partial(write, share=share), names):
            sys.stdout.writelines(lines)


def write(name: str, share: int) -> list[str]:
    """Be one of them; return what was accepted."""
    settings = config.load(os.environ)
    log = EventLog(database(connect(settings), settings, SERVICE))
    streams = [HOT, *(f"note-{name}x{n}" for n in range(OWN))]
    each = share // len(streams)
    with ThreadPoolExecutor(len(streams)) as pool:
        found = pool.map(lambda stream: list(written(log, stream, each)), streams)
        return [line for lines in found for line in lines]


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
