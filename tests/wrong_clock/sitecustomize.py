"""On the PYTHONPATH of a process, this puts its wall clock wrong by PST_TEST_CLOCK_OFF_S."""

import datetime
import os
import time
from typing import Any

OFF_S = int(os.environ["PST_TEST_CLOCK_OFF_S"])

_datetime, _time, _time_ns = datetime.datetime, time.time, time.time_ns


class _Kind(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _datetime)


class _Wrong(_datetime, metaclass=_Kind):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return _datetime.now(tz) + datetime.timedelta(seconds=OFF_S)


datetime.datetime = _Wrong  # type: ignore[misc]
time.time = lambda: _time() + OFF_S
time.time_ns = lambda: _time_ns() + OFF_S * 10**9
