"""Fifty officers in one thread: the lightest client there is, so that servers are measured."""

import asyncio
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from kernel.clock import new_id

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
PRIORITY_EVERY = 5
"""So many numbers hold one of the priority lane."""


class Line:
    """One connection that is kept, from one officer to a server."""

    def __init__(self, port: int, token: str = "") -> None:
        self._port = port
        self._token = token
        self.repeats = 0

    async def open(self) -> None:
        """Connect."""
        self._in, self._out = await asyncio.open_connection("127.0.0.1", self._port)

    def close(self) -> None:
        """Hang up."""
        self._out.close()

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return what is answered, None for 204; raise unless it is a 2xx.

        Who is told to come again (503) does at once, with the same key; `repeats` counts it.
        """
        return await self._ask("POST", path, json.dumps(body).encode())

    async def get(self, path: str) -> Any:
        """Return what is there; as `post`."""
        return await self._ask("GET", path, b"")

    async def _ask(self, method: str, path: str, said: bytes) -> Any:
        key = new_id()
        while (answer := await self._exchange(method, path, said, key))[0] == 503:
            self.repeats += 1
        status, answered = answer
        if not 200 <= status < 300:
            raise RuntimeError(f"{path} answered {status}: {answered!r}")
        return json.loads(answered) if status != 204 else None

    async def _exchange(self, method: str, path: str, said: bytes, key: str) -> tuple[int, bytes]:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"Authorization: Bearer {self._token}\r\n"
            f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(said)}\r\n\r\n"
        )
        self._out.write(head.encode() + said)
        return await self._answer()

    async def _answer(self) -> tuple[int, bytes]:
        head = await self._in.readuntil(b"\r\n\r\n")
        status, length = int(head[9:12]), LENGTH.search(head)
        answer = await self._in.readexactly(int(length[1])) if length else b""
        if b"\r\nConnection: close" in head:  # it keeps none
            self.close()
            await self.open()
        return status, answer


class Desk(Protocol):
    """One officer at one counter."""

    line: Line

    async def issue(self, lane: dict[str, str]) -> None:
        """Take a number for somebody."""

    async def call_next(self) -> str | None:
        """Call who is next; which ticket, None when nobody waits."""

    async def serve(self, ticket_id: str) -> None:
        """Do what must be done before the next can be called here."""


@dataclass
class Office:
    """All desks of one side, and what they have seen."""

    desks: Sequence[Desk]
    may_repeat: bool = False  # whether a ticket called twice is counted, or the end
    called: set[str] = field(default_factory=set)
    took_at_once: list[float] = field(default_factory=list)  # seconds of each call-next
    took_visiting: list[float] = field(default_factory=list)
    twice: int = 0

    def issue(self, count: int) -> float:
        """Give out so many numbers, from all desks; how many a second."""
        return self._run(self._issue(count))

    def at_once(self, times: int) -> float:
        """Have all press call-next at the same moment, so often; how many calls a second.

        The clock stops when the last has its answer; they serve before the next moment.
        """
        return self._run(self._at_once(times))

    def visits(self, each: int) -> float:
        """Have each call and serve so many, at its own pace; how many visits a second."""
        return self._run(self._visits(each))

    def _run(self, work: Any) -> float:
        async def connected() -> float:
            await asyncio.gather(*(desk.line.open() for desk in self.desks))
            try:
                figure: float = await work
                return figure
            finally:
                for desk in self.desks:
                    desk.line.close()

        return asyncio.run(connected())

    async def _issue(self, count: int) -> float:
        urgent = {"lane": "priority", "priority_reason": "elderly"}
        lanes = iter([{} if n % PRIORITY_EVERY else urgent for n in range(count)])

        async def issuing(desk: Desk) -> None:
            for lane in lanes:  # the next that nobody has taken
                await desk.issue(lane)

        start = time.perf_counter()
        await asyncio.gather(*map(issuing, self.desks))
        return count / (time.perf_counter() - start)

    async def _at_once(self, times: int) -> float:
        took = 0.0
        for _ in range(times):
            start = time.perf_counter()
            called = await asyncio.gather(*(self._called(d, self.took_at_once) for d in self.desks))
            took += time.perf_counter() - start
            await asyncio.gather(*(d.serve(t) for d, t in zip(self.desks, called, strict=True)))
        return times * len(self.desks) / took

    async def _visits(self, each: int) -> float:
        async def visited(desk: Desk) -> None:
            for _ in range(each):
                await desk.serve(await self._called(desk, self.took_visiting))

        start = time.perf_counter()
        await asyncio.gather(*map(visited, self.desks))
        return each * len(self.desks) / (time.perf_counter() - start)

    async def _called(self, desk: Desk, took: list[float]) -> str:
        """Call who is next; raise when nobody is, or one who was called before."""
        start = time.perf_counter()
        ticket_id = await desk.call_next()
        took.append(time.perf_counter() - start)
        if ticket_id in self.called and self.may_repeat:
            self.twice += 1
        elif ticket_id is None or ticket_id in self.called:
            raise RuntimeError(f"called {ticket_id}, though enough were waiting")
        self.called.add(ticket_id)
        return ticket_id
