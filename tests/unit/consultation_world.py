"""A consultation that lives in memory: what people do, and the dates that its own facts set."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from contracts.errors import Rejected
from kernel.effects import Cancel, Schedule
from kernel.facts import Fact
from offices.calendar import Override, WorkingCalendar
from services.consultation import commands, links
from services.consultation.reactions import react
from services.consultation.schemas import TYPES
from tests.support import NOON, fact
from tests.unit.consultation import CONSULTATION, OFFICE, submitted

NAMES = {t.event_class: t.name for t in TYPES.all()}


class World:
    """One consultation, the clock and the calendar; dates fire when their time has come."""

    def __init__(self) -> None:
        self.now = NOON
        self.office = OFFICE
        self.facts: list[Fact] = []
        self.state = CONSULTATION.initial()
        self.dates: dict[str, tuple[datetime, dict[str, Any]]] = {}
        self._take([submitted().event])

    def ask(self, what: type[Any], caller: Any, **words: Any) -> bool:
        """Have somebody ask for something; False when it is refused."""
        return self._do(what(caller=caller, now=self.now, office=self.office, **words))

    def told(self, what: type[Any], **words: Any) -> bool:
        """Have the service hear what nobody asks; False when it is refused."""
        return self._do(what(now=self.now, office=self.office, **words))

    def wait(self, until: datetime) -> None:
        """Let time pass: what comes due on the way fires at its time, the earliest first."""
        while due := sorted((at, name) for name, (at, _) in self.dates.items() if at <= until):
            at, name = due[0]
            self.now = max(self.now, at)
            _, data = self.dates.pop(name)
            self._do(commands.timed(name, data, self.now, self.office))
        self.now = until

    def decree(self, override: Override) -> None:
        """Change the calendar, and have the limit reckoned anew."""
        calendar = self.office.calendar
        known = (*calendar.overrides, override)
        changed = WorkingCalendar(calendar.time_zone, calendar.hours, known)
        self.office = replace(self.office, calendar=changed)
        self._do(commands.Recalculate(now=self.now, office=self.office))

    def today(self) -> date:
        """Return the local date."""
        return self.office.calendar.local_date(self.now)

    def _do(self, command: Any) -> bool:
        try:
            self._take(CONSULTATION.decide(command, self.state))
        except Rejected:
            return False
        return True

    def _provide(self, date: Schedule) -> None:
        """Have the provider make its link at once, as the service does when that date comes."""
        if date.name == commands.READDRESS:  # of the account, which is not played here
            del self.dates[date.name]
        if not date.name.startswith(commands.MEETING_LINK):
            return
        del self.dates[date.name]
        meeting_id = date.data["meeting_id"]
        wanted = links.wanted(self.state, meeting_id)
        if wanted is not None and wanted.provider_meeting_id is None:
            words = {"provider_meeting_id": "85746065", "join_url": "…", "replaces": None}
            made = commands.RecordLink(
                now=self.now, office=self.office, meeting_id=meeting_id, **words
            )
            self._do(made)

    def _take(self, events: list[Any]) -> None:
        for event in events:
            number = len(self.facts) + 1
            known = fact(event, self.now, name=NAMES[type(event)], sequence=number)
            self.facts.append(known)
            self.state = CONSULTATION.evolve(self.state, known)
            for effect in react(known):
                match effect:
                    case Schedule():
                        self.dates[effect.name] = (effect.at, effect.data)
                        self._provide(effect)
                    case Cancel():
                        self.dates.pop(effect.name, None)
