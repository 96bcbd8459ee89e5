"""What the entrypoints of the consultation service have in common."""

from collections.abc import Callable
from typing import Any

from contracts.errors import Code, Rejected
from host.caller import Caller
from host.entrypoints import EventSourced
from kernel.aggregate import Aggregate, Outcome
from kernel.clock import new_id
from offices.office import Office
from offices.provider import DecreedOffices
from services.consultation import commands, decider, guards, queries, state

Request = dict[str, Any]
Answer = dict[str, Any]

CONSULTATION = Aggregate("consultation", decider.decide, state.evolve, state.State)


class Entrypoints:
    """Makes commands of requests, and answers with the consultation as it then stands."""

    core = EventSourced()
    offices = DecreedOffices()

    def handled(self, asked: Request, command: Callable[..., commands.Asked]) -> Answer:
        """Have a command decided; answer with the consultation."""
        key, outcome = self.decided(asked, command)
        return self.answer(key, Caller.of(asked["caller"]), outcome)

    def decided(
        self, asked: Request, command: Callable[..., commands.Asked]
    ) -> tuple[str, Outcome[state.State]]:
        """Make the command of what was asked, and have it decided."""
        words = less(asked, "caller", "consultation_id")
        caller, key = Caller.of(asked["caller"]), asked["consultation_id"]
        known = self.known(caller, key)
        office = self.offices[known.office]
        wish = command(caller=caller, now=self.core.clock.now(), office=office, **words)
        meta = caller.meta(known.office, new_id())
        return key, self.core.commands.handle(CONSULTATION, key, wish, meta)

    def known(self, caller: Caller, key: str) -> state.State:
        """Return what this process saw of it last; refuse who may not see it."""
        known = self.core.commands.glance(CONSULTATION, key)
        guards.check_access(caller, known.office, known.subject_id)
        return known

    def answer(self, key: str, caller: Caller, outcome: Outcome[state.State]) -> Answer:
        """Answer with the consultation."""
        known = queries.get(self.core, caller, self.offices, key)
        return {**known, "replayed": outcome.replayed}

    def office(self, office: str) -> Office:
        """Return an office; raise `Rejected` (validation_failed) for an unknown one."""
        if office not in self.offices:
            raise Rejected(
                Code.VALIDATION_FAILED,
                "There is no such office.",
                {"office": [f"Must be one of: {', '.join(sorted(self.offices))}."]},
            )
        return self.offices[office]


def less(asked: Request, *names: str) -> Request:
    """Return what was asked without some of its words."""
    return {name: value for name, value in asked.items() if name not in names}
