"""The entrypoints of persons: what is held, and what stands against forgetting them.

The rules are in `person.py`; how forgetting is carried out, in `erasing.py`.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from contracts import accounts as shapes
from contracts.common import schema
from contracts.errors import Code, Rejected
from host import held
from host.caller import Caller
from host.heard import origin
from host.rpc import rpc
from kernel.aggregate import Meta, Outcome
from kernel.clock import derive_id, new_id
from kernel.deadlines import Deadline
from services.consultation.accounts import commands, moving, person, queries
from services.consultation.accounts.basis import Answer, Basis, Request
from services.consultation.accounts.events import ForgottenBecause
from services.consultation.accounts.queries import ACCOUNT, PERSON

HEARD = (
    "*.notifier.contact_point_bounced",
    "*.notifier.notification_sent",
    "*.notifier.notification_failed",
    "*.notifier.notification_suppressed",
)
"""Which events of the notifier `hear_of_person` takes in."""

STREAMS = (ACCOUNT.stream(""), PERSON.stream(""))
"""How the names of the streams begin whose dates `person_due` is for."""

LAST_LETTER = "erasure_done"


class PersonEntrypoints(Basis):
    """What a person can ask about what is held of them, and what keeps it."""

    @rpc
    def export_person(self, request: Request) -> Answer:
        """Return everything that this service holds about who asks; `PersonRequest`."""
        subject_id = schema(shapes.PersonRequest).load(request)["caller"]["id"]
        return queries.export(self.core, subject_id)

    @rpc
    def ask_erasure(self, request: Request) -> Answer:
        """Be forgotten, or as soon as nothing holds it back: legal_hold; `PersonRequest`."""
        caller = Caller.of(schema(shapes.PersonRequest).load(request)["caller"])
        command = person.AskErasure(now=self.core.clock.now(), subject_id=caller.id)
        outcome = self._of_person(caller, command, self._office_of(caller.id))
        if outcome.state.erasure is person.Erasure.HELD:
            raise Rejected(Code.LEGAL_HOLD, "It is noted, and done when the last hold is lifted.")
        return {"replayed": outcome.replayed}

    @rpc
    def place_hold(self, request: Request) -> Answer:
        """Keep what is held about a person for a matter; `HoldRequest`."""
        asked = schema(shapes.HoldRequest).load(request)
        caller = Caller.of(asked.pop("caller"))
        office = self._office_for(caller, asked["subject_id"], asked.pop("visited"))
        command = person.PlaceHold(now=self.core.clock.now(), office=office, **asked)
        return self._hold(caller, command)

    @rpc
    def lift_hold(self, request: Request) -> Answer:
        """The matter is over, says who placed the hold, or an admin; `ReleaseRequest`."""
        asked = schema(shapes.ReleaseRequest).load(request)
        caller = Caller.of(asked.pop("caller"))
        office = self._holder(caller, **asked)
        command = person.LiftHold(now=self.core.clock.now(), office=office, **asked)
        return self._hold(caller, command)

    # the notifier

    @rpc
    def account_letter(self, request: Request) -> Answer:
        """Return what an e-mail to a person needs, its code too; `SubjectRequest`."""
        asked = schema(shapes.SubjectRequest).load(request)
        if asked["caller"]["role"] != "system":
            raise Rejected(Code.WRONG_ROLE, "Only services may ask for a contact.")
        return queries.letter(self.core, asked["subject_id"], asked["challenge_id"])

    def hear_of_person(self, envelope: dict[str, Any]) -> None:
        """Take in what the notifier tells: an address that bounces, a last letter that is out."""
        data, now = envelope["data"], self.core.clock.now()
        meta = heard_as(envelope)
        if envelope["event"] == "contact_point_bounced":
            if (mark := queries.account_of(self.core, data["subject_id"])) is not None:
                subject_id, about = data["subject_id"], data["about"]
                command = commands.MarkBounced(now=now, subject_id=subject_id, about=about)
                self.core.commands.handle(ACCOUNT, mark, command, meta)
        elif data["template"] == LAST_LETTER:
            self._erasing.erase(data["about"], meta)

    # the clock

    def person_due(self, deadline: Deadline) -> None:
        """Do what a date of an account or a person is for; the deciders judge whether it is."""
        subject_id = deadline.data["subject_id"]
        if deadline.name == commands.FORGET:
            self._forget_unverified(deadline.key, deadline)
        elif deadline.name == person.FORGET_IF_UNVERIFIED:
            if (mark := queries.account_of(self.core, subject_id)) is not None:
                self._forget_unverified(mark, deadline)
        elif deadline.name == commands.MOVE:
            with suppress(Rejected):  # it has stayed where it is
                to = deadline.data["to"]
                moving.move(self.core, deadline.key, subject_id, to, deadline.meta())
        elif deadline.name == person.ERASE:
            self._erasing.erase(subject_id, deadline.meta())
        elif deadline.name.startswith(commands.GIVE_UP):
            self._erasing.give_up(subject_id)
        else:
            raise ValueError(f"nothing is done at a deadline named {deadline.name!r}")

    def _forget_unverified(self, mark: str, deadline: Deadline) -> None:
        """Forget whose account nobody has verified, unless they are needed: until they are not."""
        subject_id = deadline.data["subject_id"]
        if self.core.commands.state(PERSON, subject_id).state.holds:
            return
        reason, now = ForgottenBecause.NEVER_VERIFIED, self.core.clock.now()
        command = commands.Forget(now=now, subject_id=subject_id, reason=reason)
        self.core.commands.handle(ACCOUNT, mark, command, deadline.meta())

    def _office_for(self, caller: Caller, subject_id: str, visited: Sequence[str]) -> str:
        """Return an office of who asks that knows a person, from here or by a visit."""
        known = sorted({*held.offices(self.core, subject_id), *visited})
        if not known:
            raise Rejected(Code.NOT_FOUND, "Nothing is held about such a person.")
        shared = [office for office in known if office in caller.offices]
        if not shared:
            raise Rejected(Code.WRONG_OFFICE, "They are known to other offices only.")
        return shared[0]

    def _holder(self, caller: Caller, subject_id: str, reference: str) -> str:
        """Return the office whose hold it is that who asks may lift; an admin may lift any."""
        holds = self.core.commands.state(PERSON, subject_id).state.holds
        placed = sorted(office for office, name in holds if name == reference)
        if own := [office for office in placed if office in caller.offices]:
            return own[0]
        if caller.role == "admin":
            return next(iter(placed), self._home())
        return self._office_for(caller, subject_id, ())

    def _hold(self, caller: Caller, command: person.PlaceHold | person.LiftHold) -> Answer:
        outcome = self._of_person(caller, command, command.office)
        return {
            "holds": queries.holds(self.core, command.subject_id),
            "replayed": outcome.replayed,
        }

    def _of_person(
        self, caller: Caller, command: person.Command, office: str
    ) -> Outcome[person.State]:
        meta = caller.meta(office, new_id())
        return self.core.commands.handle(PERSON, command.subject_id, command, meta)

    def _office_of(self, subject_id: str) -> str:
        return next(iter(held.offices(self.core, subject_id)), self._home())


def heard_as(envelope: dict[str, Any], effect: str = "accounts") -> Meta:
    """Return the origin of one effect of an event of the notifier."""
    return origin(envelope, "notifier", derive_id(envelope["id"], effect))
