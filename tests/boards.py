"""Hundreds of boards on the wall, in a process of their own: `python -m tests.boards URL COUNT`.

For each line on standard input it prints how many of them have which id last, as JSON.
"""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]


async def watch(url: str, number: int, last: dict[int, str]) -> None:
    """Listen on one connection, and keep the id of the last message."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
    while line := await reader.readline():
        if line.startswith(b"id: "):
            last[number] = line.removeprefix(b"id: ").decode().strip()
    del last[number]  # it has ended


async def main(url: str, count: int) -> None:
    """Hold so many, until nobody asks any more."""
    last = dict.fromkeys(range(count), "")
    watching = [asyncio.create_task(watch(url, number, last)) for number in range(count)]
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(Counter(last.values())), flush=True)
    for each in watching:
        each.cancel()


class Boards:
    """Asks that process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def last(self) -> dict[str, int]:
        """Return how many have which id last; "" is none yet."""
        assert self._process.stdin
        assert self._process.stdout
        print("?", file=self._process.stdin, flush=True)
        found: dict[str, int] = json.loads(self._process.stdout.readline())
        return found


@contextmanager
def boards(url: str, count: int) -> Iterator[Boards]:
    """Have so many listen for a while."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.boards", url, str(count)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Boards(process)
    finally:
        assert process.stdin
        process.stdin.close()
        process.wait(20)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
