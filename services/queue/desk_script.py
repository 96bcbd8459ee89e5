"""What each visitor of a day does whenever called to a desk, as they did on that day."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low

from offices.service_minutes import ServiceMinutes, Stretch
from services.queue.desk_ways import Way


class NothingToReplay(ValueError):
    """No service of the day has ended: nothing says how long one takes."""


@dataclass(frozen=True)
class Vain:
    """A call that came to nothing. `back_after`: so long after it they came after all."""

    lasted: timedelta
    back_after: timedelta | None


@dataclass(frozen=True)
class Script:
    """First the calls in vain, then `walk` from the call to the beginning, then `service`."""

    vain: tuple[Vain, ...]
    walk: timedelta
    service: timedelta
    went_at: datetime | None


def scripts(ways: Mapping[str, Way], suspensions: Iterable[Stretch]) -> dict[str, Script]:
    """Return them by ticket; the median where the day does not tell. Raises `NothingToReplay`.

    While service is suspended nobody can begin, so that is no part of a walk.
    """
    suspended = ServiceMinutes(tuple(suspensions))
    walks = {ticket_id: _walk(way, suspended) for ticket_id, way in ways.items()}
    services = {ticket_id: way.served_for for ticket_id, way in ways.items()}
    usual_walk, usual_service = _median(walks.values()), _median(services.values())
    return {
        ticket_id: Script(
            tuple(_vain(way)),
            _known(walks[ticket_id], usual_walk),
            _known(services[ticket_id], usual_service),
            way.went_at,
        )
        for ticket_id, way in ways.items()
    }


def _walk(way: Way, suspended: ServiceMinutes) -> timedelta | None:
    if way.begun_at is None:
        return None
    called_at = way.calls[-1].at
    return way.begun_at - called_at - suspended.between(called_at, way.begun_at)


def _vain(way: Way) -> Iterator[Vain]:
    for call in way.calls:
        if call.left_at is not None:
            back_after = call.back_at - call.left_at if call.back_at else None
            yield Vain(call.left_at - call.at, back_after)


def _median(times: Iterable[timedelta | None]) -> timedelta:
    known = [time for time in times if time is not None]
    if not known:
        raise NothingToReplay
    return median_low(known)


def _known(time: timedelta | None, usual: timedelta) -> timedelta:
    return usual if time is None else time
