"""What is dear is found once for all who ask."""

import eventlet
import pytest

from contracts.errors import Unavailable
from host.once import Once


class Dear:
    """Something that takes a while to find, and may not be there."""

    def __init__(self) -> None:
        self.count = 0
        self.failure: Exception | None = None
        self.takes_s = 0.01

    def find(self) -> int:
        self.count += 1
        eventlet.sleep(self.takes_s)
        if self.failure:
            raise self.failure
        return self.count


def asked(once: Once, dear: Dear, edition: str = "Monday", patience_s: float = 2.0) -> int:
    found: int = once.get("1471", edition, dear.find, patience_s)
    return found


def test_two_hundred_who_ask_at_once_have_it_found_once() -> None:
    """Whoever comes later as well, until another edition is asked for."""
    once, dear = Once(), Dear()
    asking = [eventlet.spawn(asked, once, dear) for _ in range(200)]
    assert {each.wait() for each in asking} == {1}
    assert asked(once, dear) == 1
    assert asked(once, dear, "Tuesday") == 2


def test_what_failed_is_found_anew() -> None:
    """All who waited hear of it; the next may have more luck."""
    once, dear = Once(), Dear()
    dear.failure = Unavailable("the view is being built")
    asking = [eventlet.spawn(pytest.raises, Unavailable, asked, once, dear) for _ in range(3)]
    for each in asking:
        assert "being built" in str(each.wait().value)
    dear.failure = None
    assert asked(once, dear) == 2


def test_nobody_waits_for_ever_and_the_patient_have_it() -> None:
    """Who gives up does not end the search."""
    once, dear = Once(), Dear()
    dear.takes_s = 0.1
    with pytest.raises(Unavailable):
        asked(once, dear, patience_s=0.01)
    assert asked(once, dear) == 1
