"""Settings: `PST_*` environment variables, read once and checked at start."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

WEB = {"scheme": ("https", "http")}


class SettingsError(ValueError):
    """A setting is missing or wrong; the text is one line that names it and says what to do."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a process is told from outside; the name `x_y` is read from `PST_X_Y`.

    An empty value means "not given". Secrets are left out of `repr`.
    """

    amqp_url: str = field(default="", repr=False, metadata={"scheme": ("amqp", "amqps")})
    mongo_url: str = field(default="", repr=False, metadata={"scheme": ("mongodb", "mongodb+srv")})
    smtp_url: str = field(default="", repr=False, metadata={"scheme": ("smtp", "smtps")})
    zoom_account_id: str = ""
    zoom_client_id: str = ""
    zoom_client_secret: str = field(default="", repr=False)
    zoom_url: str = field(default="https://api.zoom.us/v2", metadata=WEB)
    zoom_auth_url: str = field(default="https://zoom.us", metadata=WEB)
    db_prefix: str = "pst"
    master_key: bytes = field(default=b"", repr=False)
    master_key_before: bytes = field(default=b"", repr=False)
    rpc_key: bytes = field(default=b"", repr=False)
    token_private_key: bytes = field(default=b"", repr=False)
    token_public_key: bytes = b""
    host: str = "127.0.0.1"
    port: int = 8080
    ops_port: int = 0
    erasure_ledger: str = ""  # a path; none is set by itself
    files_url: str = ""  # file:///a/directory, or mongodb for GridFS beside the logs
    offices: Path = Path("deploy/offices")
    time_travel: bool = False
    rpc_timeout: float = 5.0
    proxies: int = field(default=0, metadata={"within": (0, 10)})  # before the gateway
    rate_limit: str = "200/second"
    upload_rate: str = "30/minute"
    code_rate: str = "30/hour"
    streams_per_address: int = 100
    webapi_url: str = field(default="https://webapi.bps.go.id", repr=False, metadata=WEB)
    webapi_key: str = field(default="", repr=False)
    webapi_cache_hours: int = field(default=12, metadata={"within": (6, 24)})
    webapi_pause: int = field(default=30, metadata={"within": (1, 3_600)})
    log_level: str = "INFO"
    run_dir: Path = Path(".run")

    def require(self, *names: str) -> None:
        """Raise `SettingsError` for the first of `names` that was not given."""
        for name in names:
            if not getattr(self, name):
                raise SettingsError(f"PST_{name.upper()} is not set (by `make run`, or by you).")


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings; raise `SettingsError` on the first that cannot be read."""
    given: dict[str, Any] = {}
    for setting in fields(Settings):
        name = f"PST_{setting.name.upper()}"
        if text := environ.get(name, "").strip():
            value = _read(name, text, setting.type, setting.metadata.get("scheme"))
            low, high = setting.metadata.get("within", (value, value))
            if not low <= value <= high:
                raise SettingsError(f"{name} is wrong: expected {low} to {high}.")
            given[setting.name] = value
    return Settings(**given)


def read_env_file(path: Path) -> dict[str, str]:
    """Return the `NAME=value` lines of the file that `make run` leaves behind; {} without it."""
    text = path.read_text() if path.exists() else ""
    lines = [line.strip() for line in text.splitlines()]
    pairs = [line.partition("=") for line in lines if "=" in line and line[0] != "#"]
    return {name: value for name, _, value in pairs}


def _read(name: str, text: str, kind: object, schemes: tuple[str, ...] | None) -> Any:
    try:
        if kind is bool:
            return {"1": True, "0": False, "true": True, "false": False}[text.lower()]
        if kind is bytes:
            return _key(text)
        if kind in (int, float, Path):
            return kind(text)
        if schemes:
            return _url(text, schemes)
    except (ValueError, KeyError) as error:
        raise SettingsError(f"{name} is wrong: expected {_expected(kind, schemes)}.") from error
    return text


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != 32:
        raise ValueError("not 32 bytes")
    return key


def _url(text: str, schemes: tuple[str, ...]) -> str:
    parts = urlsplit(text)
    hosts = [urlsplit(f"//{host}") for host in parts.netloc.rpartition("@")[2].split(",")]
    if parts.scheme not in schemes or not all(h.hostname and h.port != 0 for h in hosts):
        raise ValueError("not such a URL")
    return text


def _expected(kind: Any, schemes: tuple[str, ...] | None) -> str:
    if schemes:
        return f"a URL like {schemes[0]}://host:port"
    words = {bool: "0 or 1", bytes: "32 bytes in base64", int: "a whole number", float: "a number"}
    return words.get(kind, "a path")
