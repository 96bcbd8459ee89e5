"""What the logs hold about a person: the streams that tell of them, found by looking through."""

from collections.abc import Iterable, Iterator

from kernel.facts import Fact, facts_of
from pst.progress import ProgressLine
from pst.system import System
from pst.verify import BATCH
from services.consultation.catalogue import unnamed
from services.consultation.schemas import TYPES


def streams_of(opened: System, name: str, subject_id: str) -> dict[str, str]:
    """Return the streams in which an event names the person, and of which office each is.

    Reads the log of the service up to where it ends now: nothing indexes the people in it.
    """
    commits = opened.db(name)["commits"]
    end = opened.log(name).head().position
    found: dict[str, str] = {}
    line = ProgressLine(f"{name} log", "commits")
    for since, until in _ranges(end):
        wanted = {
            "position": {"$gt": since, "$lte": until},
            "events.data.subject_id": subject_id,
        }
        for commit in commits.find(wanted, {"stream": 1, "office": 1}).sort("position", 1):
            found.setdefault(commit["stream"], commit["office"])
        line(until, end)
    line.end(end)
    return found


def about(opened: System, name: str, aggregates: set[str]) -> dict[str, str]:
    """Return the streams whose events are about one of these aggregates (`about`), likewise."""
    commits = opened.db(name)["commits"]
    end = opened.log(name).head().position
    found: dict[str, str] = {}
    for since, until in _ranges(end) if aggregates else ():
        wanted = {"position": {"$gt": since, "$lte": until}, "events.data.about": {"$exists": True}}
        for commit in commits.find(wanted).sort("position", 1):
            if aggregates & {str(e["data"].get("about")) for e in commit["events"]}:
                found.setdefault(commit["stream"], commit["office"])
    return found


def searches_of(opened: System, subject_id: str, streams: Iterable[str]) -> list[Fact]:
    """Return the searches without a name that consultations of a person name."""
    log = opened.log("consultation")

    def facts(stream: str) -> list[Fact]:
        return [fact for commit in log.read_stream(stream) for fact in facts_of(commit, TYPES)]

    return unnamed.named_by(subject_id, streams, facts)


def _ranges(end: int) -> Iterator[tuple[int, int]]:
    for since in range(0, end, BATCH):
        yield since, min(since + BATCH, end)
