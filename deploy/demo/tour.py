"""What every stop of the tour is told with: calls, events, e-mails, travels."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from deploy.demo import tool
from deploy.demo.api import Answer, NoAnswer
from deploy.demo.listener import Event, Listener
from deploy.demo.local_time import LocalTime
from deploy.demo.mailbox import Mailbox, text_of
from deploy.demo.screen import Screen
from deploy.demo.system import OFFICE, System
from deploy.problem import Problem
from host import tokens
from host.travelled_time import TravelledTime
from kernel.clock import Clock, new_id
from kernel.database import connect, database

READING_S = 1.4
"""After each step and each e-mail, on a terminal."""

LEAD = timedelta(seconds=2)
"""So much before a moment a travel ends, so that the moment itself is seen."""


@dataclass(frozen=True)
class Person:
    """Who makes a call; without a token, anybody."""

    name: str
    token: str


@dataclass(frozen=True)
class Call:
    """When a call began, and in which step."""

    step: int
    began: float


class Tour:
    """The system, the screen and who listens, in one hand."""

    def __init__(
        self, system: System, screen: Screen, listener: Listener, mailbox: Mailbox
    ) -> None:
        self.system = system
        self.screen = screen
        self.listener = listener
        self.calls: dict[str, Call] = {}
        """By correlation id, which their events carry on."""
        self.mailbox = mailbox
        self._steps = 0
        self._before = 0
        self.office = self._get_office()
        self.time = LocalTime(self.office["time_zone"])
        self.budi = self.person("Budi", "officer", "budi", OFFICE)
        self.travelled = self._offset() if system.time_travel else None
        """By how much the system is ahead; None where it does not travel."""
        self._clock = Clock(self.travelled) if self.travelled else Clock()

    def person(self, name: str, role: str, sub: str, *offices: str) -> Person:
        """Return somebody with a token, signed as `pst token` does."""
        key = self.system.settings.token_private_key
        return Person(name, tokens.sign(key, role=role, sub=sub, offices=offices, name=name))

    @staticmethod
    def moment(text: str) -> datetime:
        """Read a time of the API."""
        return datetime.fromisoformat(text)

    def now(self) -> datetime:
        """Return the system's own time."""
        return self._clock.now()

    def step(self, text: str) -> None:
        """Begin the next step."""
        self.screen.pause(READING_S)
        self._steps += 1
        self._before = self.listener.count()
        self.screen.step(self._steps, text)

    def call(
        self,
        who: Person,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        key: str | None = None,
        *,
        show: bool = True,
    ) -> Answer:
        """Make a call and show it; raise `Problem` unless it succeeds."""
        headers = {"X-Correlation-ID": new_id()}
        if who.token:
            headers["Authorization"] = f"Bearer {who.token}"
        if key is not None:
            headers["Idempotency-Key"] = key
        self.calls[headers["X-Correlation-ID"]] = Call(self._steps, time.monotonic())
        answer = self._answer(method, f"/v1{path}", body, headers)
        if show:
            self.screen.call(who.name, method, f"/v1{path}", answer, body)
        return answer

    def event(self, name: str, about: str) -> Event:
        """Wait for an event of this step."""
        return self._await(lambda e: e.name == name and e.about == about, f"The event {name}")

    def mail(self, template: str, about: str, lines: int = 5) -> None:
        """Wait for an e-mail of this step and show how it begins."""
        notification_id = self.sent(template, about).data["notification_id"]
        found = self.mailbox.find(notification_id)
        if found is None:
            where = "kept here" if self.mailbox.exists else "caught here, but sent to PST_SMTP_URL"
            self.screen.result(f"an e-mail went out ({template}); it is not {where}")
            return
        text = [line for line in text_of(found).splitlines() if line.strip()]
        self.screen.mail(str(found["To"]), str(found["Subject"]), text[:lines])
        self.screen.pause(READING_S)

    def sent(self, template: str, about: str) -> Event:
        """Wait until an e-mail of this step has gone out."""
        return self._await(
            lambda e: (
                e.name == "notification_sent"
                and e.about == about
                and e.data["template"] == template
            ),
            f"The e-mail {template}",
        )

    def travel(self, to: datetime) -> None:
        """Move everybody's clock to shortly before a moment."""
        ahead = int((to - LEAD - self.now()).total_seconds())
        if ahead <= 0:
            return
        words = ("clock", "advance", tool.duration(ahead))
        self.screen.command(tool.typed(*words))
        tool.run(*words)
        self.screen.result(f"in the office it is {self.time.exact(self.now())}")

    def _await(self, wanted: Callable[[Event], bool], what: str) -> Event:
        return self.listener.wait(wanted, self._before, what)

    def _get_office(self) -> dict[str, Any]:
        return self._answer("GET", f"/v1/offices/{OFFICE}", None, {}).body

    def _answer(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> Answer:
        try:
            answer = self.system.api.call(method, path, body, headers)
        except NoAnswer as error:
            raise Problem(f"{method} {path}: no answer ({error}).") from error
        if answer.status >= 400:
            detail = answer.body.get("detail", "")
            raise Problem(f"{method} {path} was answered {answer.status} {answer.code}: {detail}")
        return answer

    def _offset(self) -> TravelledTime:
        settings = self.system.settings
        return TravelledTime(database(connect(settings), settings, "clock"))
