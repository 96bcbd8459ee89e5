"""What the e-mails to an office say, as words for their templates: the alarm and the summary."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from offices.office import Office
from services.notifier.alarms import QUIET
from services.notifier.channels.wording import clock, day, share, short_day, span
from services.notifier.events import NotificationRequested

Document = dict[str, Any]

LISTED = 6
"""So many desks are named; of more, it is said how many. A phone shows few lines."""

LANES = {"id": {"regular": "reguler", "priority": "prioritas"}}

REASONS = {
    "id": {
        "elderly": "lansia",
        "disability": "penyandang disabilitas",
        "pregnant": "ibu hamil",
        "with_infant": "membawa bayi",
        "appointment": "janji temu",
        "recall": "dipanggil kembali",
        "other": "lainnya",
    },
    "en": {
        "with_infant": "with infant",
        "recall": "called again",
    },
}
"""A word that is missing here is said as its code."""


def alarm(dossier: Document, office: Office) -> Document:
    """Return the words of an alarm; `late` is what the queue service answers."""
    late, zone = dossier["late"], office.time_zone
    late_since = [datetime.fromisoformat(each["t0"]) for each in late["late"]]
    spoken = {
        locale: {
            "at": clock(datetime.fromisoformat(late["at"]), zone, locale),
            "late": [
                {
                    **each,
                    "since": clock(datetime.fromisoformat(each["t0"]), zone, locale),
                    "lane": LANES.get(locale, {}).get(each["lane"], each["lane"]),
                }
                for each in late["late"]
            ],
            **_desks(late["desks"], "lainnya" if locale == "id" else "more"),
        }
        for locale in ("id", "en")
    }
    return {
        **spoken,
        **_of_office(office),
        "numbers": ", ".join(each["number"] for each in late["late"]),
        "since": clock(min(late_since), zone),
        "waiting": late["waiting"],
        "breached": late["breached"],
        "quiet_min": int(QUIET.total_seconds() // 60),
    }


def _desks(desks: list[Document], more: str) -> Document:
    """Return which desks are free, which are busy and with whom, and how many nobody uses."""
    used = [desk for desk in desks if desk["used"]]
    busy = [f"{d['counter']} ({d['number']})" for d in used if d["number"]]
    return {
        "free": _listed((d["counter"] for d in used if not d["number"]), more),
        "busy": _listed(busy, more),
        "unused": len(desks) - len(used),
    }


def _listed(names: Iterable[str], more: str) -> str:
    names = list(names)
    rest = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f", +{rest} {more}" if rest > 0 else "")


def summary(request: NotificationRequested, dossier: Document, office: Office) -> Document:
    """Return the words of the day's summary; `report` is what the queue service answers."""
    report, on = dossier["report"], request.params.service_date
    if on is None:
        raise ValueError("a summary without its day")
    return {
        **_of_office(office),
        "report": report,
        "tickets": {name: report["tickets"].get(name, 0) for name in ENDS},
        "short_day": short_day(on),
        **{locale: _figures(report, locale) | {"day": day(on, locale)} for locale in ("id", "en")},
    }


ENDS = ("issued", "finished", "referred", "no_show", "cancelled", "expired")


def _figures(report: Document, locale: str) -> Document:
    wait, within = report["wait"], report["share_within_limit"]
    spoken = partial(span, locale=locale)
    return {
        "share": None if within is None else share(within, locale),
        "wait": None if wait is None else {name: spoken(wait[name]) for name in wait},
        "overtakes": [
            {**each, "reason": REASONS[locale].get(each["reason"], each["reason"])}
            for each in report["overtakes"]
        ],
    }


def _of_office(office: Office) -> Document:
    return {"office": office, "limit_min": office.queue.start_limit_min}
