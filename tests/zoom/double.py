"""Zoom as its documents describe it: a real HTTP server that replays their answers.

It can be slow, answer by errors, lose an answer after the work is done, be away and come back at
the same port. `answers/` holds the examples of Zoom's API reference.
"""

import base64
import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ANSWERS = Path(__file__).parent / "answers"
ACCOUNT, CLIENT, SECRET = "account-1", "client-1", "zoom-secret-1"
LOST = -1
"""In place of a status: the work is done, and the connection ends without an answer."""


def example(name: str) -> Any:
    """Return one of the documented answers."""
    return json.loads((ANSWERS / f"{name}.json").read_text())


ERRORS = example("errors")


@dataclass
class ZoomDouble:
    """`meetings` is what it has; `asked` what it was asked; `faults` what it answers next.

    `slow_s`: before it does the work; `lag_s`: after it, before the answer.
    """

    port: int = 0
    meetings: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    faults: deque[int] = field(default_factory=deque)
    headers: dict[str, str] = field(default_factory=dict)
    slow_s: float = 0.0
    lag_s: float = 0.0
    page: int = 300
    turns_in_circles: bool = False
    tokens: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """The settings by which a system finds it."""
        return {
            "PST_ZOOM_ACCOUNT_ID": ACCOUNT,
            "PST_ZOOM_CLIENT_ID": CLIENT,
            "PST_ZOOM_CLIENT_SECRET": SECRET,
            "PST_ZOOM_URL": f"{self.url}/v2",
            "PST_ZOOM_AUTH_URL": self.url,
        }

    def start(self) -> None:
        """Be there, at the same port as before."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Be away."""
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Be away for a while."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def calls(self, method: str) -> list[Any]:
        """Return the bodies of what was asked of the API by this method."""
        return [b for m, path, b in self.asked if m == method and not path.startswith("/oauth")]

    def handle(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        """Answer as documented."""
        if path == "/v2/users/me/meetings":
            return self._listed(query) if method == "GET" else self._created(body)
        number = int(path.removeprefix("/v2/meetings/"))
        if number not in self.meetings:
            return 404, ERRORS["404"]
        if method == "DELETE":
            del self.meetings[number]
        else:
            self.meetings[number] |= body
        return 204, None

    def _created(self, body: Any) -> tuple[int, Any]:
        number = 92674392836 + len(self.asked)
        own = {"id": number, "join_url": f"https://example.com/j/{number}?pwd=link-secret"}
        self.meetings[number] = {**example("meeting"), **body, **own}
        return 201, self.meetings[number]

    def _listed(self, query: dict[str, str]) -> tuple[int, Any]:
        start = int(query.get("next_page_token") or 0)
        rows = list(self.meetings.values())
        part = [{n: row[n] for n in example("listed") if n in row} for row in rows]
        after = start + self.page
        token = str(after) if after < len(rows) else ""
        if self.turns_in_circles:
            token = token or str(self.page)
        words = {"page_size": self.page, "total_records": len(rows), "next_page_token": token}
        return 200, {**words, "meetings": part[start:after]}


def _handler(double: ZoomDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            time.sleep(double.slow_s)
            if parts.path == "/oauth/token":
                double.asked.append((self.command, parts.path, None))
                return self._answer(*self._token(raw))
            body = json.loads(raw) if raw else None
            double.asked.append((self.command, parts.path, body))
            fault = double.faults.popleft() if double.faults else 0
            if fault > 0:
                return self._answer(fault, ERRORS.get(str(fault)), double.headers)
            if self.headers["Authorization"] not in double.tokens:
                return self._answer(401, ERRORS["401"])
            query = {n: v[0] for n, v in parse_qs(parts.query).items()}
            answer = double.handle(self.command, parts.path, query, body)
            time.sleep(double.lag_s)
            if fault == LOST:
                return self.connection.close()
            return self._answer(*answer)

        def _token(self, raw: bytes) -> tuple[int, Any]:
            basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            asked = parse_qs(raw.decode())
            right = {"grant_type": ["account_credentials"], "account_id": [ACCOUNT]}
            if self.headers["Authorization"] != f"Basic {basic}" or asked != right:
                return 400, ERRORS["oauth"]
            token = {**example("token"), "access_token": f"token-{len(double.asked)}"}
            double.tokens.add(f"Bearer {token['access_token']}")
            return 200, token

        def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
            raw = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json;charset=UTF-8")
            self.send_header("Content-Length", str(len(raw)))
            with suppress(BrokenPipeError):  # who asked has hung up
                self.end_headers()
                self.wfile.write(raw)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def zoom() -> Iterator[ZoomDouble]:
    """Have Zoom for a while."""
    double = ZoomDouble()
    double.start()
    try:
        yield double
    finally:
        double.stop()
