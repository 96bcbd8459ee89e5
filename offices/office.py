"""Offices as their files describe them: read once at start, never changed afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import yaml
from marshmallow import ValidationError
from marshmallow.exceptions import SCHEMA

from contracts.offices import WEEKDAYS, OfficeDocumentSchema, OfficeFileSchema
from kernel.config import SettingsError
from offices.calendar import Override, WorkingCalendar
from offices.office_yaml import OfficeYamlLoader
from offices.opening_hours import HoursRow, OpeningHours, Span
from offices.public_holidays import DayKind


class OfficeFileError(SettingsError):
    """An office file that cannot be used; one line that names the file and the field."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Values of the rules; `reminder_time` is local."""

    limit_working_days: int
    silence_days: int
    reminder_days: tuple[int, ...]
    reminder_time: time
    silence_close: str  # "auto", or "officer_confirms" the close
    reopen_days: int
    attachments_mb: int  # of one consultation in all


@dataclass(frozen=True, kw_only=True)
class QueuePolicy:
    """Values of the walk-in queue, as `contracts/offices.py` has them."""

    single_stop: bool
    tickets_a_day: int
    last_ticket_before_close_min: int
    priority_in_a_row: int
    calls: int
    recall_after_s: int
    missed_after_s: int
    reinstate_within_min: int
    undo_within_min: int
    start_warning_min: int
    start_limit_min: int
    close_after_min: int
    at_close: str  # "expire" or "serve" who still waits


@dataclass(frozen=True, kw_only=True)
class Recipients:
    """Addresses of the office itself: who is told that a limit was breached, and of the day.

    `consultations`: who is told of the online consultation.
    """

    alarms: tuple[str, ...]
    summary: tuple[str, ...]
    consultations: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Office:
    """One office. `document` is what everyone may see of it, JSON-plain; do not change it."""

    id: str
    name: str
    time_zone: str
    document: dict[str, Any]
    hours: OpeningHours
    calendar: WorkingCalendar
    policy: Policy
    queue: QueuePolicy
    counters: dict[str, str]  # counter → stop
    mail_from: str
    recipients: Recipients
    webapi_domain: str  # under which BPS lists what it publishes

    def is_open(self, at: datetime, until: datetime | None = None) -> bool:
        """Tell whether visitors are served at `at`: a working day, in hours, no break.

        With `until`: from then to there without a break.
        """
        return self.calendar.is_open(at, until)


def load_offices(directory: Path) -> dict[str, Office]:
    """Read `<office>.yaml` of every office, by office id.

    Raises `OfficeFileError` for a missing or empty directory and for a file that is not
    YAML, has a wrong or unknown field, or is named differently than its office.
    """
    if not directory.is_dir():
        raise OfficeFileError(f"{directory}: no such directory of office files")
    offices = {path.stem: _load_office(path) for path in sorted(directory.glob("*.yaml"))}
    if not offices:
        raise OfficeFileError(f"{directory}: no office file (<office>.yaml) in it")
    return offices


def _load_office(path: Path) -> Office:
    try:
        data: dict[str, Any] = OfficeFileSchema().load(_read(path))
    except ValidationError as error:
        raise OfficeFileError(f"{path}: {'; '.join(_lines(error.messages))}") from error
    if data["office"] != path.stem:
        raise OfficeFileError(
            f"{path}: office: is {data['office']}, but the file is named {path.stem}"
        )
    return _office(data)


def _read(path: Path) -> Any:
    try:
        return yaml.load(path.read_text("utf-8"), OfficeYamlLoader)  # noqa: S506 makes only texts, lists, dicts
    except (OSError, UnicodeDecodeError) as error:
        raise OfficeFileError(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise OfficeFileError(f"{path}: not YAML: {' '.join(str(error).split())}") from error


def _lines(messages: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Flatten marshmallow's tree into `standard.limits.online: Missing data …`."""
    if isinstance(messages, dict):
        for key, message in messages.items():
            yield from _lines(message, path if key == SCHEMA else (*path, str(key)))
    else:
        yield f"{'.'.join(path) or 'the whole file'}: {' '.join(messages)}"


def _office(data: dict[str, Any]) -> Office:
    hours = OpeningHours(tuple(_hours_row(row) for row in data["opening_hours"]))
    overrides = tuple(
        Override(day["date"], DayKind(day["kind"]), day["name"], day["decree_no"])
        for day in data["calendar"]
    )
    return Office(
        id=data["office"],
        name=data["name"],
        time_zone=data["time_zone"],
        document=_plain_document(data),
        hours=hours,
        calendar=WorkingCalendar(data["time_zone"], hours, overrides),
        policy=Policy(**data["policy"] | {"reminder_days": tuple(data["policy"]["reminder_days"])}),
        queue=QueuePolicy(**data["queue"]),
        counters={each["counter"]: each["stop"] for each in data["counters"]},
        mail_from=data["mail_from"],
        recipients=_recipients(data),
        webapi_domain=data["webapi_domain"] or data["office"],
    )


def _recipients(data: dict[str, Any]) -> Recipients:
    named = {"consultations": [data["mail_from"]], **data["recipients"]}
    return Recipients(**{name: tuple(to) for name, to in named.items()})


def _plain_document(data: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = OfficeDocumentSchema().dump(data)
    return document


def _hours_row(row: dict[str, Any]) -> HoursRow:
    return HoursRow(
        weekdays=frozenset(WEEKDAYS.index(name) for name in row["weekdays"]),
        intervals=_spans(row["intervals"]),
        breaks=_spans(row["breaks"]),
        valid_from=row["valid_from"] or date.min,
        valid_until=row["valid_until"] or date.max,
        special=row["special"],
    )


def _spans(spans: list[dict[str, Any]]) -> tuple[Span, ...]:
    return tuple(Span(span["start"], span["end"]) for span in spans)
