"""The second half of a change of address: two streams, so two commits, each harmless when repeated.

A date set by the first half completes it, should the process end in between.
"""

from contracts.errors import Code, Rejected
from host.runtime import Runtime
from kernel.aggregate import Meta
from kernel.clock import derive_id
from services.consultation.accounts import commands, queries
from services.consultation.accounts.queries import ACCOUNT


def move(core: Runtime, mark: str, subject_id: str, to: str, meta: Meta) -> None:
    """Have an account go to another address; raise `Rejected` if it has one of its own.

    Then, and when nothing can be kept of the person any more, it stays where it is.
    """
    state = core.commands.state(ACCOUNT, mark).state
    if state.subject_id != subject_id or state.moving_to != to:
        if queries.account_of(core, subject_id) == mark:
            raise Rejected(Code.EMAIL_TAKEN, "It has stayed where it was.")
        return
    try:
        _move_in(core, mark, subject_id, to, meta)
    except Rejected as refusal:
        if refusal.code not in (Code.EMAIL_TAKEN, Code.SUBJECT_ERASED):
            raise
        _end(core, mark, subject_id, None, meta)
        raise
    _end(core, mark, subject_id, to, meta)


def has_come(core: Runtime, mark: str, meta: Meta) -> bool:
    """Tell whether this wish has brought the account here already."""
    return core.log.find_command(ACCOUNT.stream(mark), _arrival(meta)) is not None


def _arrival(meta: Meta) -> str:
    return derive_id(meta.command_id, "in")


def _move_in(core: Runtime, mark: str, subject_id: str, to: str, meta: Meta) -> None:
    known = queries.profile(core, mark, subject_id)
    command = commands.MoveIn(
        now=core.clock.now(),
        subject_id=subject_id,
        name=known["name"],
        email=queries.moving_email(core, mark, to),
        phone=known["phone"],
        institution=known["institution"],
        notice_version=known["notice_version"],
        registered_at=known["registered_at"],
    )
    core.commands.handle(ACCOUNT, to, command, meta.caused(_arrival(meta)))


def _end(core: Runtime, mark: str, subject_id: str, to: str | None, meta: Meta) -> None:
    command = commands.EndMove(now=core.clock.now(), subject_id=subject_id, to=to)
    core.commands.handle(ACCOUNT, mark, command, meta.caused(derive_id(meta.command_id, "end")))
