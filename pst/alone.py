"""Working alone on a system: neither a service nor a second tool does anything meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread

from contracts.errors import Unavailable
from kernel.database import AWAY
from kernel.lease import RENEW_S, Lease
from pst.services import SERVICES
from pst.system import System

Check = Callable[[], None]


@contextmanager
def alone(opened: System) -> Iterator[Check]:
    """Lead every service, and be the only one who does; raise `Unavailable` if another does.

    Gives what raises `Unavailable` when that is so no more: call it before each write. The
    `leases` collections must stay.
    """
    leases = {"another `pst restore`": Lease(opened.db("vault"), "restore")}
    leases |= {f"the {name} service": Lease(opened.db(name), "leader") for name in SERVICES}
    with ExitStack() as held:
        for who, lease in leases.items():
            held.callback(lease.release)
            if not lease.held():
                raise Unavailable(f"{who} is running: stop all services first, and try again")
        held.enter_context(_kept(list(leases.values())))
        fences = {who: lease.fence for who, lease in leases.items()}

        def check() -> None:
            for who, lease in leases.items():
                if not lease.held() or lease.fence != fences[who]:
                    raise Unavailable(f"{who} has taken over: we were away for too long")

        yield check


@contextmanager
def _kept(leases: list[Lease]) -> Iterator[None]:
    """Renew leases beside steps that take long, such as reading a big file."""
    done = Event()

    def renew() -> None:
        while not done.wait(RENEW_S):
            for lease in leases:
                with suppress(*AWAY):  # who works hears of it with the next write
                    lease.held()

    keeper = Thread(target=renew, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()
