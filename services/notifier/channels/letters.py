"""Letters: subject, text and HTML of each e-mail, written from `templates/`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from offices.office import Office
from services.notifier.channels import consultation_words, office_words, person_words
from services.notifier.channels.wording import (
    day_and_time,
    days_ahead,
    file_size,
    moment,
    one_line,
    quoted,
    wrapped,
)
from services.notifier.events import TO_PERSON, NotificationRequested, Template

Document = dict[str, Any]


@dataclass(frozen=True)
class Letter:
    """What the reader sees."""

    subject: str
    text: str
    html: str


class Letters:
    """Writes them; a word missing in a template is an error, never an empty place."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("services.notifier"),
            autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"one_line": one_line, "quoted": quoted, "wrapped": wrapped}

    def write(self, request: NotificationRequested, dossier: Document, office: Office) -> Letter:
        """Return the letter; `dossier` is what `queries.dossier` returns."""
        words = _words(request, dossier, office)
        text = self._templates.get_template(f"{request.template}.txt.j2")
        html = self._templates.get_template(f"{request.template}.html.j2")
        subject = "".join(text.blocks["subject"](text.new_context(words)))
        return Letter(one_line(subject), text.render(words), html.render(words))


def _words(request: NotificationRequested, dossier: Document, office: Office) -> Document:
    """Return what the templates may use."""
    match request.template:
        case Template.START_LIMIT_BREACHED:
            return office_words.alarm(dossier, office)
        case Template.DAY_SUMMARY:
            return office_words.summary(request, dossier, office)
        case (
            Template.SLA_APPROACHING
            | Template.SLA_BREACHED
            | Template.SILENCE_LAPSED
            | Template.MEETING_LINK_FAILED
        ):
            return consultation_words.to_office(request, dossier, office)
    if request.template in TO_PERSON:
        return person_words.words(dossier, office)
    return _words_of_consultation(request, dossier, office)


def _words_of_consultation(
    request: NotificationRequested, dossier: Document, office: Office
) -> Document:
    consultation, params = dossier["consultation"], request.params
    message = _message(request, consultation["messages"])
    return {
        "name": dossier["contact"]["name"],
        "number": consultation["number"],
        "topic": consultation["topic"],
        "message": message["text"],
        "files": [
            {"name": one_line(file["name"]), "size": file_size(file["size"])}
            for file in message["attachments"]
        ],
        "params": params,
        "days_left": _days_left(request, office),
        "reopen_until": params.happened_at + timedelta(days=office.policy.reopen_days),
        "office": office,
        "contact": office.document["contact"],
        "complaints": office.document["standard"]["complaints"]["online"],
        "moment": lambda at: moment(at, office.time_zone),
        "in_english_moment": lambda at: day_and_time(at, office.time_zone),
        **consultation_words.of_letter(request, dossier, office),
    }


def _message(request: NotificationRequested, messages: list[Document]) -> Document:
    """Return what a letter quotes: the question, one answer, or the officer's last word to them."""
    match request.template:
        case Template.CONSULTATION_ANSWERED | Template.CLARIFICATION_REQUESTED:
            message_id = request.params.message_id
            found = [m for m in messages if m["message_id"] == message_id]
        case Template.SILENCE_REMINDER_DUE:
            found = [m for m in messages if m["by"] == "officer" and _is_to_user(m)]
        case _:
            found = messages[:1]
    return found[-1]


def _is_to_user(message: Document) -> bool:
    return not message["internal"] and not message["automatic"]


def _days_left(request: NotificationRequested, office: Office) -> str | None:
    params, local_date = request.params, office.calendar.local_date
    if params.closes_at is None:
        return None
    return days_ahead((local_date(params.closes_at) - local_date(params.happened_at)).days)
