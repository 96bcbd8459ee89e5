"""The waiting report: what the log says of how long people waited, from the view of the waits."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from offices.office import Office
from services.queue.day import ENDS
from services.queue.estimates import rank, waited_s

Document = dict[str, Any]


def waiting(office: Office, waits: Iterable[Document]) -> Document:
    """Return counts, waits in service seconds, the share within the limit, and every overtaking.

    Only who was served has waited to an end; percentiles are of the nearest rank.
    """
    waits = list(waits)
    begun = [wait for wait in waits if wait["started_at"] is not None]
    return {
        "days": len({wait["service_date"] for wait in waits}),
        "tickets": _counts(waits),
        **_waits(begun),
        "breached": sum(wait["breached"] for wait in waits),
        "without_email": sum(wait["without_email"] for wait in waits),
        "estimates": _estimates(begun),
        "overtakes": _overtakes(waits),
        "by_hour": _grouped(begun, "hour", lambda w: office.calendar.local(w["started_at"]).hour),
        "by_counter": _grouped(begun, "counter", lambda w: w["counter"]),
    }


def _counts(waits: list[Document]) -> dict[str, int]:
    found = Counter(wait["ended"] for wait in waits)
    return {"issued": len(waits), **{end.value: found[end.value] for end in ENDS}}


def _waits(begun: list[Document]) -> Document:
    waits = sorted(wait["waited_s"] for wait in begun)
    within = sum(wait["within_limit"] for wait in begun)
    return {
        "started": len(begun),
        "within_limit": within,
        "share_within_limit": _share(within, begun),
        "wait": {"p50_s": rank(waits, 50), "p90_s": rank(waits, 90), "max_s": waits[-1]}
        if waits
        else None,
    }


def _estimates(begun: list[Document]) -> Document:
    """Of those who were told how long it would be: how many waited no longer than nine of ten."""
    told = [wait for wait in begun if wait["told_p90_s"] is not None]
    kept = sum(waited_s(wait) <= wait["told_p90_s"] for wait in told)
    return {"told": len(told), "kept": kept, "share_kept": _share(kept, told)}


def _share(part: int, whole: list[Document]) -> float | None:
    return round(part / len(whole), 4) if whole else None


def _overtakes(waits: list[Document]) -> list[Document]:
    calls, overtaken = Counter[str](), Counter[str]()
    for call in (call for wait in waits for call in wait["overtakes"]):
        calls[call["reason"]] += 1
        overtaken[call["reason"]] += call["overtaken"]
    return [{"reason": r, "calls": calls[r], "overtaken": overtaken[r]} for r in sorted(calls)]


def _grouped(
    begun: list[Document], name: str, key: Callable[[Document], int | str]
) -> list[Document]:
    groups: dict[Any, list[Document]] = defaultdict(list)
    for wait in begun:
        groups[key(wait)].append(wait)
    return [{name: value, **_waits(groups[value])} for value in sorted(groups)]
