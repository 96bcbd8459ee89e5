"""One event-sourced service put together: log, handling, relay, views and deadlines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from pymongo.errors import PyMongoError

from contracts.errors import Unavailable
from kernel.broker import Publisher
from kernel.clock import Clock, monotonic, no_offset
from kernel.codec import EventTypes, UnknownEvent
from kernel.config import Settings
from kernel.database import AWAY, TravelledTime, connect, database
from kernel.deadlines import Deadline, Deadlines
from kernel.event_log import EventLog
from kernel.facts import Fact, facts_of
from kernel.handling import CommandHandler
from kernel.lease import Lease
from kernel.observability import PENDING_DEADLINES, RELAY_LAG, VIEW_LAG, Health
from kernel.relay import React, Relay
from kernel.snapshots import Snapshots
from kernel.vault import Vault
from kernel.views import Follower, View

log = structlog.get_logger()

STUCK_S = 30.0
"""A process whose relay or views have not caught up for so long is unready."""


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
        self.vault = Vault(database(client, settings, "vault"), settings.master_key)
        self.log = EventLog(self.db)
        self.commands = CommandHandler(self.log, wiring.types, self.vault, Snapshots(self.db))
        self.deadlines = Deadlines(self.db)
        self._lease = Lease(self.db, "leader")
        self._relay = Relay(
            wiring.name,
            self.log,
            wiring.types,
            wiring.react,
            Publisher(settings.amqp_url),
            self.deadlines,
        )
        self._followers = [Follower(self.db, self.log, wiring.types, v) for v in wiring.views]
        self.stopping = False
        self._prepared = False
        self._caught_up_at = monotonic()

    def facts(self, stream: str) -> list[Fact]:
        """Return a stream's facts in clear, as the log has them now."""
        types, vault = self.wiring.types, self.vault
        try:
            return [f for c in self.log.read_stream(stream) for f in facts_of(c, types, vault)]
        except UnknownEvent as error:
            raise Unavailable(f"{stream} is newer than this process: {error}") from error

    def views_lag(self) -> int:
        """Return how many commits the views have yet to take in."""
        return max((follower.lag() for follower in self._followers), default=0)

    def relay_step(self) -> int:
        """Relay what waits, if leader; return how many commits."""
        return self._lead(self._relay.step)

    def views_step(self) -> int:
        """Take what waits into the views, if leader; return how many commits."""
        return sum(self._lead(follower.step) for follower in self._followers)

    def deadlines_step(self, fire: Callable[[Deadline], None]) -> int:
        """Fire what has come due, if leader; return how many dates."""
        return self._lead(lambda _fence: self._fire(fire))

    def stop(self) -> None:
        """Hand leadership to another process."""
        try:
            self._lease.release()
        except PyMongoError as error:  # it runs out by itself
            log.warning("lease_not_released", error=str(error))

    def watch(self, health: Health) -> None:
        """Add this service's checks to the readiness of the process."""
        health.add("database", self._check_database)
        health.add("following", self._check_following)

    def _lead(self, step: Callable[[int], int]) -> int:
        try:
            if not self._prepared:
                self._prepare()
            return step(self._lease.fence) if self._lease.held() else 0
        except AWAY as error:
            raise Unavailable(f"database: {type(error).__name__}") from error

    def _prepare(self) -> None:
        self.log.prepare()
        self.deadlines.prepare()
        for follower in self._followers:
            follower.prepare()
        self._prepared = True

    def _fire(self, fire: Callable[[Deadline], None]) -> int:
        due = list(self.deadlines.due(self.clock.now()))
        for deadline in due:
            if self.stopping:
                break
            try:
                fire(deadline)
            except Unavailable as error:
                log.warning("deadline_waits", deadline=deadline.name, error=str(error))
                self.deadlines.later(deadline, self.clock.now())
            except Exception:  # one that fails must not hold up the others
                log.exception("deadline_failed", stream=deadline.stream, deadline=deadline.name)
                self.deadlines.later(deadline, self.clock.now())
            else:
                self.deadlines.done(deadline)
        return len(due)

    def _check_database(self) -> str | None:
        self.db.command("ping")
        return None if self._prepared else "indexes not made yet"

    def _check_following(self) -> str | None:
        """Relay and views may lag, but not stand still."""
        name = self.wiring.name
        relay, views = self._relay.lag(), self.views_lag()
        RELAY_LAG.labels(name).set(relay)
        VIEW_LAG.labels(name).set(views)
        PENDING_DEADLINES.labels(name).set(self.deadlines.pending())
        if not (relay or views):
            self._caught_up_at = monotonic()
        stuck = monotonic() - self._caught_up_at > STUCK_S
        return f"commits wait: {relay} for the relay, {views} for the views" if stuck else None
