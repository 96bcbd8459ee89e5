"""`pst report`: what the log says of the service, as a table for people or CSV for their tools."""

import csv
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

import click

from contracts.queue import LONGEST_REPORT
from kernel.view_reading import Reader
from pst.offices import office_of
from pst.services import SERVICES
from pst.system import system
from pst.when import LocalDate
from services.queue import queries
from services.queue.views import WAITS

Document = dict[str, Any]

WAITS_COLUMNS = ("started", "within_limit", "share_within_limit", "p50_s", "p90_s", "max_s")
COLUMNS = ("section", "key", "count", *WAITS_COLUMNS, "calls", "overtaken")


@click.group()
def report() -> None:
    """Reports, made of the log alone."""


@report.command(
    "waiting",
    epilog="Example: pst report waiting --office 1471 --from 2026-11-02 --to 2026-11-27 --csv",
)
@click.option("--office", required=True, help="Which office.")
@click.option("--from", "first", type=LocalDate(), required=True, help="First local date.")
@click.option("--to", "last", type=LocalDate(), help="Last local date; default: the first.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated, times in seconds.")
def report_waiting(office: str, first: date, last: date | None, as_csv: bool) -> None:
    """Print how long people waited for the desk.

    The same figures as GET /v1/offices/OFFICE/reports/waiting. Waits are service minutes from
    when the ten minutes of a visitor began to run to the beginning at the desk.
    """
    last = last or first
    if last < first:
        raise click.UsageError(f"--to {last} lies before --from {first}")
    if (last - first).days >= LONGEST_REPORT:
        raise click.UsageError(f"a report is of {LONGEST_REPORT} days at most")
    opened = system()
    db, log = opened.db("queue"), opened.log("queue")
    kept = Reader(db, log, SERVICES["queue"].types, WAITS)
    its = office_of(opened, office)
    found = queries.waiting_report(kept, its, first, last)
    if lag := kept.lag():
        click.echo(f"pst: not in it yet: the last {lag} commits of the log", err=True)
    if as_csv:
        _print_csv(found)
    else:
        click.echo("\n".join(_table(found, its.queue.start_limit_min)))


def _print_csv(found: Document) -> None:
    out = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    out.writeheader()
    out.writerow({"section": "all", "count": found["tickets"]["issued"], **_waits(found)})
    for end, count in found["tickets"].items():
        out.writerow({"section": "tickets", "key": end, "count": count})
    for name in ("breached", "without_email", "without_guest_book"):
        out.writerow({"section": "tickets", "key": name, "count": found[name]})
    for name in ("told", "kept"):
        out.writerow({"section": "estimates", "key": name, "count": found["estimates"][name]})
    for name in ("hour", "counter"):
        for group in found[f"by_{name}"]:
            out.writerow({"section": name, "key": group[name], **_waits(group)})
    for each in found["overtakes"]:
        calls = {"calls": each["calls"], "overtaken": each["overtaken"]}
        out.writerow({"section": "overtakes", "key": each["reason"], **calls})


def _waits(group: Document) -> Document:
    flat = {**group, **(group["wait"] or {})}
    return {name: flat.get(name) for name in WAITS_COLUMNS}


def _table(found: Document, limit_min: int) -> Iterator[str]:
    tickets = found["tickets"]
    ends = ", ".join(f"{count} {end}" for end, count in tickets.items() if end != "issued")
    yield f"Waiting at office {found['office']}, {found['from']} to {found['to']}"
    yield f"{tickets['issued']} tickets on {found['days']} days: {ends}"
    if not found["started"]:
        yield "Nobody was served."
        return
    yield ""
    within = f"WITHIN {limit_min} MIN"
    yield f"{'':<12}{'STARTED':>9}{within:>20}{'P50':>8}{'P90':>8}{'MAX':>8}"
    yield _row("all", found)
    for group in found["by_hour"]:
        yield _row(f"{group['hour']:02}:00", group)
    for group in found["by_counter"]:
        yield _row(group["counter"], group)
    yield ""
    yield f"the {limit_min} minutes ran out: {found['breached']} tickets"
    yield f"without e-mail: {found['without_email']} visits"
    yield f"without guest book: {found['without_guest_book']} visitors who were served"
    yield f"estimates: {_kept(found['estimates'])}"
    yield f"overtakes: {_overtakes(found['overtakes'])}"


def _row(name: str, group: Document) -> str:
    wait, share = group["wait"], group["share_within_limit"]
    within = f"{group['within_limit']} ({share:.1%})"
    times = "".join(f"{_minutes(wait[each]):>8}" for each in ("p50_s", "p90_s", "max_s"))
    return f"{name:<12}{group['started']:>9}{within:>20}{times}"


def _kept(told: Document) -> str:
    if not told["told"]:
        return "none could be given"
    return f"{told['kept']} of {told['told']} waited no longer than told ({told['share_kept']:.1%})"


def _overtakes(found: list[Document]) -> str:
    if not found:
        return "none"
    words = (f"{e['reason']}: {e['calls']} calls past {e['overtaken']}" for e in found)
    return "; ".join(words)


def _minutes(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"
