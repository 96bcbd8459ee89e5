"""A stand-in for BPS's Web API: answers in its shapes, and misbehaves as asked.

`recorded/<model>.<domain>.json` are answers as the API gives them, cut to a few rows of each kind,
with their oddities: entity-escaped abstracts, fields that are null, missing or numbers. A keyword
picks the rows that hold it. `python -m tests.webapi` serves them by itself.
"""

from tests.webapi.server import KEY, FakeWebApi, Mode

__all__ = ["KEY", "FakeWebApi", "Mode"]
