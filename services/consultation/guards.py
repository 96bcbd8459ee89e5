"""What many rules ask first: who it is, and whether the consultation is open."""

from contracts.errors import Code, Rejected
from host.caller import Caller
from services.consultation.events import Party
from services.consultation.state import State, Status

SUPERVISORS = ("supervisor", "admin")


def check_access(caller: Caller, office: str, subject_id: str) -> None:
    """Refuse who may not see this consultation; whose it is not never learns that it exists."""
    if not office:
        raise Rejected(Code.NOT_FOUND, "There is no such consultation.")
    if caller.is_staff:
        if office not in caller.offices:
            raise Rejected(Code.WRONG_OFFICE, "It belongs to another office.")
    elif caller.role != "system" and caller.id != subject_id:
        raise Rejected(Code.NOT_FOUND, "There is no such consultation.")


def must_be_staff(caller: Caller) -> None:
    """Refuse who is no officer."""
    if not caller.is_staff:
        raise Rejected(Code.WRONG_ROLE, "This is for officers.")


def must_be_open(state: State) -> None:
    """Refuse what makes no sense once it is closed."""
    if state.status is Status.CLOSED:
        raise Rejected(Code.WRONG_STATE, "It is closed.")


def supervises(caller: Caller) -> bool:
    """Tell whether the caller may decide about other officers' work."""
    return caller.role in SUPERVISORS


def officer_of(caller: Caller | None) -> str | None:
    """Return the officer who asks, None for anybody else."""
    return caller.id if caller is not None and caller.is_staff else None


def party_of(caller: Caller | None) -> Party:
    """Return for whom the caller speaks; a channel speaks for the user."""
    if caller is None:
        return Party.SYSTEM
    return Party.OFFICER if caller.is_staff else Party.USER


def voice_of(caller: Caller, on_behalf: bool) -> Party:
    """Return whose word it is: what staff write down on behalf of the user is the user's."""
    return Party.USER if on_behalf else party_of(caller)


def wrong(field: str, message: str) -> Rejected:
    """Return the refusal of one field that only the rules can judge."""
    return Rejected(Code.VALIDATION_FAILED, message, {field: [message]})
