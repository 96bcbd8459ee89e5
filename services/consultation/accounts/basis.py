"""What all entrypoints of accounts stand on."""

from dataclasses import replace
from typing import Any

from nameko import config
from nameko.extensions import DependencyProvider

from host.entrypoints import EventSourced
from kernel.aggregate import Meta
from offices.provider import DecreedOffices
from services.consultation.accounts import codes
from services.consultation.accounts.erasing import Erasing

Request = dict[str, Any]
Answer = dict[str, Any]


class LedgerPath(DependencyProvider):
    """Gives the service where the ledger of erasures lies; "" without one."""

    def get_dependency(self, _worker_ctx: Any) -> str:
        path: str = config["settings"].erasure_ledger
        return path


class Basis:
    """Part of a service that has a `core` and its `offices`."""

    core: EventSourced
    offices: DecreedOffices
    ledger = LedgerPath()

    @property
    def _erasing(self) -> Erasing:
        return Erasing(self.core, self.ledger)

    def _secretly(self, meta: Meta, *words: str) -> Meta:
        """Have the log keep nothing by which an address or a code could be guessed."""
        wish = codes.wish_of(self.core.vault, meta.command_id, *words)
        own = replace(meta, command_id=wish, causation_id=wish)
        return replace(own, request_hash=None, expected_version=None)

    def _home(self) -> str:
        """Return the office that writes to who is known to none: the first of the files."""
        return next(iter(self.offices))
