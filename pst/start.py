"""Where `pst` begins: whoever ends it, and however early, it clears away what it had begun."""

import signal
import sys
from typing import NoReturn

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """Run the tool; SIGTERM and a closed terminal end it in order, as Ctrl-C does: exit code 1."""
    heeded = [n for n in ENDINGS if signal.getsignal(n) is not signal.SIG_IGN]  # nohup
    try:
        for number in heeded:
            signal.signal(number, _interrupt)
        from pst import cli  # all of the program, which takes a second: Ctrl-C may come already

        cli.main()
    except KeyboardInterrupt:
        sys.exit("Aborted!")
    finally:
        for number in heeded:  # what is left is to leave
            signal.signal(number, signal.SIG_IGN)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
