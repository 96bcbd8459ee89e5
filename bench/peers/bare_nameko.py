"""The peer of the message row: nameko as its documentation shows it, and one insert.

`python -m bench.peers.bare_nameko gateway|messages`, told by PST_AMQP_URL, PST_MONGO_URL,
PST_PORT. It checks nothing: no token, no schema, no idempotence, no order, no events.
"""

import warnings

warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()

import json  # noqa: E402 - patched first
import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

import nameko  # noqa: E402
import pymongo  # noqa: E402
from nameko.extensions import DependencyProvider  # noqa: E402
from nameko.rpc import ServiceRpc, rpc  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402
from nameko.web.handlers import http  # noqa: E402

from kernel.clock import new_id  # noqa: E402


class Mongo(DependencyProvider):
    """A collection; the URL says journaled, majority."""

    def setup(self) -> None:
        self.client: Any = pymongo.MongoClient(os.environ["PST_MONGO_URL"])

    def get_dependency(self, _worker_ctx: Any) -> Any:
        return self.client["bare_nameko"]["messages"]


class Messages:
    """Stores what it is given."""

    name = "messages"
    collection = Mongo()

    @rpc
    def post(self, message: dict[str, Any]) -> dict[str, Any]:
        """Insert one document."""
        self.collection.insert_one({"_id": message["message_id"], **message})
        return message


class Gateway:
    """Hands a body on."""

    name = "gateway"
    messages = ServiceRpc("messages")

    @http("POST", "/v1/consultations/<string:consultation_id>/messages")
    def post(self, request: Any, consultation_id: str) -> tuple[int, str]:
        """Post one message."""
        said = {"message_id": new_id(), "consultation_id": consultation_id, **request.json}
        return 201, json.dumps(self.messages.post(said))


def main(name: str) -> None:
    """Serve until told to stop; SIGTERM or Ctrl-C."""
    address = f"127.0.0.1:{os.environ['PST_PORT']}"
    nameko.config.setup(
        {
            "AMQP_URI": os.environ["PST_AMQP_URL"],
            "WEB_SERVER_ADDRESS": address,
            "max_workers": 50,  # as ours
        }
    )
    runner = ServiceRunner()
    runner.add_service({"gateway": Gateway, "messages": Messages}[name])
    runner.start()
    ended = eventlet.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.send() if not ended.ready() else None)
    while not ended.ready():
        eventlet.sleep(0.2)  # a signal alone does not wake the event loop
    runner.stop()


if __name__ == "__main__":
    main(sys.argv[1])
