"""One event-sourced service put together: log, handling, relay, views and deadlines."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import structlog
from pymongo.errors import PyMongoError

from contracts.errors import StreamUnavailable, Unavailable
from host.travelled_time import TravelledTime
from kernel.broker import Publisher
from kernel.clock import Clock, monotonic, no_offset
from kernel.codec import EventTypes, UnknownEvent
from kernel.config import Settings
from kernel.database import AWAY, connect, database
from kernel.deadlines import Deadline, Deadlines
from kernel.erasure import telling
from kernel.event_log import EventLog
from kernel.facts import Fact, facts_of
from kernel.firing import Firing
from kernel.handling import CommandHandler
from kernel.lease import Lease
from kernel.metrics import DATES_LATE, RELAY_LAG, VIEW_BUILDING, VIEW_LAG
from kernel.relay import React, Relay
from kernel.restored import Restored
from kernel.snapshots import Snapshots
from kernel.vault import Vault
from kernel.view_following import Follower
from kernel.view_reading import Reader
from kernel.views import View

log = structlog.get_logger()

STUCK_S = 30.0
"""A process whose relay or views stand still for so long while commits wait is unready."""

STAND_BACK_S = 3.0
"""How long a process that met an event newer than it knows leaves the lead to others."""

DATES_S = 1.0
"""How long it then leads only to fire dates, before it tries the log again."""

FAILURES = 3
"""So many relay steps in a row may fail until another process may try."""


@dataclass(frozen=True)
class Wiring:
    """What a service hands to the machinery; its `service.py` declares one."""

    name: str
    types: EventTypes
    react: React
    views: Sequence[View] = ()


class Runtime:
    """The parts of one service in one process. Building it opens no connection."""

    def __init__(self, wiring: Wiring, settings: Settings) -> None:
        self.wiring = wiring
        client = connect(settings)
        self.db = database(client, settings, wiring.name)
        travelled = TravelledTime(database(client, settings, "clock"))
        self.clock = Clock(travelled if settings.time_travel else no_offset)
        self.vault = Vault(
            database(client, settings, "vault"), settings.master_key, settings.master_key_before
        )
        self.log = EventLog(self.db)
        self.commands = CommandHandler(self.log, wiring.types, self.vault, Snapshots(self.db))
        self.deadlines = Deadlines(self.db)
        self._lease = Lease(self.db, "leader")
        self._relay = Relay(
            wiring.name,
            self.log,
            wiring.types,
            Restored(self.db).quiet(telling(wiring.react, self.vault)),
            Publisher(settings.amqp_url),
            self.deadlines,
        )
        known = (self.db, self.log, wiring.types)
        self._followers = [Follower(*known, view) for view in wiring.views]
        self._readers = {view.name: Reader(*known, view) for view in wiring.views}
        self._firing = Firing(self.deadlines, self.clock.now, self._lease.held)
        self._prepared = False
        self._seen = 0
        self._newer: str | None = None
        self._relay_again_at = 0.0
        self._failures = 0
        self._stood: dict[str, tuple[int, float]] = {}

    def facts(self, stream: str, after: int = 0) -> list[Fact]:
        """Return a stream's facts in clear, as the log has them now.

        Only of commits whose first version lies beyond `after`.
        """
        return self._facts(stream, self.vault, after)

    def stored_facts(self, stream: str) -> list[Fact]:
        """Return a stream's facts, personal fields sealed."""
        return self._facts(stream, None)

    def _facts(self, stream: str, vault: Vault | None, after: int = 0) -> list[Fact]:
        types = self.wiring.types
        try:
            commits = self.log.read_stream(stream, after)
            return [f for c in commits for f in facts_of(c, types, vault)]
        except UnknownEvent as error:
            raise StreamUnavailable(f"{stream} is newer than this process: {error}") from error

    def views_lag(self) -> int:
        """Return how many commits the views have yet to take in."""
        return max((reader.lag() for reader in self._readers.values()), default=0)

    def view(self, view: View) -> Reader:
        """Return what answers from the documents of a view."""
        return self._readers[view.name]

    def grown(self) -> bool:
        """Say whether the log has grown since this was last asked, by whomever."""
        try:
            seen, self._seen = self._seen, self.log.head().position
        except AWAY as error:
            raise Unavailable(f"database: {type(error).__name__}") from error
        return self._seen > seen

    def leads(self) -> bool:
        """Say whether this process still leads; on its last word for no longer than a second."""
        return self._lease.held()

    def relay_step(self) -> int:
        """Relay what waits, if leader; return how many commits."""
        if monotonic() < self._relay_again_at:
            return 0
        try:
            done = self._lead(self._relay_on)
        except Unavailable:
            self._relay_failed()
            raise
        self._failures = 0
        return done

    def relay_waits(self) -> bool:
        """Tell whether commits are known that are still to be relayed."""
        return self._relay.waits()

    def view_steps(self) -> list[tuple[Callable[[], int], Callable[[], bool]]]:
        """Return what to repeat for each view, and what tells whether more is known to wait."""
        return [(partial(self._prepared_for, f.step), f.waits) for f in self._followers]

    def sweep_steps(self) -> list[Callable[[], int]]:
        """Return what to repeat for each view: drop what nobody reads any more."""
        return [partial(self._prepared_for, f.sweep) for f in self._followers]

    def deadlines_step(self, fire: Callable[[Deadline], None]) -> int:
        """Fire what has come due, if leader; return how many streams are at it."""
        try:
            return self._lead(lambda _fence: self._firing.step(fire))
        finally:  # they get later while the database is away; not late is who does not lead
            late_s = self._firing.late_s() if self._lease.fence else 0.0
            DATES_LATE.labels(self.wiring.name).set(late_s)

    def stop(self) -> None:
        """Hand leadership to another process, when the dates in hand have been fired."""
        self._firing.stop()
        try:
            self._relay.settle()
            self._lease.release()
            for follower in self._followers:
                follower.release()
        except PyMongoError as error:  # it runs out by itself
            log.warning("lease_not_released", error=str(error))

    def checks(self) -> dict[str, Callable[[], str | None]]:
        """Return what is asked on every look at readiness: None when all is well, else why not."""
        return {
            "database": self._check_database,
            "following": self._check_following,
            "views": self._check_views,
        }

    def _lead(self, step: Callable[[int], int]) -> int:
        lease = self._lease
        return self._prepared_for(lambda: step(lease.fence) if lease.held() else 0)

    def _prepared_for(self, step: Callable[[], int]) -> int:
        try:
            if not self._prepared:
                self._prepare()
            return step()
        except AWAY as error:
            raise Unavailable(f"database: {type(error).__name__}") from error

    def _prepare(self) -> None:
        self.log.prepare()
        self.deadlines.prepare()
        self._prepared = True

    def _relay_on(self, fence: int) -> int:
        try:
            done = self._relay.step(fence)
        except UnknownEvent as error:
            return self._stand_back(error)
        self._newer = None
        return done

    def _relay_failed(self) -> None:
        """Let another process try that may reach the broker, when this one does not."""
        self._failures += 1
        if self._failures == FAILURES:
            self._failures = 0
            self._relay_again_at = monotonic() + STAND_BACK_S
            with suppress(*AWAY):
                self._lease.release(STAND_BACK_S)

    def _stand_back(self, error: UnknownEvent) -> int:
        """Let a process that knows the event lead; if there is none, at least dates are fired."""
        self._newer = str(error)
        self._relay_again_at = monotonic() + STAND_BACK_S + DATES_S
        log.error("newer_event_stops_the_relay", newer=self._newer, stand_back_s=STAND_BACK_S)
        self._lease.release(STAND_BACK_S)
        return 0

    def _check_database(self) -> str | None:
        self.db.command("ping")
        return None if self._prepared else "indexes not made yet"

    def _check_following(self) -> str | None:
        """Relay and views may lag, but not stand still.

        A view of ours that waits for a newer release is no reason to take us from service.
        """
        stands = {"the relay": self._relay.position()}
        for follower in self._followers:
            if not follower.newer:
                stands[f"view {follower.name}"] = self._readers[follower.name].position()
        head = self.log.head().position
        lag = head - stands["the relay"]
        RELAY_LAG.labels(self.wiring.name).set(lag)
        if lag and self._newer:
            return f"newer than this process: {self._newer}; commits wait: {lag}"
        stuck = [
            f"{head - at} for {name}" for name, at in stands.items() if self._stuck(name, at, head)
        ]
        return f"commits wait: {', '.join(stuck)}" if stuck else None

    def _stuck(self, name: str, stands: int, head: int) -> bool:
        now = monotonic()
        stood, since = self._stood.get(name, (stands, now))
        if stands >= head or stands > stood:  # it moves
            since = now
        self._stood[name] = stands, since
        return now - since > STUCK_S

    def _check_views(self) -> str | None:
        said = {name: reader.building() for name, reader in self._readers.items()}
        for name, reader in self._readers.items():
            VIEW_LAG.labels(self.wiring.name, name).set(reader.lag())
            VIEW_BUILDING.labels(self.wiring.name, name).set(said[name] is not None)
        return "; ".join(text for text in said.values() if text) or None
