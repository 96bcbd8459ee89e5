"""Notes that are published as they are; some of them set a date.

A note `due:NAME` has NAME come due at once; when a date is called `slow…` its effect takes long.
"""

import os
from dataclasses import dataclass

from marshmallow import Schema, fields

from contracts.events import EVENTS
from host.entrypoints import EventSourced, on_deadline
from host.runtime import Wiring
from kernel.clock import pause
from kernel.codec import EventType, EventTypes
from kernel.deadlines import Deadline
from kernel.effects import Effect, Publish, Schedule
from kernel.facts import Fact

SLOW_S = 3.0


@dataclass(frozen=True)
class Noted:
    """Somebody wrote something down."""

    text: str


class NotedShape(Schema):
    """A note, as published."""

    office = fields.String(required=True)
    text = fields.String(required=True)


TYPES = EventTypes([EventType("noted", 1, Noted)])
EVENTS["desk", "noted", 1] = NotedShape


def react(fact: Fact) -> list[Effect]:
    """Tell, and set the date if there is one."""
    told = Publish("noted", {"text": fact.event.text})
    word, _, name = fact.event.text.partition(":")
    return [told, Schedule(name, fact.occurred_at)] if word == "due" else [told]


class DeskService:
    """Keeps a list of the dates that were fired."""

    name = "desk"
    needs = ("mongo_url",)
    wiring = Wiring("desk", TYPES, react)

    core = EventSourced()

    @on_deadline
    def come_due(self, deadline: Deadline) -> None:
        """Take long if so called; write down when it was done, and by whom."""
        if deadline.name.startswith("slow"):
            pause(SLOW_S)
        fired = {"name": deadline.name, "at": self.core.clock.now(), "pid": os.getpid()}
        self.core.db["fired"].insert_one(fired)
