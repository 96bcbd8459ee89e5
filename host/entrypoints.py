"""Where nameko meets the kernel: what makes a class an event-sourced service.

nameko's own event handler acknowledges a message whose handler raised; `subscribe` is ours, on
`kernel.consumer`.

nameko ships no types: what is derived from it is so from `Any` (`type: ignore[misc]`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import eventlet
import structlog
from eventlet.event import Event
from nameko import config
from nameko.extensions import DependencyProvider, Entrypoint, SharedExtension

from contracts.errors import Unavailable
from host.runtime import Runtime
from kernel.clock import monotonic
from kernel.consumer import Consumer
from kernel.database import AWAY
from kernel.deadlines import Deadline

log = structlog.get_logger()

LOOK_S = 0.025
"""How often the log is looked at for what other processes append."""

ALONE_LOOK_S = 0.1
LATELY_S = 5.0
"""How often while none of them has appended anything lately: an idle look costs all the others."""

SELDOM_S = 10.0
MANY = 100
OUTAGE_S = 1.0
FAILED_S = 30.0
DRAIN_S = 10.0


class _Bell:
    """Wakes everybody who waits for the next ring."""

    def __init__(self) -> None:
        self.next = Event()

    def ring(self) -> None:
        """Wake them."""
        rung, self.next = self.next, Event()
        rung.send()


@dataclass(frozen=True)
class _Rhythm:
    """When a step is repeated: at once while more is known to wait, else when the bell rings."""

    bell: _Bell
    idle_s: float = 1.0
    """So long after a step that found nothing, though the bell did not ring."""
    settle_s: float = 0.1
    """So long after one that found something: what it has put off is to be done then."""
    linger_s: float = 0.0
    """So long after the bell: whom it was appended for is answered first, and what is appended
    meanwhile is taken along."""
    pace_s: float = 0.0
    """No sooner than so long after the step before, unless that found `MANY`: who is behind
    hurries."""


class _Shared(SharedExtension):  # type: ignore[misc]
    """The service's `Runtime`, one a process, with the threads that follow its log."""

    def setup(self) -> None:
        self.runtime = Runtime(self.container.service_cls.wiring, config["settings"])
        config["health"].add_all(self.runtime.checks())
        self._stopping = False
        self._grown, self._dated, self._ended = _Bell(), _Bell(), _Bell()
        self._followers: list[Any] = []
        self._appended = False
        self._look_at = self._others_at = 0.0
        self.runtime.log.on_append(self._on_append)

    def start(self) -> None:
        self._follow(self._look, _Rhythm(self._ended, idle_s=LOOK_S))
        relayed = _Rhythm(self._grown, linger_s=0.003)
        self._follow(self._relay, relayed, self.runtime.relay_waits)
        viewed = _Rhythm(self._grown, linger_s=0.05, pace_s=0.25)
        for step, waits in self.runtime.view_steps():
            self._follow(step, viewed, waits)
        for step in self.runtime.sweep_steps():
            self._follow(step, _Rhythm(self._ended, idle_s=SELDOM_S))

    def stop(self) -> None:
        self._stopping = True
        for bell in (self._grown, self._dated, self._ended):
            bell.ring()
        _ended(self._followers)
        self.runtime.stop()

    def fire(self, fire: Callable[[Deadline], None]) -> None:
        """Have `fire` called for each date that comes due."""
        self._follow(
            partial(self.runtime.deadlines_step, fire),
            _Rhythm(self._dated, idle_s=0.25, pace_s=0.1),
        )

    def repeat(self, step: Callable[[], int]) -> None:
        """Have `step` called every few seconds, for it to see whether it is time."""
        self._follow(step, _Rhythm(self._ended, idle_s=SELDOM_S))

    def _on_append(self) -> None:
        self._appended = True
        self._grown.ring()

    def _look(self) -> int:
        """Wake the followers when another process has appended."""
        if (now := monotonic()) < self._look_at:
            return 0
        ours, self._appended = self._appended, False
        if self.runtime.grown():
            self._grown.ring()
            self._others_at = self._others_at if ours else now
        if now - self._others_at > LATELY_S:
            self._look_at = now + ALONE_LOOK_S
        return 0

    def _relay(self) -> int:
        """Relay, and have it seen at once whether a date was set that has passed."""
        done = self.runtime.relay_step()
        if done:
            self._dated.ring()
        return done

    def _follow(
        self, step: Callable[[], int], rhythm: _Rhythm, waits: Callable[[], bool] = lambda: True
    ) -> None:
        """Repeat `step` for as long as the service runs, whatever is away meanwhile."""
        run = partial(self._repeat, step, rhythm, waits)
        self._followers.append(self.container.spawn_managed_thread(run, identifier=str(step)))

    def _repeat(self, step: Callable[[], int], rhythm: _Rhythm, waits: Callable[[], bool]) -> None:
        while not self._stopping:
            rung, began = rhythm.bell.next, monotonic()  # also a ring during the step is heard
            try:
                found = step()
                if not (found and waits()):
                    rung.wait(rhythm.settle_s if found else rhythm.idle_s)
                    eventlet.sleep(rhythm.linger_s)
                if found < MANY:
                    eventlet.sleep(max(0.0, began + rhythm.pace_s - monotonic()))
            except Unavailable as error:
                log.warning("waiting", step=str(step), error=str(error))
                eventlet.sleep(OUTAGE_S)
            except Exception:  # a fault of ours must not end the service's heartbeat
                log.exception("step_failed", step=str(step))
                eventlet.sleep(OUTAGE_S)


class OnRuntime(DependencyProvider):  # type: ignore[misc]
    """What a service is given that is made of its `Runtime`: there from `start` on."""

    shared = _Shared()


class EventSourced(OnRuntime):
    """Gives a service its `Runtime`; the service class declares `wiring`."""

    def get_dependency(self, _worker_ctx: Any) -> Runtime:
        runtime: Runtime = self.shared.runtime
        return runtime

    def worker_setup(self, worker_ctx: Any) -> None:
        """Have every log line of this worker say to which request it belongs."""
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(correlation_id=_correlation(worker_ctx.args[0]))


class OnDeadline(Entrypoint):  # type: ignore[misc]
    """`method(deadline)` is called for each date that comes due; raising has it fired again."""

    shared = _Shared()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(expected_exceptions=(Unavailable,), **kwargs)

    def start(self) -> None:
        self.shared.fire(self._fire)

    def _fire(self, deadline: Deadline) -> None:
        _run(self, deadline)


class Repeatedly(Entrypoint):  # type: ignore[misc]
    """`method(now)` is called every so many seconds in the process that leads, and when it begins
    to: about so often in the system, and harmless if two do it at once.
    """

    shared = _Shared()

    def __init__(self, every_s: float, **kwargs: Any) -> None:
        self._every_s = every_s
        self._next_at = 0.0
        super().__init__(expected_exceptions=(Unavailable,), **kwargs)

    def start(self) -> None:
        self.shared.repeat(self._step)

    def _step(self) -> int:
        if monotonic() >= self._next_at and self.shared.runtime.leads():
            self._next_at = monotonic() + FAILED_S  # if it fails
            _run(self, self.shared.runtime.clock.now())
            self._next_at = monotonic() + self._every_s
        return 0


class Subscribe(Entrypoint):  # type: ignore[misc]
    """`method(envelope)` is called for each event the bindings match, in order."""

    def __init__(self, *bindings: str, **kwargs: Any) -> None:
        self._bindings = bindings
        super().__init__(expected_exceptions=(Unavailable,), **kwargs)

    def setup(self) -> None:
        settings, service = config["settings"], self.container.service_name
        self._consumer = Consumer(settings.amqp_url, service, self._bindings, self._take)
        config["health"].add("events", self._consumer.check)

    def start(self) -> None:
        run = self._consumer.run
        self._thread = self.container.spawn_managed_thread(run, identifier="consumer")

    def stop(self) -> None:
        self._consumer.stop()
        _ended([self._thread])

    def _take(self, envelope: dict[str, Any]) -> None:
        try:
            _run(self, envelope)
        except AWAY as error:
            raise Unavailable(f"database: {type(error).__name__}") from error


def _correlation(argument: Any) -> str:
    """Find the correlation id in a deadline, an event or an RPC request, valid or not."""
    if isinstance(argument, Deadline):
        return argument.correlation_id
    words = argument if isinstance(argument, dict) else {}
    caller = words.get("caller")
    asked_with = caller.get("correlation_id") if isinstance(caller, dict) else None
    return str(words.get("correlationid") or asked_with or "")


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


on_deadline = OnDeadline.decorator
repeatedly = Repeatedly.decorator
subscribe = Subscribe.decorator
