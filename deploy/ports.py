"""Ports of the parts: chosen free once, kept in the run directory, chosen anew when taken."""

import errno
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from deploy.problem import Problem

FILE = "ports.json"
LOWEST, HIGHEST = 20_000, 32_000
"""Below the range from which the system numbers outgoing connections: one of those must not
take the port of a part that is just being restarted."""


def settle(run_dir: Path, names: tuple[str, ...], gateway: int) -> dict[str, int]:
    """Return a free port of 127.0.0.1 for each name, the same as last time where possible.

    `gateway` is the one port that somebody chose; it is left to the gateway.
    """
    known = {name: port for name, port in load(run_dir).items() if port != gateway}
    fresh = _free_ones(taken={gateway, *known.values()})
    kept = {name: known[name] for name in names if name in known and is_free(known[name])}
    ports = {name: kept.get(name) or next(fresh) for name in names}
    (run_dir / FILE).write_text(json.dumps(ports, indent=1) + "\n")
    return ports


def load(run_dir: Path) -> dict[str, int]:
    """Return the ports last used in `run_dir`, {} before the first start."""
    try:
        return {str(name): int(port) for name, port in _read(run_dir / FILE).items()}
    except (OSError, ValueError, AttributeError):
        return {}  # missing or spoilt: they are only preferences


def _read(path: Path) -> dict[str, int]:
    return json.loads(path.read_text())


def free() -> int:
    """Return one free port of 127.0.0.1."""
    return next(_free_ones(taken=set()))


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether something could listen on `port` now."""
    return refusal(port, host) is None


def refusal(port: int, host: str) -> OSError | None:
    """Return why nothing could listen on `port` of `host` now, None if it could."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what just ended is no bar
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def check_gateway(host: str, port: int) -> None:
    """Raise `Problem` unless the gateway can listen where it is told to."""
    if not 1 <= port <= 65535:
        raise Problem(f"PST_PORT is wrong: {port} is no port; set it to 1-65535.")
    error = refusal(port, host)
    if error is None:
        return
    if error.errno == errno.EADDRINUSE:
        raise Problem(f"Port {port} is taken: stop what uses it, or set PST_PORT to another port.")
    if error.errno == errno.EACCES:
        raise Problem(f"Port {port} needs root's rights: set PST_PORT to 1024 or higher.")
    raise Problem(f"PST_HOST is wrong: cannot listen on {host} ({error.strerror}).")


def _free_ones(taken: set[int]) -> Iterator[int]:
    span = HIGHEST - LOWEST
    start = int.from_bytes(os.urandom(4)) % span  # so that two starts rarely try the same one
    for step in range(span):
        port = LOWEST + (start + step) % span
        if port not in taken and is_free(port):
            yield port
    raise Problem(f"No free port between {LOWEST} and {HIGHEST} on 127.0.0.1.")
