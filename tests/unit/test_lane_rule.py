"""The check of the lane rule finds both ways in which it can be broken."""

import pytest

from services.queue.events import Lane, TicketCalled
from tests.lane_rule import check_lane_rule
from tests.unit.service_day import one_stop


def morning(regular, priority):
    """Return the facts of so many numbers taken, and of all calls in the order of the rule."""
    day = one_stop()
    for lane in [Lane.REGULAR] * regular + [Lane.PRIORITY] * priority:
        day.issue(lane)
    for _ in range(regular + priority):
        day.served()
    return [event for _, event in day.log]


def called(facts, order):
    """Return the facts with the calls in another order, by number."""
    calls = {event.number: event for event in facts if isinstance(event, TicketCalled)}
    rest = [event for event in facts if not isinstance(event, TicketCalled)]
    assert sorted(calls) == sorted(order)
    return [*rest, *(calls[number] for number in order)]


def test_order_of_the_rule_passes():
    """Two of priority, one regular; then whoever is left."""
    facts = morning(2, 3)
    assert check_lane_rule(facts, 2) == 5
    assert check_lane_rule(called(facts, ["P001", "P002", "A001", "P003", "A002"]), 2) == 5


@pytest.mark.parametrize(
    "order",
    [
        ["P001", "P002", "P003", "A001", "A002"],
        ["P001", "A001", "P002", "P003", "A002"],
        ["A001", "P001", "P002", "A002", "P003"],
        ["P001", "P002", "A001", "A002", "P003"],
    ],
)
def test_too_many_of_priority_fail_and_too_few(order):
    """A third in a row, or a regular one before the second."""
    with pytest.raises(AssertionError):
        check_lane_rule(called(morning(2, 3), order), 2)


def test_priority_calls_without_anybody_waiting_are_in_no_row():
    """They kept nobody waiting: the third still goes before the regular ticket that came later."""
    day = one_stop()
    for _ in range(2):
        day.issue(Lane.PRIORITY)
        day.served()
    _, urgent = day.issue(), day.issue(Lane.PRIORITY)
    assert day.served() == urgent
    check_lane_rule([event for _, event in day.log], 2)
