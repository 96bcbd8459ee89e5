"""Entrypoints of the working-day calendar, and what a decree leads to."""

from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import islice
from typing import Any

import eventlet

from contracts import calendar as shapes
from contracts.common import schema
from contracts.errors import Code, Rejected
from host import lists
from host.caller import Caller
from host.rpc import rpc
from kernel.aggregate import Meta
from kernel.clock import derive_id, new_id
from kernel.deadlines import Deadline
from offices import decrees
from offices.calendar import national_calendar
from offices.office import Office
from offices.public_holidays import DayKind, DayOff
from services.consultation import commands, guards, queries, views
from services.consultation.entrypoints import CONSULTATION, Answer, Entrypoints, Request

TOGETHER = 40
"""So many consultations are read, reckoned anew and stored at a time: few enough that whoever
works meanwhile hardly notices, and so many that each costs little."""

NAMES = {
    DayKind.HOLIDAY: "Libur nasional",
    DayKind.JOINT_LEAVE: "Cuti bersama",
    DayKind.CLOSURE: "Kantor tutup",
    DayKind.WORKING: "Hari kerja",
}
"""What people read as the reason when the decree has no name."""


class CalendarService(Entrypoints):
    """Which days count, and by whose word."""

    @rpc
    def calendar_due(self, request: Request) -> Answer:
        """Return when a limit of so many working days ends; `DueRequest`."""
        asked = schema(shapes.DueRequest).load(request)
        due = self.office(asked["office"]).calendar.due(asked["start"], asked["working_days"])
        return _dumped(shapes.DueSchema, due)

    @rpc
    def calendar_year(self, request: Request) -> Answer:
        """Return the days off of a year; `CalendarRequest`."""
        asked = schema(shapes.CalendarRequest).load(request)
        return self._year(asked["year"], asked["office"])

    @rpc
    def overrides(self, request: Request) -> Answer:
        """Return what an office counts otherwise than the tables; `OverridesRequest`."""
        office = self.office(schema(shapes.OverridesRequest).load(request)["office"])
        days = [_day(day) for day in office.calendar.overrides]
        return _dumped(shapes.OverridesSchema, {"items": days})

    @rpc
    def declare_day(self, request: Request) -> Answer:
        """Have a date count otherwise; `DeclareDayRequest`. Answers the year."""
        asked = schema(shapes.DeclareDayRequest).load(request)
        kind = DayKind(asked["kind"])
        name = asked["name"] or f"{NAMES[kind]} ({asked['decree_no']})"
        return self._decree(asked, decrees.DeclareDay, kind=kind, name=name)

    @rpc
    def revoke_day(self, request: Request) -> Answer:
        """Have it count as before; `RevokeDayRequest`. Answers the year."""
        return self._decree(schema(shapes.RevokeDayRequest).load(request), decrees.RevokeDay)

    def _decree(self, asked: Request, command: Any, **words: Any) -> Answer:
        caller, office = Caller.of(asked["caller"]), asked["office"]
        _must_decide_for(caller, office)
        if asked["date"].year != asked["year"]:
            raise guards.wrong("date", f"Must lie in {asked['year']}.")
        if office is not None:
            self.office(office)
        now = self.core.clock.now()
        about = {"date": asked["date"], "decree_no": asked["decree_no"], "for_all": office is None}
        wish = command(now=now, **about, **words)
        key = office or decrees.ALL
        outcome = self.core.commands.handle(decrees.DECREES, key, wish, caller.meta(key, new_id()))
        self.offices.forget()
        return {**self._year(asked["year"], office), "replayed": outcome.replayed}

    def _year(self, year: int, office: str | None) -> Answer:
        if office is None:
            common = self.core.commands.state(decrees.DECREES, decrees.ALL).state
            calendar = national_calendar(common.overrides())
        else:
            calendar = self.office(office).calendar
        days = [_day(day) for day in calendar.days_off(year)]
        words = {"year": year, "calendar_version": calendar.version, "days": days}
        return _dumped(shapes.CalendarSchema, words)

    def decree_came_due(self, deadline: Deadline) -> None:
        """Carry on what a decree leads to: told in each office, and then every limit anew."""
        if deadline.name.startswith(decrees.SPREAD):
            self._spread(deadline)
        else:
            self._recalculate_all(date.fromisoformat(deadline.data["date"]), deadline)

    def _spread(self, deadline: Deadline) -> None:
        """Write down in the stream of each office what was decided for all."""
        facts = self.core.facts(deadline.stream)
        (event,) = (f.event for f in facts if f.sequence == deadline.data["sequence"])
        known = self.core.commands.state(decrees.DECREES, decrees.ALL).state
        wish = decrees.spread(event, known, self.core.clock.now())
        for office in self.offices if wish else ():
            meta = self._meta(deadline, office, office)
            with suppress(Rejected):  # an office that came later has nothing to revoke
                self.core.commands.handle(decrees.DECREES, office, wish, meta)

    def _recalculate_all(self, day: date, deadline: Deadline) -> None:
        """Reckon anew every limit that a date can move; who was reckoned before decides nothing."""
        lists.caught_up(self.core, self.core.view(views.LIST))
        self.offices.forget()
        office = self.offices[deadline.office]
        limits = queries.limits_around(self.core, office, day)
        pool = eventlet.GreenPool(TOGETHER)
        while keys := list(islice(limits, TOGETHER)):
            self.core.commands.warm_up(CONSULTATION, keys)
            reckon = partial(self._recalculate, deadline, self.offices[office.id])
            for _ in pool.imap(reckon, keys):
                pass  # raises what kept one from being reckoned: the date fires again

    def _recalculate(self, deadline: Deadline, office: Office, key: str) -> None:
        command = commands.Recalculate(now=self.core.clock.now(), office=office)
        meta = self._meta(deadline, office.id, key)
        self.core.commands.handle(CONSULTATION, key, command, meta)

    def _meta(self, deadline: Deadline, office: str, key: str) -> Meta:
        """Fired twice, it is one commit each."""
        meta = deadline.meta().caused(derive_id(deadline.command_id, key))
        return replace(meta, office=office)


def _must_decide_for(caller: Caller, office: str | None) -> None:
    if office is None and caller.role != "admin":
        raise Rejected(Code.WRONG_ROLE, "Only an administrator decides for all offices.")
    if office is not None:
        guards.check_access(caller, office, "")


def _day(day: DayOff) -> dict[str, Any]:
    said = {name: getattr(day, name) for name in ("date", "kind", "name")}
    return {**said, "decree_no": getattr(day, "decree_no", None)}


def _dumped(shape: Any, words: Any) -> Answer:
    answer: Answer = schema(shape).dump(words)
    return answer
