"""Entrypoints of contacts: how to reach whose consultation it is, and what was written down wrong.

What officers wrote down they correct: for the letters about it at once, and for the person's
account, as far as nobody else has anything to do with it, by a date right after.
"""

from contracts import consultation as shapes
from contracts.common import schema
from host.caller import Caller
from host.rpc import rpc
from kernel.clock import derive_id
from kernel.deadlines import Deadline
from services.consultation import commands, guards, queries
from services.consultation.accounts import codes
from services.consultation.accounts import commands as wishes
from services.consultation.accounts import queries as accounts
from services.consultation.accounts.events import AddressNoted, Source
from services.consultation.accounts.queries import ACCOUNT
from services.consultation.entrypoints import Answer, Entrypoints, Request


class ContactService(Entrypoints):
    """How a person is reached about a consultation."""

    @rpc
    def contact(self, request: Request) -> Answer:
        """Return it for staff, who telephone where no letter arrives; `OneRequest`."""
        asked = schema(shapes.OneRequest).load(request)
        caller = Caller.of(asked["caller"])
        guards.must_be_staff(caller)
        facts = queries.opened(self.core, caller, asked["consultation_id"])
        found = queries.contact_of(self.core, facts) or {}
        answer: Answer = schema(shapes.ContactShownSchema).dump(
            {"name": None, "email": None, "phone": None, **found}
        )
        return answer

    @rpc
    def correct_contact(self, request: Request) -> Answer:
        """Correct what an officer wrote down; `CorrectContactRequest`."""
        asked = schema(shapes.CorrectContactRequest).load(request)
        subject_id = self.known(Caller.of(asked["caller"]), asked["consultation_id"]).subject_id
        given = {f"contact_{name}": asked.pop(name) for name in queries.CONTACT}
        mark, to = accounts.account_of(self.core, subject_id), self._mark(given["contact_email"])
        words = {
            "theirs": mark is not None and not self._is_ours(mark, subject_id),
            "taken": to is not None and self._is_of_another(to, subject_id),
        }
        return self.handled({**asked, **given, **words}, commands.CorrectContact)

    def contact_came_due(self, deadline: Deadline) -> None:
        """Have the account follow; if it has become another's meanwhile, the letters alone do."""
        contact = queries.corrected(self.core, deadline.key)
        to = self._mark(contact.contact_email)
        subject_id, now = contact.subject_id, self.core.clock.now()
        mark = accounts.account_of(self.core, subject_id)
        if to is None or to == mark or self._is_of_another(to, subject_id):
            return
        meta = deadline.meta()
        if mark is not None:
            leave = wishes.LeaveAddress(now=now, subject_id=subject_id, to=to)
            left = self.core.commands.handle(
                ACCOUNT, mark, leave, meta.caused(_wish(deadline, mark))
            )
            if left.state.subject_id == subject_id:
                return  # who has shown it to be theirs meanwhile stays there
        note = wishes.NoteAnew(
            now=now,
            subject_id=subject_id,
            name=contact.contact_name,
            email=codes.spelled(contact.contact_email or ""),
            phone=contact.contact_phone,
        )
        self.core.commands.handle(ACCOUNT, to, note, meta.caused(_wish(deadline, to)))

    def _mark(self, email: str | None) -> str | None:
        """Return by what an address is known, None for what is none that mail can be sent to."""
        try:
            return codes.mark_of(self.core.vault, codes.spelled(email or ""))
        except ValueError:
            return None

    def _is_of_another(self, mark: str, subject_id: str) -> bool:
        known = self.core.commands.state(ACCOUNT, mark).state
        return known.is_account and known.subject_id != subject_id

    def _is_ours(self, mark: str, subject_id: str) -> bool:
        """Tell whether all that is known of an account was written down with a consultation."""
        facts = self.core.facts(ACCOUNT.stream(mark))
        own = [f.event for f in facts if getattr(f.event, "subject_id", None) == subject_id]
        noted = [event for event in own if isinstance(event, AddressNoted)]
        state = self.core.commands.state(ACCOUNT, mark).state
        by_office = noted and all(event.source is Source.CONSULTATION for event in noted)
        return bool(by_office) and noted[0] is own[0] and not state.is_verified


def _wish(deadline: Deadline, mark: str) -> str:
    return derive_id(deadline.command_id, mark)
