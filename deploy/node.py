"""The private RabbitMQ node of a run directory: own data, ports, cookie and name server."""

import base64
import os
from collections.abc import Mapping
from pathlib import Path

NODE = "pst@localhost"
"""The same for every run directory, so that the data stays readable when one is moved; nodes
never meet, for each has its own name server."""

USER = "pst"

CONFIG = """\
listeners.tcp.1 = 127.0.0.1:{port}
default_user = {user}
default_pass = {password}
raft.wal_max_size_bytes = 33554432
"""


def prepare(home: Path, port: int) -> str:
    """Lay out the node's directory; return the URL at which it will be reached."""
    home.mkdir(mode=0o700, exist_ok=True)
    password = _password(home / "password")
    _write(home / "rabbitmq.conf", CONFIG.format(port=port, user=USER, password=password))
    _write(home / "enabled_plugins", "[].\n")  # none: the node starts sooner and opens no port
    return f"amqp://{USER}:{password}@127.0.0.1:{port}/%2F"


def environment(home: Path, ports: Mapping[str, int]) -> dict[str, str]:
    """Return what makes the distribution's server leave /etc, /var and other nodes alone."""
    return {
        "HOME": str(home),  # where Erlang keeps its cookie
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(ports["epmd"]),
        "ERL_CRASH_DUMP_SECONDS": "0",
        "RABBITMQ_NODENAME": NODE,
        "RABBITMQ_DIST_PORT": str(ports["broker nodes"]),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_LOGS": "-",  # to standard output
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_CONFIG_FILES": str(home / "none"),
        "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "none"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        # makes the start script become the server instead of keeping it as a child
        "RUNNING_UNDER_SYSTEMD": "true",
    }


def _password(path: Path) -> str:
    if not path.exists():
        _write(path, base64.urlsafe_b64encode(os.urandom(18)).decode())
    return path.read_text()


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
