"""supervisord's configuration file, made from the parts."""

import configparser
import io
import shlex
from collections.abc import Sequence

from deploy import keys
from deploy.control import SOCKET
from deploy.parts import Part
from deploy.paths import REPOSITORY

LOGS = "log"

ENDS_WITH_ITS_PARENT = ("setpriv", "--pdeathsig", "TERM")
"""Before a command: the kernel ends it when its parent is killed, so that nothing stays behind."""


def text(parts: Sequence[Part]) -> str:
    """Return the configuration; supervisord runs in a directory beside that of the logs."""
    config = configparser.RawConfigParser()
    config["supervisord"] = {"logfile": "log", "pidfile": "pid", "childlogdir": "."}
    # by way of the current directory: socket paths are limited to about 100 characters
    config["unix_http_server"] = {"file": f"/proc/self/cwd/{SOCKET}"}
    config["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    for part in parts:
        config[f"program:{part.name}"] = _program(part)
    for order, stage in enumerate(dict.fromkeys(part.stage for part in parts)):
        names = ",".join(part.name for part in parts if part.stage == stage)
        config[f"group:{stage}"] = {"programs": names, "priority": str(order)}
    file = io.StringIO()
    config.write(file)
    return file.getvalue()


def _program(part: Part) -> dict[str, str]:
    settings = [f"{name}={value}" for name, value in part.environment.items()]
    if not part.signs:
        settings = ["-u", keys.PRIVATE, *settings]
    command = [*ENDS_WITH_ITS_PARENT, "env", *settings, *part.command]
    return {
        "command": _literal(shlex.join(command)),
        "directory": _literal(str(REPOSITORY)),
        "stdout_logfile": f"../{LOGS}/{part.name}.log",
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "1",
        "redirect_stderr": "true",
        "autostart": "false",  # the starter starts them, in order
        "autorestart": "true",
        "startsecs": "0",  # what died is started again at once; `deploy.watch` counts
        "startretries": "0",
        "stopwaitsecs": str(part.stop_s),
        "stopasgroup": "true",
        "killasgroup": "true",
    }


def _literal(value: str) -> str:
    return value.replace("%", "%%")
