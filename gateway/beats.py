"""Answers on a beat: what took longer or shorter is told at the same moments."""

from math import floor

BEAT_S = 0.5
"""Several times what the calls take that know an address and those that do not."""


def left(took_s: float) -> float:
    """Return how long to wait for the next beat after a call that took so long; never 0."""
    return (floor(took_s / BEAT_S) + 1) * BEAT_S - took_s
