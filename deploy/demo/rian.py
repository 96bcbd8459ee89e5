"""The second part: a week of silence, travelled through in seconds."""

from datetime import datetime, timedelta
from typing import Any

from deploy.demo import timeline
from deploy.demo.screen import words
from deploy.demo.system import HOW_TO_TRAVEL, OFFICE
from deploy.demo.tour import Tour

QUESTION = {
    "office": OFFICE,
    "type": "data",
    "topic": "Penduduk menurut kecamatan",
    "question": "Berapa jumlah penduduk setiap kecamatan di Pekanbaru?",
    "channel": "phone",
    "contact": {"name": "Rian Saputra", "email": "rian@example.com"},
}
ANSWER = {"text": "Angkanya ada di Kota Pekanbaru Dalam Angka, bab 3. Apakah itu cukup?"}
LATE = {"text": "Maaf terlambat, saya baru pulang KKN. Adakah angka menurut umur?"}

LATER = timedelta(hours=7, minutes=30)

REMINDER_LINES = 5
"""So many that the first reminder is shown down to the date."""


def leave_out(tour: Tour) -> None:
    """Say what there would have been to see, and how to see it."""
    tour.screen.part("Rian falls silent: left out")
    tour.screen.gap()
    tour.screen.say(
        "He would be reminded on days 3, 5 and 6, and after the seventh the consultation would"
        f" close by itself. To see it today, end the system, start it with {HOW_TO_TRAVEL} and"
        " take the tour again; the data stays."
    )


def play(tour: Tour) -> str:
    """Play it; return the consultation's id."""
    tour.screen.part("Rian falls silent")
    consultation, reminders = answered(tour)
    about = consultation["consultation_id"]
    path = f"/consultations/{about}"
    day_0 = tour.time.date(tour.moment(consultation["answered_at"]))
    for n, at in enumerate(reminders, start=1):
        reminded(tour, about, n, at, (tour.time.date(at) - day_0).days)
    closed(tour, about, tour.moment(consultation["silence"]["closes_at"]))
    replied(tour, path, consultation)
    published(tour, about)
    return about


def answered(tour: Tour) -> tuple[dict[str, Any], list[datetime]]:
    """Come as far as the answer; return the consultation, and when he will be reminded."""
    tour.step("Rian Saputra asks by phone, and is answered at once.")
    about = tour.call(tour.budi, "POST", "/consultations", QUESTION).body["consultation_id"]
    path = f"/consultations/{about}"
    tour.call(tour.budi, "POST", f"{path}/accept")
    tour.call(tour.budi, "POST", f"{path}/messages", ANSWER)
    consultation = tour.call(tour.budi, "GET", path).body
    for template in ("consultation_submitted", "request_accepted", "consultation_answered"):
        tour.sent(template, about)
    items = tour.call(tour.budi, "GET", f"{path}/history").body["items"]
    started = next(i for i in items if i["type"] == "silence_started")
    reminders = [tour.moment(at) for at in started["data"]["reminders_at"]]
    closes_at = tour.moment(consultation["silence"]["closes_at"])
    tour.screen.result("three e-mails to Rian, like those to Siti")
    tour.screen.result(f"without a reply it closes on {tour.time.exact(closes_at)}")
    tour.screen.result(f"reminders: {', '.join(tour.time.short(at) for at in reminders)}")
    return consultation, reminders


def reminded(tour: Tour, about: str, n: int, at: datetime, day: int) -> None:
    """Travel to a reminder and see it come."""
    tour.step(f"Day {day} of silence: reminder {n}.")
    tour.travel(at)
    came = tour.event("silence_reminder_due", about)
    tour.screen.result(f"{tour.time.clock(came.at)}  {came.name} {came.data['n']}")
    tour.mail("silence_reminder_due", about, REMINDER_LINES if n == 1 else 0)


def closed(tour: Tour, about: str, at: datetime) -> None:
    """Travel to the end and see it come."""
    tour.step("Day 7 ends, and nobody has written: the consultation closes by itself.")
    tour.travel(at)
    came = tour.event("consultation_closed", about)
    tour.screen.result(f"{tour.time.clock(came.at)}  {came.name}, reason {came.data['reason']}")
    tour.mail("closed_by_silence", about)


def replied(tour: Tour, path: str, before: dict[str, Any]) -> None:
    """Write after all."""
    tour.step("The next morning Rian writes after all. His message opens it again.")
    tour.travel(tour.moment(before["silence"]["closes_at"]) + LATER)
    rian = tour.person("Rian", "service_user", before["subject_id"])
    tour.call(rian, "POST", f"{path}/messages", LATE)
    after = tour.call(rian, "GET", path).body
    tour.event("message_posted", before["consultation_id"])
    tour.screen.result(f"{after['number']}: {words(after['status'])}, turn: {after['turn']}")
    tour.screen.result(f"the limit is not counted twice: {after['sla']['state']}")


def published(tour: Tour, about: str) -> None:
    """Show what the outside world was told."""
    tour.step("And this is what the other system was told of Rian's week.")
    tour.screen.say("What the clock did was caused by no call, so it has no `ms`.")
    tour.screen.gap()
    timeline.show(tour, about)
