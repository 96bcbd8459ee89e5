"""nameko's web server, made fit for an API: it survives bad clients and drains on stop."""

import sys
from socket import IPPROTO_TCP, TCP_USER_TIMEOUT
from typing import Any

import eventlet
import nameko
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from eventlet import wsgi
from nameko.web.server import BindAddress, WebServer
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Map

from gateway import auth
from gateway.application import Application
from gateway.protocol import Protocol
from gateway.rate_limit import RateLimit
from gateway.streams import Streams
from kernel.config import Settings, SettingsError

log = structlog.get_logger()

SILENT_CLIENT_S = 30
"""How long a client may say nothing in the middle of a request, or between two."""

DRAIN_S = 10

BACKLOG = 512


class _Log:
    """What goes wrong while an answer is written; a client that leaves is no fault of ours."""

    def __getattr__(self, name: str) -> Any:
        return getattr(log, name)

    def info(self, text: str, *args: object) -> None:
        """Take eventlet's word, a stack trace."""
        error = sys.exception()
        if isinstance(error, OSError):
            log.info("connection lost", error=str(error))
        else:
            log.info(text, *args)


class ApiServer(WebServer):
    """Serves the routes of one gateway."""

    _is_accepting: bool
    _starting: bool

    def setup(self) -> None:
        """Read the settings; raises `SettingsError` for a rate that is none."""
        settings: Settings = nameko.config["settings"]
        self._address = BindAddress(settings.host, settings.port)
        self._rate_limit = RateLimit(settings.rate_limit)
        self._proxies = settings.proxies
        self._key = Ed25519PublicKey.from_public_bytes(settings.token_public_key)
        self.streams = Streams(settings.streams_per_address)

    @property
    def bind_addr(self) -> BindAddress:
        """Where to listen."""
        return self._address

    def start(self) -> None:
        """Listen; raises `SettingsError` for an address that another process has.

        eventlet would share the port with it (SO_REUSEPORT), and calls would go astray.
        """
        if self._starting:
            return
        self._starting = True
        try:
            self._sock = eventlet.listen(self._address, backlog=BACKLOG, reuse_port=False)
        except OSError as error:
            where = "{}:{}".format(*self._address)
            raise SettingsError(f"PST_PORT: cannot listen on {where}: {error.strerror}.") from error
        self._sock.settimeout(None)
        self._serv = self.get_wsgi_server(self._sock, self.get_wsgi_app())
        self._gt = self.container.spawn_managed_thread(self.run)

    def get_wsgi_app(self) -> ProxyFix:
        """Return what answers the requests.

        With proxies before us a request comes from where the outermost of them says: what a client
        has put into that header itself stands before it, and counts for nothing.
        """
        routes = Map((route.get_url_rule() for route in self._providers), merge_slashes=False)
        application = Application(routes, auth.Tokens(self._key).identify, self._rate_limit)
        return ProxyFix(application, x_for=self._proxies, x_proto=0)

    def get_wsgi_server(self, sock: Any, wsgi_app: ProxyFix) -> wsgi.Server:
        """Return what speaks HTTP."""
        server = wsgi.Server(
            sock,
            sock.getsockname(),
            wsgi_app,
            protocol=Protocol,
            log_output=False,  # the application logs its answers, with the correlation id
            debug=False,
            keepalive=SILENT_CLIENT_S,
            socket_timeout=SILENT_CLIENT_S,
        )
        server.log = _Log()
        return server

    def run(self) -> None:
        """Accept connections; being out of file handles for a moment is not the end."""
        while self._is_accepting:
            try:
                super().run()
            except OSError as error:
                log.error("cannot accept", error=str(error))
                eventlet.sleep(0.1)

    def process_request(self, sock: Any, address: object) -> None:
        """Serve one connection: nothing that goes wrong on it may end the process."""
        try:
            sock.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, SILENT_CLIENT_S * 1000)
            super().process_request(sock, address)
        except OSError as error:
            log.info("connection lost", error=str(error))
        except Exception:
            log.exception("connection dropped")
            sock.close()

    def unregister_provider(self, provider: object) -> None:
        """Take no more connections as soon as the first route is stopped.

        Requests that have come, be it in part, are answered before the routes are gone: after
        them nameko stops what hears the services' replies. Streams, which would never be done,
        end.
        """
        if self._is_accepting:
            self._is_accepting = False
            self._gt.kill()
            self._sock.close()
            self._serv.keepalive = False
            self.streams.end()
        with eventlet.Timeout(DRAIN_S, False):
            while self._serv.outstanding_requests:
                eventlet.sleep(0.01)
        super().unregister_provider(provider)

    def stop(self) -> None:
        """Nothing is under way any more."""
        self.wait_for_providers()
