"""The stand-in's HTTP side: one thread a connection, one mode at a time."""

import gzip
import json
import threading
import time
from contextlib import suppress
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

RECORDED = Path(__file__).parent / "recorded"

KEY = "kunci0rahasia0webapi"

KNOWN_CLIENTS = ("python-requests/", "Mozilla/", "curl/")

FIREWALL = (
    b"<html><head><title>Request Rejected</title></head><body>The requested URL was rejected."
)

NOTHING = {"status": "OK", "data-availability": "list-not-available", "data": ""}

HUGE = 10 * 1024 * 1024

MANY = [b'{"title":"<p>a</p>","abstract":"&lt;p&gt;b"}'] * 22_000
"""Rows of one answer that is just not too large."""


class Mode(StrEnum):
    """How it behaves."""

    WELL = "well"
    DOWN = "down"
    SILENT = "silent"
    DRIPS = "drips"
    HTML = "html"
    BROKEN_JSON = "broken_json"
    WRONG_TYPES = "wrong_types"
    HUGE = "huge"
    BOMB = "bomb"
    DEEP = "deep"
    MANY = "many"
    EMPTY = "empty"
    FIREWALL = "firewall"
    TOO_MANY = "too_many"
    REDIRECTS = "redirects"


class FakeWebApi:
    """`with FakeWebApi() as api:` serves at `api.url`; `api.behave(Mode.SILENT)` changes it."""

    def __init__(self, port: int = 0) -> None:
        self.mode = Mode.WELL
        self.asked: list[dict[str, str]] = []
        self._port = port
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> "FakeWebApi":
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self.mode = Mode.DOWN  # who drips or waits ends
        self._close()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._port}"

    def behave(self, mode: Mode) -> None:
        """Behave so from now on; open connections end."""
        self._close()
        self.mode = mode
        if mode is not Mode.DOWN:
            self._open()

    def _open(self) -> None:
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def _close(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Handler(BaseHTTPRequestHandler):
    api: FakeWebApi

    def do_GET(self) -> None:
        words = self.path.strip("/").split("/")[3:]  # v1, api, list
        asked = {name: unquote(text) for name, text in zip(words[::2], words[1::2], strict=False)}
        self.api.asked.append(asked)
        client = self.headers.get("User-Agent", "")
        if not client.startswith(KNOWN_CLIENTS):
            return self._say(403, FIREWALL, "text/html")
        return self._behave(self.api.mode, asked)

    def _behave(self, mode: Mode, asked: dict[str, str]) -> None:
        match mode:
            case Mode.SILENT:
                self._wait(mode, 30)
            case Mode.DRIPS:
                self._drip(mode)
            case Mode.HTML:
                self._say(200, b"<!DOCTYPE html><h1>Sedang dalam pemeliharaan</h1>", "text/html")
            case Mode.BROKEN_JSON:
                self._say(200, b'{"status": "OK", "data": [{"page": 1')
            case Mode.WRONG_TYPES:
                self._say_json({"status": "OK", "data": {"page": "rows"}})
            case Mode.HUGE:
                self._say(200, b'{"status": "OK", "data": "' + b"x" * HUGE + b'"}')
            case Mode.BOMB:
                body = gzip.compress(b'{"data": "' + b" " * 10 * HUGE + b'"}')
                self._say(200, body, Content_Encoding="gzip")
            case Mode.DEEP:
                self._say(200, b'{"data": ' + b"[" * 100_000)
            case Mode.MANY:
                self._say(200, b'{"status":"OK","data":[{},[' + b",".join(MANY) + b"]]}")
            case Mode.EMPTY:
                self._say_json(NOTHING)
            case Mode.FIREWALL:
                self._say(403, FIREWALL, "text/html")
            case Mode.TOO_MANY:
                self._say(429, b"", "text/plain")
            case Mode.REDIRECTS:
                self._say(302, b"", "text/html", Location="http://127.0.0.1:9/elsewhere")
            case _:
                self._say_json(_answer(asked))

    def _wait(self, mode: Mode, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self.api.mode is mode and time.monotonic() < end:
            time.sleep(0.05)  # the fault itself

    def _drip(self, mode: Mode) -> None:
        """A byte now and then: no single wait is long."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(300):
            self.wfile.write(b" ")
            self.wfile.flush()
            self._wait(mode, 0.1)
            if self.api.mode is not mode:
                return

    def _say_json(self, document: Any) -> None:
        self._say(200, json.dumps(document).encode())

    def _say(self, status: int, body: bytes, kind: str = "application/json", **more: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Tests have a log of their own."""

    def handle(self) -> None:
        with suppress(ConnectionError):  # whoever asked has gone, which is what is tested
            super().handle()


def _answer(asked: dict[str, str]) -> dict[str, Any]:
    if asked.get("key") != KEY:
        return {"status": "Error", "data-availability": "not-available", "message": "Invalid key"}
    path = RECORDED / f"{asked['model']}.{asked['domain']}.json"
    if not path.exists():
        return NOTHING
    answer: dict[str, Any] = json.loads(path.read_text())
    words = asked["keyword"].casefold()
    rows = [row for row in answer["data"][1] if words in json.dumps(row).casefold()]
    if not rows:
        return NOTHING
    paging = {**answer["data"][0], "pages": 1, "count": len(rows), "total": len(rows)}
    return {**answer, "data": [paging, rows]}
