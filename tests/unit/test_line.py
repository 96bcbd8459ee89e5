"""Who stands in a line with others is harmed by none of them; threads are in the contract tests."""

from contracts.errors import Unavailable
from kernel.line import Line, Place


def test_one_that_is_ended_and_one_that_cannot_be_carried_harm_nobody_else():
    """While the group travels a thread of it is ended; then one is found that nobody can carry."""
    ended, bad, good, mine = (Place() for _ in range(4))

    def carry(group: list[Place]) -> None:
        if len(group) > 1:
            ended.refuse(Unavailable("its thread was ended"))
        if bad in group:
            raise ValueError("too large")
        for place in group:
            place.settle()

    line = Line[Place](10)
    line._places.extend((ended, bad, good))
    line.stand(mine, carry)
    assert [type(place.error) for place in (ended, bad)] == [Unavailable, ValueError]
    assert [(place.settled, place.error) for place in (good, mine)] == [(True, None)] * 2


def test_what_is_nobodys_fault_is_told_to_all_at_once():
    """Found out while looking for whose fault it was: nobody else is tried alone."""
    bad, good, mine = (Place() for _ in range(3))
    tried: list[int] = []

    def carry(group: list[Place]) -> None:
        tried.append(len(group))
        raise ValueError("too large") if bad in group else Unavailable("the database is away")

    line = Line[Place](10)
    line._places.extend((bad, good))
    line.stand(mine, carry)
    assert tried == [3, 1, 1]
    assert [type(place.error) for place in (bad, good, mine)] == [ValueError, *[Unavailable] * 2]
