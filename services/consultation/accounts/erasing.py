"""Forgetting a person from within the service: the account first, then ledger, key and facts.

Queue and notifier hear of it by `subject_erased`, and write it into their own logs.
"""

from pathlib import Path

from host import held
from host.runtime import Runtime
from kernel import erasure
from kernel.aggregate import Meta
from kernel.clock import derive_id
from kernel.ledger import Entry, Ledger
from services.consultation.accounts import commands, person, queries
from services.consultation.accounts.events import ForgottenBecause
from services.consultation.accounts.queries import ACCOUNT, PERSON
from services.consultation.catalogue import unnamed


class Erasing:
    """Carries it out; every step is harmless when repeated, and what was broken off is."""

    def __init__(self, core: Runtime, ledger: str) -> None:
        self._core = core
        self._ledger = Ledger(Path(ledger)) if ledger else None

    def erase(self, subject_id: str, meta: Meta) -> None:
        """Forget who was told that they will be; a hold that was placed since keeps them."""
        now = self._core.clock.now()
        decide = person.DecideErasure(now=now, subject_id=subject_id)
        decided = self._core.commands.handle(PERSON, subject_id, decide, meta)
        if decided.state.erasure is not person.Erasure.DECIDED:
            return
        self._free_address(subject_id, meta)
        self.give_up(subject_id)
        done = person.ReportErased(now=now, subject_id=subject_id)
        told = meta.caused(derive_id(meta.command_id, "erased"))
        self._core.commands.handle(PERSON, subject_id, done, told)

    def give_up(self, subject_id: str) -> None:
        """Write the ledger, give up the key, have it in the log of every office they are in.

        Before that the words of searches they made without a name and named afterwards.
        """
        streams = [place["stream"] for place in held.places(self._core, subject_id)]
        for fact in unnamed.named_by(subject_id, streams, self._core.stored_facts):
            nobody = Entry(fact.event.words_of, self._core.clock.now(), ())
            erasure.forget(nobody, self._ledger, self._core.vault, [])
        entry = Entry(
            subject_id=subject_id,
            forgotten_at=self._core.clock.now(),
            offices=held.offices(self._core, subject_id),
        )
        erasure.forget(entry, self._ledger, self._core.vault, [self._core.commands])

    def settle(self, mark: str, meta: Meta) -> None:
        """Free an address whose person was forgotten past us (`pst vault forget`)."""
        subject_id = self._core.commands.state(ACCOUNT, mark).state.subject_id
        if subject_id and self._core.vault.forgotten([subject_id]):
            self._forget(mark, subject_id, meta)

    def _free_address(self, subject_id: str, meta: Meta) -> None:
        if (mark := queries.account_of(self._core, subject_id)) is not None:
            self._forget(mark, subject_id, meta)

    def _forget(self, mark: str, subject_id: str, meta: Meta) -> None:
        reason = ForgottenBecause.ERASED
        command = commands.Forget(now=self._core.clock.now(), subject_id=subject_id, reason=reason)
        freed = meta.caused(derive_id(meta.command_id, "forget"))
        self._core.commands.handle(ACCOUNT, mark, command, freed)
