"""What reports reckon with."""

from collections.abc import Sequence


def rank(ordered: Sequence[int], percent: int) -> int:
    """Return the smallest value that so many percent do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def share(part: int, whole: int) -> float | None:
    """Return a part of the whole, to four digits; None of nothing."""
    return round(part / whole, 4) if whole else None
