"""Serve the recorded answers until Ctrl-C: `python -m tests.webapi [port]`."""

import signal
import sys

from tests.webapi import KEY, FakeWebApi

with FakeWebApi(port=int(sys.argv[1]) if len(sys.argv) > 1 else 8099) as fake:
    print(f"PST_WEBAPI_URL={fake.url} PST_WEBAPI_KEY={KEY}", flush=True)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
