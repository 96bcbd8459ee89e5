"""HTTP on the socket, where eventlet would answer in plain words instead of problems."""

from collections.abc import Callable
from contextlib import suppress
from socket import MSG_DONTWAIT, MSG_PEEK, SHUT_WR
from typing import Any

import eventlet
from nameko.web.server import HttpOnlyProtocol

from contracts.errors import Code, Rejected
from gateway import responses
from kernel.clock import new_id

LINGER_S = 2.0
LINGER_BYTES = 16 * 1024 * 1024


class Protocol(HttpOnlyProtocol):
    """One connection. The application may end it with `environ["pst.hang_up"]()`.

    `environ["pst.is_gone"]()` tells whether the client has closed its end.
    """

    wfile: Any
    _hangs_up = False

    def get_environ(self) -> dict[str, Any]:
        """Describe the request as WSGI does."""
        environ: dict[str, Any] = super().get_environ()
        return environ | {"pst.hang_up": self._hang_up, "pst.is_gone": self._is_gone}

    def handle_one_request(self) -> None:
        """Take one request; what eventlet refuses becomes a problem document, too."""
        plain, self.wfile = self.wfile, _Refusing(self.wfile, self._hang_up)
        try:
            super().handle_one_request()
        finally:
            self.wfile = plain

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a head that is not HTTP."""
        self._hang_up()
        self.wfile.write(f"HTTP/1.1 {code} {message or explain or ''}".encode())

    def finish(self) -> None:
        """End the connection."""
        if self._hangs_up:
            self._hear_out()
        super().finish()

    def _hear_out(self) -> None:
        """Let the client finish speaking: closed in its midst, it would never see our answer."""
        with suppress(OSError, ValueError), eventlet.Timeout(LINGER_S, False):  # gone already
            self.wfile.flush()
            self.connection.shutdown(SHUT_WR)
            left = LINGER_BYTES
            while left > 0 and (said := self.connection.recv(65536)):
                left -= len(said)
                eventlet.sleep()  # others have their turn

    def _hang_up(self) -> None:
        self.close_connection = self._hangs_up = True

    def _is_gone(self) -> bool:
        try:  # past eventlet, whose `recv` would wait for the client to speak
            return not self.connection.fd.recv(1, MSG_PEEK | MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True


class _Refusing:
    """eventlet refuses a head with one `write` of ready bytes; answers go by `writelines`."""

    def __init__(self, wfile: Any, hang_up: Callable[[], None]) -> None:
        self._wfile = wfile
        self._hang_up = hang_up

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wfile, name)

    def write(self, refusal: bytes) -> int:
        self._hang_up()
        reason = refusal.partition(b"\r\n")[0].split(b" ", 2)[-1].decode("latin-1")
        written: int = self._wfile.write(_problem(reason))
        return written


def _problem(reason: str) -> bytes:
    correlation_id = new_id()
    problem = Rejected(Code.MALFORMED_REQUEST, f"{reason}." if reason else "")
    response = responses.finish(responses.from_problem(problem, correlation_id), correlation_id)
    response.headers["Connection"] = "close"
    head = "".join(f"{name}: {value}\r\n" for name, value in response.headers)
    return f"HTTP/1.1 {response.status}\r\n{head}\r\n".encode("latin-1") + response.get_data()
