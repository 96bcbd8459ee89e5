"""What is told of a wait, and from what."""

from datetime import time, timedelta

import pytest

from host.figures import rank
from services.queue import estimates
from services.queue.events import Estimate, Lane
from tests.unit.service_day import FRIDAY, MONDAY, OFFICE, Day, estimate


def waits(clock, count, seconds=60, lane="regular"):
    """So many waits of an hour of Monday; the first a second longer, and so on."""
    issued = OFFICE.calendar.at(MONDAY, time.fromisoformat(clock))
    return [
        {
            "lane": lane,
            "issued_at": issued,
            "started_at": issued + timedelta(seconds=seconds + n),
        }
        for n in range(1, count + 1)
    ]


def test_hour_with_enough_waits_is_told():
    """By local hour and lane; half and nine of ten, of the nearest rank; on another date."""
    known = waits("09:00", 20) + waits("09:59", 19, lane="priority") + waits("11:00", 30, 600)
    found = estimates.hourly(OFFICE, FRIDAY, known)
    assert [(e.lane, e.estimate) for e in found] == [
        (Lane.REGULAR, Estimate(p50_s=70, p90_s=78)),
        (Lane.REGULAR, Estimate(p50_s=615, p90_s=627)),
    ]
    assert found[0].begins == OFFICE.calendar.at(FRIDAY, time(9))
    assert found[0].ends == OFFICE.calendar.at(FRIDAY, time(10))


def test_too_few_waits_say_nothing():
    """Nineteen; and who was never served has not waited to an end."""
    given_up = [{**wait, "started_at": None} for wait in waits("09:00", 20)]
    assert estimates.hourly(OFFICE, MONDAY, waits("09:00", 19) + given_up) == ()


def test_waits_of_a_clock_that_stepped_back_count_as_none():
    """Nobody begins before they have come."""
    found = estimates.hourly(OFFICE, MONDAY, waits("09:00", 20, seconds=-60))
    assert [e.estimate for e in found] == [Estimate(p50_s=0, p90_s=0)]


def test_order_of_the_waits_does_not_matter():
    """The same documents, the same words."""
    known = waits("09:00", 33)
    assert estimates.hourly(OFFICE, MONDAY, known) == estimates.hourly(OFFICE, MONDAY, known[::-1])


def test_number_is_given_with_the_estimate_of_its_hour_and_lane():
    """From the first second of the hour to the last, also with the one that opens the day."""
    day = Day(clock="09:00", estimates=(estimate(Lane.REGULAR, "09:00", p90_s=540),))
    told = Estimate(p50_s=60, p90_s=540)
    first, urgent = day.issue(), day.issue(Lane.PRIORITY)
    last = day.at("09:59:59").issue()
    later = day.at("10:00").issue()
    assert [day.ticket(t).estimate for t in (first, urgent, last, later)] == [
        told,
        None,
        told,
        None,
    ]


def test_day_keeps_to_what_it_began_with():
    """What another process found out meanwhile changes nothing that was told."""
    day = Day(clock="09:00", estimates=(estimate(Lane.REGULAR, "09:00", p90_s=540),))
    day.issue()
    day.estimates = (estimate(Lane.REGULAR, "09:00", p90_s=1),)
    assert day.ticket(day.issue()).estimate == Estimate(p50_s=60, p90_s=540)


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (90, 9), (100, 10), (1, 1)])
def test_percentiles_are_of_the_nearest_rank(percent, value):
    """The ninth of ten."""
    assert rank(list(range(1, 11)), percent) == value
    assert rank([7], percent) == 7


def test_clock_that_was_put_back_makes_no_wait_negative():
    """Nobody has waited less than not at all."""
    found = estimates.hourly(OFFICE, FRIDAY, waits("09:00", 20, seconds=-300))
    assert [e.estimate for e in found] == [Estimate(p50_s=0, p90_s=0)]
