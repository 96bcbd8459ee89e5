"""The report of the online consultation: limits kept, waits, closures, from the list's rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from contracts.consultation import CLOSE_REASONS
from host.figures import rank, share
from offices.office import Office

Document = dict[str, Any]


def of(office: Office, rows: Iterable[Document]) -> Document:
    """Return the figures of all, of each type and of each month of submission."""
    total = _Tally()
    by_type: defaultdict[str, _Tally] = defaultdict(_Tally)
    by_month: defaultdict[str, _Tally] = defaultdict(_Tally)
    for row in rows:
        month = f"{office.calendar.local_date(row['submitted_at']):%Y-%m}"
        for tally in (total, by_type[row["type"]], by_month[month]):
            tally.add(row)
    return {
        **total.shown(),
        "by_type": [{"type": t, **by_type[t].shown()} for t in sorted(by_type)],
        "by_month": [{"month": m, **by_month[m].shown()} for m in sorted(by_month)],
    }


class _Tally:
    """What has been counted so far."""

    def __init__(self) -> None:
        self._counts = Counter[str]()
        self._closed = Counter[str]()
        self._answer_s: list[int] = []
        self._clarified_s: list[int] = []
        self._paused_s = self._limit_s = 0

    def add(self, row: Document) -> None:
        """Count one consultation."""
        counts, sla = self._counts, row["sla"]
        counts["submitted"] += 1
        counts["accepted"] += row["accepted_at"] is not None
        counts["answered"] += row["answered_at"] is not None
        counts["open"] += row["status"] != "closed"
        counts["met"] += sla["state"] == "met"
        counts["breached"] += sla["state"] == "breached"
        counts["rejudged"] += sla["rejudged"] is not None
        counts["reopened"] += row["reopened"]
        counts["reversed_closes"] += row["reversed_closes"]
        if row["close_reason"] is not None:
            self._closed[row["close_reason"]] += 1
        if row["clarified_s"]:
            self._clarified_s.append(row["clarified_s"])
        if row["answered_at"] is not None:
            whole = _seconds(row["accepted_at"], row["answered_at"])
            self._answer_s.append(max(0, whole - row["paused_s"]))
            self._paused_s += row["paused_s"]
            self._limit_s += whole

    def shown(self) -> Document:
        """Return the figures."""
        counts = self._counts
        names = ("submitted", "accepted", "answered", "open", "reopened", "reversed_closes")
        judged = counts["met"] + counts["breached"]
        return {
            **{name: counts[name] for name in names},
            "closed": {reason: self._closed[reason] for reason in CLOSE_REASONS},
            "silence_closures": self._closed["user_silent"],
            "limit": {
                "judged": judged,
                "met": counts["met"],
                "breached": counts["breached"],
                "share_within": share(counts["met"], judged),
                "rejudged": counts["rejudged"],
            },
            "paused_share": share(min(self._paused_s, self._limit_s), self._limit_s),
            "first_answer": _spread(self._answer_s),
            "clarification": _spread(self._clarified_s),
        }


def _spread(seconds: list[int]) -> Document | None:
    ordered = sorted(seconds)
    if not ordered:
        return None
    figures = {"p50_s": rank(ordered, 50), "p90_s": rank(ordered, 90), "max_s": ordered[-1]}
    return {"n": len(ordered), **figures}


def _seconds(start: datetime, end: datetime) -> int:
    return max(0, int((end - start).total_seconds()))
