"""What an operator sees: structured logs, and whether the process is fit to work."""

import json
import logging
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from prometheus_client import make_wsgi_app

Check = Callable[[], str | None]
"""Returns None when all is well, else one line saying what is wrong."""


def configure_logging(service: str, level: str) -> None:
    """Write one JSON line per entry to standard error, with the correlation id in force."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        lambda _logger, _name, entry: {"service": service, **entry},
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        # straight to the file: by way of `logging` an entry costs twice as much
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for chatty in ("amqp", "kombu", "pymongo", "nameko"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # nameko logs a refused call with its traceback; a refusal is an answer, not a fault
    logging.getLogger("nameko.containers").addFilter(
        lambda record: not str(record.msg).startswith("(expected)")
    )


class Health:
    """Readiness as the sum of named checks."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {"started": lambda: "still starting"}

    def add(self, name: str, check: Check) -> None:
        """Have `check` asked on every look at readiness."""
        self._checks[name] = check

    def add_all(self, checks: Mapping[str, Check]) -> None:
        """Have these checks asked as well."""
        self._checks.update(checks)

    def started(self) -> None:
        """Say that all parts of the process have been started."""
        self._checks.pop("started", None)

    def report(self) -> tuple[bool, dict[str, Any]]:
        """Return whether all is well, and what each check says."""
        said = {name: self._ask(check) for name, check in list(self._checks.items())}
        ready = not any(said.values())
        words = {name: text or "ok" for name, text in said.items()}
        return ready, {"status": "ready" if ready else "not ready", "checks": words}

    def _ask(self, check: Check) -> str | None:
        try:
            return check()
        except Exception as error:  # a check that cannot answer is an answer
            return f"{type(error).__name__}: {error}".splitlines()[0]


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Probes come every few seconds; they are not news."""


def ops_server(host: str, port: int, health: Health) -> WSGIServer:
    """Return the server of `/health/live`, `/health/ready` and `/metrics`; run `serve_forever`."""
    metrics: Callable[..., Iterable[bytes]] = make_wsgi_app()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                return metrics(environ, start_response)
            case "/health/live":
                return _json(start_response, "200 OK", {"status": "live"})
            case "/health/ready":
                ready, words = health.report()
                status = "200 OK" if ready else "503 Service Unavailable"
                return _json(start_response, status, words)
        return _json(start_response, "404 Not Found", {"status": "no such page"})

    return make_server(host, port, app, handler_class=_Quiet)


def _json(start_response: Any, status: str, words: dict[str, Any]) -> list[bytes]:
    body = json.dumps(words).encode() + b"\n"
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [body]
