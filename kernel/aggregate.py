"""What a service hands to command handling, and what it gets back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from kernel.facts import Fact

S = TypeVar("S")


class Command(Protocol):
    """What is asked; the time comes in with it."""

    @property
    def now(self) -> datetime: ...


@dataclass(frozen=True)
class Aggregate(Generic[S]):
    """One kind of stream and its rules.

    `decide(command, state)` returns events or raises `Rejected`; `evolve(state, fact)` never
    refuses; `initial()` is the state before the first event. States are never altered in place.
    A decision is folded before it is stored: `evolve` must not look at a fact's position.
    """

    category: str
    decide: Callable[[Any, S], list[Any]]
    evolve: Callable[[S, Fact], S]
    initial: Callable[[], S]

    def stream(self, key: str) -> str:
        """Return the name of one aggregate's stream."""
        return f"{self.category}-{key}"


@dataclass(frozen=True, kw_only=True)
class Meta:
    """Who asks, and under which ids; see `contracts/caller.py`."""

    actor_kind: str
    actor_id: str
    office: str
    command_id: str
    correlation_id: str
    causation_id: str
    request_hash: str | None = None
    expected_version: int | None = None

    def caused(self, command_id: str) -> "Meta":
        """Return the origin of a further command that serves this one."""
        return replace(
            self,
            command_id=command_id,
            causation_id=self.command_id,
            request_hash=None,
            expected_version=None,
        )


@dataclass(frozen=True)
class Outcome(Generic[S]):
    """What a command came to: the state and version after it, and its facts.

    `replayed`: this command had been handled before; `facts` are those of then.
    """

    state: S
    version: int
    facts: tuple[Fact, ...]
    replayed: bool
