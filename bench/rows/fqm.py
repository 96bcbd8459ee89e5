"""Row 9, for who has FQM: fifty officers call who is next, against FQM's own pull."""

from functools import partial

from bench.harness import Bench, Row, Verdict, quantile
from bench.officers import Line, Office
from bench.peers import fqm
from bench.rows.call_next import AT_ONCE, OURS, RATIO, ours
from bench.rows.http_messages import while_frozen
from tests.e2e import walk_in
from tests.support import eventually

FAIRNESS = """\
FQM (Free Queue Manager) as it can be cloned, on SQLite, called through its own API: a token, a
pull. It knows no lanes, so there is one. Ours is the whole system, as in the row before. Run by its
own server FQM has one process; its Docker image has gunicorn run a worker for each core, and two of
them may then take the same ticket: `twice` counts how often a desk was sent to one that another had
been sent to."""


def run(bench: Bench) -> Row:
    """Axis: how FQM is run, 1 by its own server, 2 by gunicorn."""
    row = Row("fqm", "Call next, 50 officers, FQM", FAIRNESS, "how FQM is run", "/s")
    with walk_in.offices(bench.room()) as stack:
        for at, server in enumerate(fqm.SERVERS, start=1):
            with fqm.served(bench.room(), server) as peer:
                our = ours(stack)
                its = Office([_Desk(peer) for _ in our.desks], may_repeat=True)

                def at_once(office: Office, our: Office = our) -> float:
                    office.issue(AT_ONCE * len(office.desks))
                    if office is our:
                        eventually(lambda: stack.caught_up("queue"), within=120)
                    return office.at_once(AT_ONCE)

                theirs = while_frozen(stack, partial(at_once, its))
                samples = bench.compare({OURS: partial(at_once, our), "FQM": theirs})
            row.add(at, samples.medians())
            row.judge(f"FQM by {server}", samples, OURS, "FQM", RATIO)
            for name, office in ((OURS, our), ("FQM", its)):
                p95 = 1000 * quantile(office.took_at_once, 0.95)
                row.verdicts.append(Verdict(f"FQM by {server}: p95, {name}", p95, "ms"))
                calls = len(office.took_at_once)
                row.notes.append(f"FQM by {server}, {name}: {office.twice} of {calls} twice.")
    return row


class _Desk:
    """A counter: whoever is pulled has been served."""

    def __init__(self, peer: fqm.Fqm) -> None:
        self.line = Line(peer.port, peer.token)
        self._peer = peer

    async def issue(self, _lane: dict[str, str]) -> None:
        ticket = {"n": True, "name": "Siti", "office_id": self._peer.office}
        await self.line.post("/api/v1/tickets/", {**ticket, "task_id": self._peer.task})

    async def call_next(self) -> str | None:
        pulled = await self.line.get(f"/api/v1/tickets/pull?office_id={self._peer.office}")
        return str(pulled["id"])

    async def serve(self, ticket_id: str) -> None:
        pass
