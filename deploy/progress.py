"""One line per step, with the seconds it took."""

import time


def tell(line: str) -> None:
    """Say something at once, also where output goes to a file."""
    print(line, flush=True)


class Stopwatch:
    """Tells what became ready, and how long after the stopwatch was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def seconds(self) -> float:
        """Return the time since it was made."""
        return time.monotonic() - self._began

    def ready(self, name: str) -> None:
        """Say that a step is done."""
        tell(f"  {name:<14}{self.seconds():5.1f} s")
