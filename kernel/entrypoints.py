"""Where nameko meets the kernel: the only kernel module, besides `serve`, that knows it.

Mended here: nameko's reply publisher kills the service when the broker is away; its reply
listener likewise when the reply queue expired; its RPC calls have no timeout; its event
handler acknowledges what failed (we use `kernel.consumer`).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import eventlet
import structlog
from eventlet.event import Event
from marshmallow import ValidationError
from nameko import config
from nameko import rpc as nameko_rpc
from nameko.exceptions import deserialize_to_instance
from nameko.extensions import DependencyProvider, Entrypoint, SharedExtension
from pymongo.errors import PyMongoError

from contracts.errors import Code, Rejected, Unavailable
from kernel.broker import reachable
from kernel.clock import monotonic
from kernel.consumer import Consumer
from kernel.deadlines import Deadline
from kernel.observability import COMMAND_SECONDS, COMMANDS, CONSUMED, Health
from kernel.offices import Office, load_offices
from kernel.runtime import Runtime

log = structlog.get_logger()

for _error in (Rejected, Unavailable):  # arrive at the caller as what they were raised as
    deserialize_to_instance(_error)

IDLE_S = 0.03
"""How long a follower of the log sleeps when nothing woke it."""

OUTAGE_S = 1.0
DRAIN_S = 10.0


class _Shared(SharedExtension):  # type: ignore[misc]
    """The service's `Runtime`, one a process, with the threads that follow its log."""

    def setup(self) -> None:
        self.runtime = Runtime(self.container.service_cls.wiring, config["settings"])
        self.runtime.watch(config["health"])
        self._stopping = False
        self._wakers: list[Event] = []
        self._followers: list[Any] = []
        self.runtime.log.on_append(self._wake)

    def start(self) -> None:
        self.follow(self.runtime.relay_step)
        self.follow(self.runtime.views_step)

    def stop(self) -> None:
        self._stopping = True
        self._wake()
        _ended(self._followers)
        self.runtime.stop()

    def follow(self, step: Callable[[], int]) -> None:
        """Repeat `step` for as long as the service runs, whatever is away meanwhile."""
        run = partial(self._repeat, step)
        self._followers.append(self.container.spawn_managed_thread(run, identifier=str(step)))

    def _repeat(self, step: Callable[[], int]) -> None:
        while not self._stopping:
            woken = Event()
            self._wakers.append(woken)
            try:
                if not step():
                    woken.wait(IDLE_S)
            except Unavailable as error:
                log.warning("waiting", step=str(step), error=str(error))
                eventlet.sleep(OUTAGE_S)
            except Exception:  # a fault of ours must not end the service's heartbeat
                log.exception("step_failed", step=str(step))
                eventlet.sleep(OUTAGE_S)
            finally:
                self._wakers.remove(woken)

    def _wake(self) -> None:
        for waker in list(self._wakers):
            if not waker.ready():
                waker.send()


class EventSourced(DependencyProvider):  # type: ignore[misc]
    """Gives a service its `Runtime`; the service class declares `wiring`."""

    shared = _Shared()

    def get_dependency(self, _worker_ctx: Any) -> Runtime:
        runtime: Runtime = self.shared.runtime
        return runtime


class Offices(DependencyProvider):  # type: ignore[misc]
    """Gives a service the offices, by id, as their files described them at start."""

    def setup(self) -> None:
        self._offices = load_offices(config["settings"].offices)

    def get_dependency(self, _worker_ctx: Any) -> dict[str, Office]:
        return self._offices


class OnDeadline(Entrypoint):  # type: ignore[misc]
    """`method(deadline)` is called for each date that comes due; raising has it fired again."""

    shared = _Shared()

    def start(self) -> None:
        self.shared.follow(partial(self.shared.runtime.deadlines_step, self._fire))

    def _fire(self, deadline: Deadline) -> None:
        structlog.contextvars.bind_contextvars(correlation_id=deadline.correlation_id)
        _run(self, deadline)


class Subscribe(Entrypoint):  # type: ignore[misc]
    """`method(envelope)` is called for each event the bindings match, in order."""

    def __init__(self, *bindings: str, **kwargs: Any) -> None:
        self._bindings = bindings
        super().__init__(**kwargs)

    def setup(self) -> None:
        settings, service = config["settings"], self.container.service_name
        self._consumer = Consumer(settings.amqp_url, service, self._bindings, self._take)

    def start(self) -> None:
        run = self._consumer.run
        self._thread = self.container.spawn_managed_thread(run, identifier="consumer")

    def stop(self) -> None:
        self._consumer.stop()
        _ended([self._thread])

    def _take(self, envelope: dict[str, Any]) -> None:
        try:
            _run(self, envelope)
        except PyMongoError as error:
            raise Unavailable(f"database: {type(error).__name__}") from error
        CONSUMED.labels(self.container.service_name, "done").inc()


def _ended(threads: list[Any]) -> None:
    """Wait until they have finished what they had in hand; nameko ends who takes too long."""
    with eventlet.Timeout(DRAIN_S, False):
        for thread in threads:
            thread.wait()


def _run(entrypoint: Entrypoint, argument: object) -> Any:
    """Run the entrypoint's method as a worker of its container and wait for its end."""
    ended = Event()

    def on_result(_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        ended.send(result) if exc_info is None else ended.send_exception(*exc_info)
        return result, exc_info

    entrypoint.container.spawn_worker(entrypoint, (argument,), {}, handle_result=on_result)
    return ended.wait()


class _RpcConsumer(nameko_rpc.RpcConsumer):  # type: ignore[misc]
    """Survives a broker that is away when the reply is ready: the request comes again."""

    def handle_result(self, message: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        try:
            result, exc_info = super().handle_result(message, result, exc_info)
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
        COMMANDS.labels(*labels, code).inc()
        COMMAND_SECONDS.labels(*labels).observe(monotonic() - message.started_at)
        answered: tuple[Any, Any] = super().handle_result(message, worker_ctx, result, exc_info)
        return answered


def _as_ours(error: Exception) -> Exception:
    match error:
        case ValidationError():
            errors = error.normalized_messages()  # type: ignore[no-untyped-call]
            return Rejected(Code.VALIDATION_FAILED, "Some fields are wrong.", errors)
        case PyMongoError():
            return Unavailable(f"database: {type(error).__name__}")
    return error


class _ReplyListener(nameko_rpc.ReplyListener):  # type: ignore[misc]
    """Survives the expiry of its queue in a long outage: those who wait have timed out."""

    def check_for_lost_replies(self) -> None:
        self.pending.clear()


class ServiceRpc(nameko_rpc.ServiceRpc):  # type: ignore[misc]
    """Calls another service; raises `Rejected` or `Unavailable`, and nothing else.

    A call ends after `PST_RPC_TIMEOUT` seconds, and the broker forgets the request then: what
    was answered "unavailable" and had not begun is not done later.
    """

    reply_listener = _ReplyListener()

    def setup(self) -> None:
        self._timeout = config["settings"].rpc_timeout
        self.publisher_options |= {
            "expiration": self._timeout,
            "delivery_mode": "transient",
            "retry_policy": {"max_retries": 1, "interval_start": 0},
        }
        self.amqp_uri = config["settings"].amqp_url
        super().setup()

    def get_dependency(self, worker_ctx: Any) -> "_Caller":
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
        call = None
        try:
            with eventlet.Timeout(self._timeout):
                call = getattr(self._client, method).call_async(request)
                return call.result()
        except (Rejected, Unavailable):
            raise
        except (Exception, eventlet.Timeout) as error:
            log.warning("rpc_failed", method=method, error=f"{type(error).__name__}: {error}")
            raise Unavailable(f"{method} was not answered in time") from error
        finally:
            if call is not None:
                self._replies.pending.pop(call.correlation_id, None)


def broker_check(health: Health) -> None:
    """Add the broker to the readiness of a process that has no log."""
    url = config["settings"].amqp_url
    health.add("broker", lambda: None if reachable(url) else "cannot connect")


rpc = Rpc.decorator
on_deadline = OnDeadline.decorator
subscribe = Subscribe.decorator
