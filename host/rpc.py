"""RPC over nameko, mended where it would lose or stop.

nameko's reply publisher kills the service when the broker is away; its reply listener likewise
when the reply queue has expired; its calls have no timeout; after an outage it waits for up to
half a minute before it connects again.

nameko ships no types: what is derived from it is so from `Any` (`type: ignore[misc]`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import inf
from types import SimpleNamespace
from typing import Any

import eventlet
import structlog
from marshmallow import ValidationError
from nameko import config
from nameko import rpc as nameko_rpc
from nameko.amqp.consume import Consumer
from nameko.exceptions import RemoteError, deserialize_to_instance

from contracts.errors import Code, Rejected, StreamUnavailable, Unavailable
from kernel.clock import monotonic
from kernel.database import AWAY
from kernel.metrics import COMMAND_SECONDS, COMMANDS

log = structlog.get_logger()

for _error in (
    Rejected,
    Unavailable,
    StreamUnavailable,
):  # arrive at the caller as what they were raised as
    deserialize_to_instance(_error)


BEAT_S = 1.0


class _Consumer(Consumer):  # type: ignore[misc]
    """Comes back within a second of the broker, and knows whether it consumes."""

    consuming = False
    _live: Any = None
    _beat_at = 0.0

    def on_iteration(self) -> None:
        """Be heard by the broker also while messages leave no pause.

        The library says that it lives only when nothing has come for a second, and of what is not
        acknowledged the broker hears nothing else: after three minutes it would hang up.
        """
        if monotonic() >= self._beat_at:
            self._beat_at = monotonic() + BEAT_S
            self._live.heartbeat_check()

    def establish_connection(self) -> Any:
        connection = self.connection.clone()
        connection.ensure_connection(
            self.on_connection_error, interval_start=0.2, interval_step=0.2, interval_max=1
        )
        return connection

    @contextmanager
    def extra_context(self, connection: Any, _channel: Any) -> Iterator[None]:
        self.consuming, self._live = True, connection
        try:
            yield
        finally:
            self.consuming = False

    def check(self) -> str | None:
        """Say what keeps the process from being ready."""
        return None if self.consuming else "not connected"


class _Publisher(nameko_rpc.Publisher):  # type: ignore[misc]
    """Replies wait for no disk and no confirm: whoever misses one asks again."""

    delivery_mode = "transient"
    use_confirms = False
    transport_options = nameko_rpc.Publisher.transport_options.copy()  # nameko writes into it


class _Responder(nameko_rpc.Responder):  # type: ignore[misc]
    publisher_cls = _Publisher


class _RpcConsumer(nameko_rpc.RpcConsumer):  # type: ignore[misc]
    """Survives a broker that is away when the reply is ready: the request comes again."""

    consumer_cls = _Consumer

    def setup(self) -> None:
        super().setup()
        config["health"].add("requests", self.consumer.check)

    def handle_result(self, message: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        responder = _Responder(self.amqp_uri, nameko_rpc.get_rpc_exchange(), message)
        try:
            result, exc_info = responder.send_response(result, exc_info)
            self.consumer.ack_message(message)
        except Exception as error:  # the request, unacknowledged, is delivered again or expires
            log.warning("reply_not_sent", error=f"{type(error).__name__}: {error}")
        return result, exc_info


class Rpc(nameko_rpc.Rpc):  # type: ignore[misc]
    """`@rpc`: takes one request object; refusals and outages reach the caller as such."""

    rpc_consumer = _RpcConsumer()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(expected_exceptions=(Rejected, Unavailable, ValidationError), **kwargs)

    def handle_message(self, body: Any, message: Any) -> None:
        message.started_at = monotonic()
        super().handle_message(body, message)

    def handle_result(
        self, message: Any, worker_ctx: Any, result: Any, exc_info: Any
    ) -> tuple[Any, Any]:
        if exc_info is not None:
            error = _as_ours(exc_info[1])
            exc_info = (type(error), error, exc_info[2])
        code = "ok" if exc_info is None else getattr(exc_info[1], "code", "error")
        labels = (worker_ctx.service_name, self.method_name)
        seconds = monotonic() - message.started_at
        COMMANDS.labels(*labels, code).inc()
        COMMAND_SECONDS.labels(*labels).observe(seconds)
        log.info("handled", method=self.method_name, result=str(code), ms=round(seconds * 1000, 1))
        answered: tuple[Any, Any] = super().handle_result(message, worker_ctx, result, exc_info)
        return answered


def _as_ours(error: Exception) -> Exception:
    if isinstance(error, ValidationError):
        errors = error.normalized_messages()  # type: ignore[no-untyped-call]  # marshmallow's
        return Rejected(Code.VALIDATION_FAILED, "Some fields are wrong.", errors)
    if isinstance(error, AWAY):
        return Unavailable(f"database: {type(error).__name__}")
    return error


class _ReplyListener(nameko_rpc.ReplyListener):  # type: ignore[misc]
    """Survives the expiry of its queue in a long outage: those who wait have timed out."""

    class ReplyConsumer(_Consumer, nameko_rpc.ReplyListener.ReplyConsumer):  # type: ignore[misc]
        """nameko's, with our way of connecting; who waits for a reply goes with this process."""

        def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
            consumers = super().get_consumers(consumer_cls, channel)
            for consumer in consumers:
                consumer.no_ack = True
            return consumers

        def ack_message(self, message: Any) -> None:
            """Say nothing: the broker has let go of it already."""

        def requeue_message(self, message: Any) -> None:
            """Likewise, of one that comes when we stop."""

    consumer_cls = ReplyConsumer

    def setup(self) -> None:
        super().setup()
        config["health"].add("replies", self.consumer.check)

    def check_for_lost_replies(self) -> None:
        self.pending.clear()


class ServiceRpc(nameko_rpc.ServiceRpc):  # type: ignore[misc]
    """Calls another service; raises `Rejected` or `Unavailable`, and nothing else.

    A call ends after `PST_RPC_TIMEOUT` seconds, or `patience_s` if that is less, and the broker
    forgets the request then: what was answered "unavailable" and had not begun is not done later.
    Not guaranteed where the broker, or the process that had taken the request, stood still and
    woke up; a repeat with the same Idempotency-Key is then still one effect.
    """

    reply_listener = _ReplyListener()

    def __init__(self, service: str, patience_s: float = inf) -> None:
        super().__init__(service)
        self._patience_s = patience_s

    def setup(self) -> None:
        self._timeout = min(self._patience_s, config["settings"].rpc_timeout)
        self.publisher_options |= {
            "expiration": self._timeout,
            "delivery_mode": "transient",
            "retry_policy": {"max_retries": 1, "interval_start": 0},
        }
        self.amqp_uri = config["settings"].amqp_url
        super().setup()
        self.publisher.declare = []  # the listener declares its queue; not again with each call

    def get_dependency(self, worker_ctx: Any) -> "_Caller":
        return self._caller(worker_ctx)

    def caller(self) -> "_Caller":
        """Return what calls on no worker's behalf, from a thread of one's own."""
        return self._caller(SimpleNamespace(context_data={}))

    def _caller(self, worker_ctx: Any) -> "_Caller":
        return _Caller(super().get_dependency(worker_ctx), self.reply_listener, self._timeout)


class _Caller:
    """`caller.method(request)` with a timeout."""

    def __init__(self, client: Any, replies: _ReplyListener, timeout: float) -> None:
        self._client = client
        self._replies = replies
        self._timeout = timeout

    def __getattr__(self, method: str) -> Callable[[dict[str, Any]], Any]:
        return partial(self._call, method)

    def _call(self, method: str, request: dict[str, Any]) -> Any:
        # A thread of its own: where the broker has frozen, the library waits in its clean-up
        # too, and a timeout raised inside would wait with it.
        exchange = eventlet.spawn(self._exchange, method, request)
        try:
            with eventlet.Timeout(self._timeout):
                result, failure = exchange.wait()
            if failure:
                raise failure
            return result
        except (Rejected, Unavailable):
            raise
        except eventlet.Timeout as error:
            exchange.kill()
            log.warning("rpc_timed_out", method=method)
            raise Unavailable("The service did not answer in time.") from error
        except RemoteError as error:
            log.error("rpc_failed", method=method, error=str(error))
            raise Unavailable("The service failed; its log says why.") from error
        except Exception as error:  # the transport's kinds are many
            log.warning("rpc_not_sent", method=method, error=f"{type(error).__name__}: {error}")
            raise Unavailable("The service cannot be reached.") from error

    def _exchange(self, method: str, request: dict[str, Any]) -> tuple[Any, Exception | None]:
        """Return result or failure: what is raised in a thread, eventlet prints to the log."""
        try:
            call = getattr(self._client, method).call_async(request)
            try:
                return call.result(), None
            finally:
                self._replies.pending.pop(call.correlation_id, None)
        except Exception as error:
            return None, error


rpc = Rpc.decorator
