"""The peer `eventsourcing`: an aggregate, an application, and its two databases."""

from pathlib import Path
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from bench.workload import TEXT
from kernel.clock import new_id

SNAPSHOT_EVERY = 100
"""As ours."""

SAVED_AT_ONCE = 100
"""Only while streams are grown; a measured command saves its one event."""


class Consultation(Aggregate):
    """The same words as ours, in clear."""

    @event("Submitted")
    def __init__(self, subject_id: str, topic: str, question: str) -> None:
        self.status = "submitted"
        self.subject_id = subject_id

    def post(self, subject_id: str, text: str) -> None:
        """Refuse a stranger, else add one message."""
        if subject_id != self.subject_id:
            raise ValueError("There is no such consultation.")
        self._posted(
            message_id=new_id(),
            by="user",
            officer_id=None,
            subject_id=subject_id,
            text=text,
            internal=False,
            channel="web",
            office="1471",
            actor={"kind": "user", "id": subject_id},
            command_id=new_id(),
            correlation_id=new_id(),
            causation_id=new_id(),
        )

    @event("MessagePosted")
    def _posted(
        self,
        message_id: str,
        by: str,
        officer_id: str | None,
        subject_id: str,
        text: str,
        internal: bool,
        channel: str,
        office: str,
        actor: dict[str, str],
        command_id: str,
        correlation_id: str,
        causation_id: str,
    ) -> None:
        self.status = "in_progress"


class Plain(Application[UUID]):
    """As it comes."""


class Snapshotting(Plain):
    """With automatic snapshots."""

    snapshotting_intervals = {Consultation: SNAPSHOT_EVERY}  # noqa: RUF012 - its documented form


CACHE = {"AGGREGATE_CACHE_MAXSIZE": "5000", "AGGREGATE_CACHE_FASTFORWARD": "n"}
"""As large as ours. It reads nothing for what it holds: its fastest form, documented for an
application that alone writes to its database."""


def on_postgres(port: int) -> dict[str, str]:
    """Return its settings for PostgreSQL."""
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": "postgres",
        "POSTGRES_HOST": "127.0.0.1",
        "POSTGRES_PORT": str(port),
        "POSTGRES_USER": "bench",
        "POSTGRES_PASSWORD": "trusted",
    }


def on_sqlite(file: Path) -> dict[str, str]:
    """Return its settings for SQLite in a file."""
    return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(file)}


def build(app: Plain, count: int, events: int) -> list[UUID]:
    """Grow so many aggregates of so many events."""
    ids = []
    for _ in range(count):
        consultation = Consultation(subject_id="siti", topic="Inflasi", question=TEXT)
        for version in range(2, events + 1):
            consultation.post("siti", TEXT)
            if version % SAVED_AT_ONCE == 0:
                app.save(consultation)
        app.save(consultation)
        ids.append(consultation.id)
    return ids


def post(app: Plain, consultation_id: UUID) -> None:
    """Load, decide, append one event: get, trigger, save."""
    consultation: Consultation = app.repository.get(consultation_id)
    consultation.post("siti", TEXT)
    app.save(consultation)


def synchronous(app: Plain) -> str:
    """Return SQLite's durability in force; FULL syncs its log at each commit."""
    with app.factory.datastore.transaction(commit=False) as cursor:
        cursor.execute("PRAGMA synchronous")
        return ("OFF", "NORMAL", "FULL", "EXTRA")[int(cursor.fetchone()[0])]
