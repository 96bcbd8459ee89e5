"""The waiting report in words, by the hour, and as a chart; and whether the events say the same."""

from typing import Any

from deploy.demo import chart
from deploy.demo.listener import Event
from deploy.demo.told import minutes
from deploy.demo.tour import Tour
from deploy.problem import Problem

Report = dict[str, Any]

WIDTH = 76
LIMIT_MIN = 10
HEADS = ("hour", "began", "within 10 min", "half within", "nine of ten", "longest")
REASONS = {"recall": "missed and back", "other": "transferred"}


def show(tour: Tour, report: Report, events: list[Event], numbers: dict[str, str]) -> None:
    """Show a report on one morning, of which these are the events; `numbers`: by ticket."""
    say(tour, report)
    tour.screen.gap()
    tour.screen.rows(HEADS, [_hour(row) for row in report["by_hour"]])
    tour.screen.gap()
    tour.screen.say("Each visitor's wait in minutes, in the order in which they were served:")
    tour.screen.gap()
    begun = first_starts(events)
    bars = [
        chart.Bar(tour.time.clock(e.at)[:2], e.data["waited_s"], numbers.get(e.about, ""))
        for e in begun
    ]
    tour.screen.chart(chart.waits(bars, LIMIT_MIN, WIDTH))
    tour.screen.gap()
    compare(report, begun, [e for e in events if e.name == "start_limit_breached"])
    tour.screen.result("who listened to the events and added them up has the same numbers")


def say(tour: Tour, report: Report) -> None:
    """Show it in words."""
    tickets, wait = report["tickets"], report["wait"]
    share = f"{100 * report['share_within_limit']:.1f} %"
    ends = ", ".join(f"{n} {k}" for k, n in tickets.items() if n and k != "issued")
    tour.screen.result(f"{tickets['issued']} numbers given out: {ends}")
    tour.screen.result(
        f"{report['within_limit']} of {report['started']} began within ten minutes: {share}"
    )
    tour.screen.result(
        f"half waited at most {minutes(wait['p50_s'])}, nine of ten {minutes(wait['p90_s'])},"
        f" the longest {minutes(wait['max_s'])}"
    )
    reasons = [
        f"{REASONS.get(e['reason'], e['reason'])} {e['calls']} (passing {e['overtaken']})"
        for e in report["overtakes"]
    ]
    tour.screen.result(f"called before others who came earlier: {', '.join(reasons) or 'nobody'}")
    tour.screen.result(f"without an e-mail address, with the reason: {report['without_email']}")
    if told := report["estimates"]["told"]:
        kept = report["estimates"]["kept"]
        tour.screen.result(f"{told} were told at the kiosk how long at most; for {kept} it was so")
    tour.screen.gap()
    tour.screen.say(
        "The ten minutes begin when the visitor before is finished: while that one is still"
        " served nothing runs, so many wait 0 s by the promise. Nor do they run in a power cut."
    )


def first_starts(events: list[Event]) -> list[Event]:
    """Return who began, in order; of who was transferred the first time, which is promised."""
    begun: dict[str, Event] = {}
    for event in (each for each in events if each.name == "service_started"):
        begun.setdefault(event.about, event)
    return list(begun.values())


def compare(report: Report, begun: list[Event], breached: list[Event]) -> None:
    """Raise `Problem` unless the events make the same of it."""
    waits = sorted(e.data["waited_s"] for e in begun)
    heard = {
        "started": len(waits),
        "within_limit": sum(e.data["within_limit"] for e in begun),
        "breached": len(breached),
        "wait": {"p50_s": rank(waits, 50), "p90_s": rank(waits, 90), "max_s": waits[-1]},
    }
    said = {name: report[name] for name in heard}
    if heard != said:
        raise Problem(f"The report says {said}, the events {heard}.")


def rank(ordered: list[int], percent: int) -> int:
    """Return the smallest value that so many percent do not exceed."""
    return ordered[-(-len(ordered) * percent // 100) - 1]


def _hour(row: dict[str, Any]) -> tuple[str, ...]:
    hour, wait = row["hour"], row["wait"]
    waits = (minutes(wait[name]) for name in ("p50_s", "p90_s", "max_s"))
    return (f"{hour:02}.00–{hour + 1:02}.00", str(row["started"]), str(row["within_limit"]), *waits)
