"""`pst queue`: what only the log of the walk-in queue can answer."""

import csv
import sys
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import click

from contracts.common import rfc3339
from kernel.event_log import EventLog
from kernel.facts import Fact, facts_of
from offices.office import Office
from pst.offices import office_of
from pst.services import SERVICES
from pst.system import system
from pst.when import LocalDate
from services.queue.desk_script import NothingToReplay
from services.queue.what_if import ARRIVAL, FIRST, LaneRule, Wish, what_if

Document = dict[str, Any]

CASES = ("really", "replayed", "what_if")
WAITS = {"limit": "wait by the rule", "row": "wait in the row"}
RANKS = ("p50_s", "p90_s", "max_s")

NEAR = 31
"""So many days on either side are looked at for a date that can be asked about."""

SUPPOSED = """\
REPLAYED is that day with nothing changed: how far it is from REALLY is the error of the model,
so hold WHAT IF against REPLAYED. Supposed is that all desks are there in all opening hours; that
a free one calls at once, but not in a break; that each service takes as long as it did, in one
piece; that who did not come or went home does so again; that who was not served needs the median.
The wait by the rule is in service minutes; that in the row is all from coming to beginning."""


class LaneRuleType(click.ParamType[LaneRule]):
    """`first`, `arrival`, or so many priority calls in a row."""

    name = "rule"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> LaneRule:
        """Return it; raise `BadParameter` for anything else."""
        if isinstance(value, int) or value in (FIRST, ARRIVAL):
            return value  # type: ignore[no-any-return]  # it is one of them
        if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= 99):
            self.fail(f"{value!r} is no lane rule; write first, arrival, or 1 to 99", param, ctx)
        return int(value)


@click.group()
def queue() -> None:
    """The walk-in queue: what only its log can answer."""


@queue.command(
    "what-if", epilog="Example: pst queue what-if --office 1471 --date 2026-11-23 --desks 3"
)
@click.option("--office", required=True, help="Which office.")
@click.option("--date", "day", type=LocalDate(), required=True, help="Local date of the day.")
@click.option(
    "--desks", type=click.IntRange(1, 999), help="So many desks; default: as many as were used."
)
@click.option(
    "--lane-rule",
    type=LaneRuleType(),
    help="N: at most N priority calls in a row; first: priority always first; arrival: both lanes"
    " as one, by arrival. Default: the office's own.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated, times in seconds and UTC.")
def queue_what_if(
    office: str, day: date, desks: int | None, lane_rule: LaneRule | None, as_csv: bool
) -> None:
    """Replay a day of the queue with other desks or another lane rule.

    The same visitors come at the same times and need as long at a desk; who is called, and who
    waits more than ten minutes, is decided by the rules that decide in service. Beside it what
    really happened, and the day replayed as it was. A day that is not over is taken up to now.
    The same log gives the same answer.
    """
    opened = system()
    known, log = office_of(opened, office), opened.log("queue")
    facts = _facts(log, known, day)
    try:
        found = what_if(facts, known, Wish(desks, lane_rule), opened.now())
    except NothingToReplay as error:
        raise click.ClickException(
            f"no service of {day} has ended at office {known.id}: nothing says how long one takes"
        ) from error
    for warning in _warnings(found):
        click.echo(f"pst: {warning}", err=True)
    if as_csv:
        _print_csv(found)
    else:
        click.echo(f"Office {known.id}, {day}\n\n" + "\n".join(_table(found, known)))
        click.echo(f"\n{SUPPOSED}")


def _facts(log: EventLog, office: Office, day: date) -> list[Fact]:
    types = SERVICES["queue"].types
    facts = [f for c in log.read_stream(_stream(office, day)) for f in facts_of(c, types)]
    if not facts:
        near = ", ".join(map(str, _near(log, office, day))) or f"none within {NEAR} days"
        raise click.ClickException(
            f"the queue log has no {day} of office {office.id}; the nearest days in it: {near}"
        )
    return facts


def _near(log: EventLog, office: Office, day: date) -> Iterator[date]:
    """Yield the last day before, and the first one after, that is in the log."""
    here = day.toordinal()
    before = range(here - 1, max(here - NEAR - 1, 0), -1)
    after = range(here + 1, min(here + NEAR, date.max.toordinal()) + 1)
    for side in (before, after):
        days = map(date.fromordinal, side)
        found = next((each for each in days if log.find(_stream(office, each), 1)), None)
        if found is not None:
            yield found


def _stream(office: Office, day: date) -> str:
    return f"day-{office.id}-{day}"


def _warnings(found: Document) -> Iterator[str]:
    if not found["over"]:
        yield "the day is not over: all is as of now"
    if not found["same_calendar"]:
        yield "the office's calendar is not the one of that day; it is replayed by today's"


def _print_csv(found: Document) -> None:
    rows = [{"case": case, **_flat(found[case])} for case in CASES]
    out = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
    out.writeheader()
    out.writerows(rows)


def _flat(case: Document) -> Document:
    waits = {
        f"{name}_{rank}": (case[f"{name}_wait"] or {}).get(rank) for name in WAITS for rank in RANKS
    }
    end = case["last_end"]
    plain = {name: value for name, value in case.items() if not name.endswith("_wait")}
    return {**plain, **waits, "last_end": end and rfc3339(end)}


def _table(found: Document, office: Office) -> Iterator[str]:
    cases = [found[case] for case in CASES]
    yield _row("", ["REALLY", "REPLAYED", "WHAT IF"])
    for name, title in {
        "desks": "desks",
        "lane_rule": "lane rule",
        "served": "served",
        "not_served": "not served",
    }.items():
        yield _row(title, [case[name] for case in cases])
    for name, title in WAITS.items():
        for rank in RANKS:
            words = f"{title if rank == RANKS[0] else '':<18}{rank.removesuffix('_s')}"
            yield _row(words, [_minutes(case[f"{name}_wait"], rank) for case in cases])
    limit = office.queue.start_limit_min
    yield _row(
        f"over {limit} minutes", [f"{c['late']} ({_percent(c['late_share'])})" for c in cases]
    )
    yield _row("desks busy", [_percent(case["busy_share"]) for case in cases])
    yield _row("last service ended", [_clock(case["last_end"], office) for case in cases])


def _row(title: str, cells: list[Any]) -> str:
    return f"{title:<21}" + "".join(f"{cell:>14}" for cell in cells)


def _minutes(wait: Document | None, rank: str) -> str:
    return f"{wait[rank] // 60}:{wait[rank] % 60:02}" if wait else "-"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _clock(moment: datetime | None, office: Office) -> str:
    return office.calendar.local(moment).strftime("%H:%M") if moment else "-"
