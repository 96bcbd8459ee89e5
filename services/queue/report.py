"""The waiting report: what the log says of how long people waited, from the view of the waits."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from host.figures import rank, share
from offices.office import Office
from services.queue.day import ENDS
from services.queue.estimates import waited_s

Document = dict[str, Any]


def waiting(office: Office, waits: Iterable[Document]) -> Document:
    """Return counts, waits in service seconds, the share within the limit, and every overtaking.

    Only who was served has waited to an end; percentiles are of the nearest rank. Each wait is
    counted as it comes, so that who hands them over can let others have their turn in between.
    """
    tally = _Tally(office)
    for wait in waits:
        tally.add(wait)
    return tally.shown()


class _Begun:
    """Those whose service began: how long they waited, and how many of them within the limit."""

    def __init__(self) -> None:
        self._waited: list[int] = []
        self._within = 0

    def add(self, wait: Document) -> None:
        """Take one in."""
        self._waited.append(wait["waited_s"])
        self._within += wait["within_limit"]

    def shown(self) -> Document:
        """Return what there is to say of them."""
        waited = sorted(self._waited)
        return {
            "started": len(waited),
            "within_limit": self._within,
            "share_within_limit": share(self._within, len(waited)),
            "wait": {"p50_s": rank(waited, 50), "p90_s": rank(waited, 90), "max_s": waited[-1]}
            if waited
            else None,
        }


class _Tally:
    """What has been counted so far."""

    def __init__(self, office: Office) -> None:
        self._local = office.calendar.local
        self._dates: set[str] = set()
        self._ends = Counter[str | None]()
        self._begun = _Begun()
        self._by_hour: defaultdict[int, _Begun] = defaultdict(_Begun)
        self._by_counter: defaultdict[str, _Begun] = defaultdict(_Begun)
        self._breached = self._without_email = self._unsigned = self._told = self._kept = 0
        self._calls, self._overtaken = Counter[str](), Counter[str]()

    def add(self, wait: Document) -> None:
        """Count one ticket."""
        self._dates.add(wait["service_date"])
        self._ends[wait["ended"]] += 1
        self._breached += wait["breached"]
        self._without_email += wait["without_email"]
        for call in wait["overtakes"]:
            self._calls[call["reason"]] += 1
            self._overtaken[call["reason"]] += call["overtaken"]
        if wait["started_at"] is not None:
            self._add_begun(wait)

    def _add_begun(self, wait: Document) -> None:
        hour, counter = self._local(wait["started_at"]).hour, wait["counter"]
        for begun in (self._begun, self._by_hour[hour], self._by_counter[counter]):
            begun.add(wait)
        self._unsigned += not wait["signed"]
        if (told := wait["told_p90_s"]) is not None:
            self._told += 1
            self._kept += waited_s(wait) <= told

    def shown(self) -> Document:
        """Return the report."""
        ends = {end.value: self._ends[end.value] for end in ENDS}
        share_kept = share(self._kept, self._told)
        return {
            "days": len(self._dates),
            "tickets": {"issued": self._ends.total(), **ends},
            **self._begun.shown(),
            "breached": self._breached,
            "without_email": self._without_email,
            "without_guest_book": self._unsigned,
            "estimates": {"told": self._told, "kept": self._kept, "share_kept": share_kept},
            "overtakes": [
                {"reason": r, "calls": self._calls[r], "overtaken": self._overtaken[r]}
                for r in sorted(self._calls)
            ],
            "by_hour": _grouped("hour", self._by_hour),
            "by_counter": _grouped("counter", self._by_counter),
        }


def _grouped(name: str, groups: dict[Any, _Begun]) -> list[Document]:
    return [{name: value, **groups[value].shown()} for value in sorted(groups)]
