"""Row 9, for who has FQM: fifty officers call who is next, against FQM's own pull."""

from functools import partial

from bench.harness import Bench, Row, Verdict, quantile
from bench.officers import Line, Office
from bench.peers import fqm
from bench.rows.call_next import AT_ONCE, OURS, RATIO, ours
from bench.rows.http_messages import while_frozen
from tests.e2e import walk_in
from tests.support import Stack, eventually

FAIRNESS = """\
FQM (Free Queue Manager) as it can be cloned, on SQLite, called through its own API: a token, a
pull. It knows no lanes, so there is one. Ours is the whole system, as in the row before. Run by its
own server FQM has one process; its Docker image has gunicorn run a worker for each core, and two of
them may then take the same ticket: `twice` counts how often a desk was sent to one that another had
been sent to. That image has Redis beside it for its caches; here it runs without."""


def run(bench: Bench) -> Row:
    """Axis: how FQM is run, 1 by its own server, 2 by gunicorn."""
    row = Row("fqm", "Call next, 50 officers, FQM", FAIRNESS, "how FQM is run", "/s")
    with walk_in.offices(bench.room()) as stack:
        for at, server in enumerate(fqm.SERVERS, start=1):
            with fqm.served(bench.room(), server) as peer:
                our = ours(stack)
                its = Office([_Desk(peer) for _ in our.desks], may_repeat=True)

                samples = bench.compare(
                    {
                        OURS: partial(_ours_at_once, stack, our),
                        "FQM": while_frozen(stack, partial(_its_at_once, peer, its)),
                    }
                )
            row.add(at, samples.medians())
            row.judge(f"FQM by {server}", samples, OURS, "FQM", RATIO)
            for name, office in ((OURS, our), ("FQM", its)):
                p95 = 1000 * quantile(office.took_at_once, 0.95)
                row.verdicts.append(Verdict(f"FQM by {server}: p95, {name}", p95, "ms"))
                calls = f"of {len(office.took_at_once):,}"
                row.verdicts.append(
                    Verdict(f"FQM by {server}: called twice, {name}", office.twice, calls)
                )
    return row


def _ours_at_once(stack: Stack, office: Office) -> float:
    office.issue(AT_ONCE * len(office.desks))
    eventually(lambda: stack.caught_up("queue"), within=120)
    return office.at_once(AT_ONCE)


def _its_at_once(peer: fqm.Fqm, office: Office) -> float:
    peer.issue(AT_ONCE * len(office.desks))
    return office.at_once(AT_ONCE)


class _Desk:
    """A counter: whoever is pulled has been served."""

    def __init__(self, peer: fqm.Fqm) -> None:
        self.line = Line(peer.port, peer.token)
        self._pull = f"/api/v1/tickets/pull?office_id={peer.office}"

    async def issue(self, _lane: dict[str, str]) -> None:
        raise NotImplementedError("see `bench.peers.fqm.Fqm.issue`")

    async def call_next(self) -> str | None:
        return str((await self.line.get(self._pull))["id"])

    async def serve(self, ticket_id: str) -> None:
        pass
