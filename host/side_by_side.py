"""Several jobs at once, and no longer than there is time."""

from collections.abc import Callable, Sequence
from traceback import extract_tb
from typing import Any, TypeVar

import eventlet
import structlog

T = TypeVar("T")

log = structlog.get_logger()


def side_by_side(
    jobs: Sequence[Callable[[], T]], seconds: float, *, end_late: bool
) -> list[T | None]:
    """Return what each job came to, None for one that failed (the log says how) or was late.

    Who is late is ended where it waits, or with `end_late=False` goes on by itself: so with what
    must not be broken off. A job that never lets others have their turn is not stopped.
    """
    threads = [eventlet.spawn(_outcome, job) for job in jobs]
    with eventlet.Timeout(max(0.0, seconds), False):
        for thread in threads:
            thread.wait()
    return [_taken(thread, end_late) for thread in threads]


def _taken(thread: Any, end_late: bool) -> Any:
    if thread.dead:
        return thread.wait()
    if end_late:
        thread.kill()
    return None


def _outcome(job: Callable[[], T]) -> T | None:
    """Return the outcome; what is raised in a thread, eventlet prints with all that it quotes."""
    try:
        return job()
    except Exception as error:  # by its kind and place: its text may quote what is secret
        last = extract_tb(error.__traceback__)[-1]
        log.warning("job_failed", error=type(error).__name__, at=f"{last.name}:{last.lineno}")
        return None
