"""The entrypoints of accounts: validate, stamp, hand over. Rules are in `decider.py`, `person.py`.

Part of the consultation service. What anybody may ask without a token answers the same whether
or not an address is known; the gateway sees to the time it takes.
"""

import hmac
from datetime import datetime
from typing import TypeVar

from contracts import accounts as shapes
from contracts.common import schema
from contracts.errors import Code, Rejected
from host.caller import Caller
from host.rpc import rpc
from kernel.aggregate import Meta, Outcome
from kernel.clock import derive_id, new_id
from services.consultation.accounts import codes, commands, moving, queries
from services.consultation.accounts.basis import Answer, Request
from services.consultation.accounts.decider import VALID_FOR, codes_left
from services.consultation.accounts.events import (
    EmailChangeConfirmed,
    EmailVerified,
    Source,
)
from services.consultation.accounts.persons import PersonEntrypoints
from services.consultation.accounts.queries import ACCOUNT
from services.consultation.accounts.state import State

E = TypeVar("E", EmailVerified, EmailChangeConfirmed)


class AccountEntrypoints(PersonEntrypoints):
    """Accounts without passwords, and what a person can ask about what is held of them."""

    # anybody

    @rpc
    def register_user(self, request: Request) -> Answer:
        """Give an address as one's own; `RegisterRequest`."""
        asked = schema(shapes.RegisterRequest).load(request)
        caller = Caller.of(asked.pop("caller"))
        command = commands.Register(
            now=self.core.clock.now(), subject_id=new_id(), challenge_id=new_id(), **asked
        )
        self._for_anybody(command.email, command, caller)
        return {}

    @rpc
    def log_in(self, request: Request) -> Answer:
        """Have a code sent, or an e-mail that says there is no account; `LoginRequest`."""
        asked = schema(shapes.LoginRequest).load(request)
        caller = Caller.of(asked.pop("caller"))
        command = commands.LogIn(
            now=self.core.clock.now(), subject_id=new_id(), challenge_id=new_id(), **asked
        )
        self._for_anybody(command.email, command, caller)
        return {}

    @rpc
    def verify_code(self, request: Request) -> Answer:
        """Send back the code; `VerifyRequest`. Answers whose it was; refuses with code_invalid."""
        asked = schema(shapes.VerifyRequest).load(request)
        email, code, now = asked["email"], asked["code"], self.core.clock.now()
        mark = codes.mark_of(self.core.vault, email)
        challenge_id, right = self._compare(mark, code)
        command = commands.Verify(now=now, challenge_id=challenge_id, right=right)
        outcome = self._for_anybody(email, command, Caller.of(asked["caller"]), code)
        verified = _first(outcome, EmailVerified, now)
        name = queries.profile(self.core, mark, verified.subject_id)["name"]
        user = {"user_id": verified.subject_id, "name": name}
        return {"user": user, "replayed": outcome.replayed}

    # the person

    @rpc
    def me(self, request: Request) -> Answer:
        """Return the account of who asks; `PersonRequest`."""
        asked = schema(shapes.PersonRequest).load(request)
        return {"me": queries.me(self.core, asked["caller"]["id"]), "replayed": False}

    @rpc
    def correct_me(self, request: Request) -> Answer:
        """Correct it; a new address gets a code first. `CorrectRequest`."""
        asked = schema(shapes.CorrectRequest).load(request)
        caller, email = Caller.of(asked.pop("caller")), asked.pop("email", None)
        mark, meta = self._own(caller)
        correction = self._correction(caller, asked) if asked else None
        wish: commands.Command | None = correction
        if email is not None and (to := codes.mark_of(self.core.vault, email)) != mark:
            counted = self._counted(mark, to, caller.id, meta)
            wish = self._change(caller, to, email, counted, correction)
        replayed = False
        if wish is not None:
            replayed = self.core.commands.handle(ACCOUNT, mark, wish, meta).replayed
        return {"me": queries.me(self.core, caller.id), "replayed": replayed}

    @rpc
    def confirm_email(self, request: Request) -> Answer:
        """Send back the code that went to the new address; `CodeRequest`."""
        asked = schema(shapes.CodeRequest).load(request)
        caller, now = Caller.of(asked["caller"]), self.core.clock.now()
        mark, meta = self._own(caller)
        meta = self._secretly(meta, caller.id, asked["code"])
        if moving.has_come(self.core, mark, meta):
            return {"me": queries.me(self.core, caller.id), "replayed": True}
        challenge_id, right = self._compare(mark, asked["code"])
        command = commands.ConfirmEmail(
            now=now, subject_id=caller.id, challenge_id=challenge_id, right=right
        )
        outcome = self.core.commands.handle(ACCOUNT, mark, command, meta)
        confirmed = _first(outcome, EmailChangeConfirmed, now)
        moving.move(self.core, mark, caller.id, confirmed.to, meta)
        return {"me": queries.me(self.core, caller.id), "replayed": outcome.replayed}

    # the office

    @rpc
    def note_address(self, request: Request) -> Answer:
        """Return whose the address is that a visitor left; null for what is none. `NoteRequest`."""
        asked = schema(shapes.NoteRequest).load(request)
        caller = Caller.of(asked.pop("caller"))
        if caller.role not in shapes.NOTERS:
            raise Rejected(Code.WRONG_ROLE, "Only the office notes addresses.")
        return {"subject_id": self.noted(caller, source=Source.GUEST_BOOK, **asked)}

    def noted(
        self,
        caller: Caller,
        *,
        office: str,
        email: str | None,
        name: str | None,
        phone: str | None,
        source: Source,
    ) -> str | None:
        """Return the person whose address this is, an account being made if there is none.

        None for what is no address, or not one that mail can be sent to.
        """
        try:
            address = codes.spelled(email or "")
        except ValueError:
            return None
        mark = codes.mark_of(self.core.vault, address)
        command = commands.Note(
            now=self.core.clock.now(),
            subject_id=new_id(),
            name=name,
            email=address,
            phone=phone,
            source=source,
        )
        meta = self._secretly(caller.meta(office, new_id()), mark, "note")
        self._erasing.settle(mark, meta)
        outcome = self.core.commands.handle(ACCOUNT, mark, command, meta)
        return outcome.state.subject_id

    def _for_anybody(
        self, email: str, command: commands.Command, caller: Caller, *words: str
    ) -> Outcome[State]:
        """Have it decided for the account of an address, wherever that stands."""
        mark = codes.mark_of(self.core.vault, email)
        office = self.core.commands.glance(ACCOUNT, mark).office or self._home()
        kind = type(command).__name__
        meta = self._secretly(caller.meta(office, new_id()), mark, kind, *words)
        self._erasing.settle(mark, meta)
        return self.core.commands.handle(ACCOUNT, mark, command, meta)

    def _compare(self, mark: str, code: str) -> tuple[str | None, bool]:
        """Return which challenge is open, and whether this is its code; the same work without."""
        challenge = self.core.commands.state(ACCOUNT, mark).state.challenge
        challenge_id = challenge.challenge_id if challenge else None
        known = codes.code_of(self.core.vault, mark, challenge_id or "")
        return challenge_id, hmac.compare_digest(known, code) and challenge is not None

    def _own(self, caller: Caller) -> tuple[str, Meta]:
        """Return the account of who asks, and what its commits record."""
        mark = queries.their_account(self.core, caller.id)
        office = self.core.commands.glance(ACCOUNT, mark).office
        return mark, caller.meta(office, new_id())

    def _correction(self, caller: Caller, asked: Request) -> commands.Correct:
        now, changed = self.core.clock.now(), tuple(sorted(asked))
        return commands.Correct(now=now, subject_id=caller.id, changed=changed, **asked)

    def _counted(self, mark: str, to: str, subject_id: str, meta: Meta) -> bool:
        """Count a code to a new address where all its codes are; False if it gets no more.

        Who has had too many themselves is refused afterwards, and counts nothing there.
        """
        now, own = self.core.clock.now(), self.core.commands.state(ACCOUNT, mark).state
        if not codes_left(own, now):
            return False
        command = commands.CountCode(now=now, subject_id=subject_id)
        origin = meta.caused(derive_id(meta.command_id, "counted"))
        return bool(self.core.commands.handle(ACCOUNT, to, command, origin).facts)

    def _change(
        self,
        caller: Caller,
        to: str,
        email: str,
        counted: bool,
        correct: commands.Correct | None,
    ) -> commands.ChangeEmail:
        return commands.ChangeEmail(
            now=self.core.clock.now(),
            subject_id=caller.id,
            challenge_id=new_id(),
            to=to,
            email=email,
            counted=counted,
            correct=correct,
        )


def _first(outcome: Outcome[State], kind: type[E], now: datetime) -> E:
    """Return the fact that a code was right, also on a repeat soon after; else refuse."""
    for fact in outcome.facts:
        if isinstance(fact.event, kind) and now < fact.occurred_at + VALID_FOR:
            return fact.event
    raise Rejected(Code.CODE_INVALID, "Ask for a new one if it does not work.")
