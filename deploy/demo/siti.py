"""The first part: a question that is answered in time."""

from typing import Any

from deploy.demo import timeline
from deploy.demo.api import Answer
from deploy.demo.local_time import skipped
from deploy.demo.system import OFFICE
from deploy.demo.tour import Person, Tour

QUESTION = {
    "office": OFFICE,
    "type": "data",
    "topic": "Inflasi Pekanbaru",
    "question": "Di mana saya menemukan angka inflasi bulanan Pekanbaru? Untuk skripsi saya.",
    "channel": "email",
    "contact": {"name": "Siti Rahma", "email": "siti@example.com"},
}
ADDED = {"text": "Maaf, lupa menulis: saya perlu tahun 2020 sampai 2025."}
NOTE = {"text": "Tahun dasar berubah pada 2024; sebutkan dalam jawaban.", "internal": True}
ANSWER = {
    "text": "Halo Siti, tabelnya ada di pekanbarukota.bps.go.id, menu Inflasi."
    " Mulai 2024 tahun dasarnya 2022, sebelumnya 2018."
}
THANKS = {"text": "Sudah saya temukan. Terima kasih banyak, Pak Budi!"}
DONE = {"reason": "resolved"}


def play(tour: Tour) -> str:
    """Play it; return the consultation's id."""
    tour.screen.part("Siti asks, Budi answers")
    consultation, path = submitted(tour)
    about = consultation["consultation_id"]
    accepted(tour, about, path)
    claimed(tour, about, path)
    siti = tour.person("Siti", "service_user", consultation["subject_id"])
    added(tour, about, path, siti)
    noted(tour, path, siti)
    answered(tour, about, path)
    thanked(tour, about, path, siti)
    closed(tour, about, path)
    published(tour, about)
    return about


def submitted(tour: Tour) -> tuple[dict[str, Any], str]:
    """Open it on behalf of Siti; return it and its path."""
    tour.step("Siti, a student, wrote to the office. Budi opens a consultation for her.")
    consultation = tour.call(tour.budi, "POST", "/consultations", QUESTION).body
    tour.screen.result(f"number {consultation['number']}, {consultation['status']}")
    tour.screen.result("no limit runs yet: it starts when an officer finds the request clear")
    tour.mail("consultation_submitted", consultation["consultation_id"], lines=4)
    return consultation, f"/consultations/{consultation['consultation_id']}"


def accepted(tour: Tour, about: str, path: str) -> None:
    """Start the limit, and see which days it leaves out."""
    tour.step("The request is clear. Budi accepts it: the limit of 3 working days starts.")
    consultation = tour.call(tour.budi, "POST", f"{path}/accept").body
    _show_due(tour, _due(tour, consultation["accepted_at"]))
    tour.screen.gap()
    tour.screen.say("The calendar knows the holidays. For an acceptance on 22 December it says:")
    year = tour.time.date(tour.now()).year
    _show_due(tour, _due(tour, f"{year}-12-22T05:00Z"))
    tour.mail("request_accepted", about, lines=4)


def claimed(tour: Tour, about: str, path: str) -> None:
    """Take it."""
    tour.step("Budi takes the consultation on himself.")
    consultation = tour.call(tour.budi, "POST", f"{path}/claim").body
    tour.screen.result(f"officer {consultation['officer_id']}")
    tour.event("consultation_assigned", about)


def added(tour: Tour, about: str, path: str, siti: Person) -> None:
    """Let Siti write."""
    tour.step("Siti adds what she forgot. Her token opens her own consultations only.")
    tour.call(siti, "POST", f"{path}/messages", ADDED)
    tour.event("message_posted", about)


def noted(tour: Tour, path: str, siti: Person) -> None:
    """Leave a note, and look at it with two pairs of eyes."""
    tour.step("Budi leaves a note for his colleagues, which is none of Siti's business.")
    tour.call(tour.budi, "POST", f"{path}/messages", NOTE)
    for who in (tour.budi, siti):
        messages = tour.call(who, "GET", path).body["messages"]
        tour.screen.result(f"{who.name} sees {len(messages)} messages")


def answered(tour: Tour, about: str, path: str) -> None:
    """Answer; the limit stops."""
    tour.step("Budi answers, which stops the limit. From now on silence is counted.")
    tour.call(tour.budi, "POST", f"{path}/messages", ANSWER)
    consultation = tour.call(tour.budi, "GET", path).body
    closes_at = tour.moment(consultation["silence"]["closes_at"])
    tour.screen.result(f"limit {consultation['sla']['state']}")
    tour.screen.result(f"without a reply it closes on {tour.time.long(closes_at)}")
    tour.mail("consultation_answered", about)


def thanked(tour: Tour, about: str, path: str, siti: Person) -> None:
    """Reply; the silence ends."""
    tour.step("Siti thanks him, which ends the silence.")
    tour.call(siti, "POST", f"{path}/messages", THANKS)
    tour.event("message_posted", about)


def closed(tour: Tour, about: str, path: str) -> None:
    """Close, twice."""
    tour.step("Budi closes the consultation, with a double click: one wish, sent twice.")
    key = f"close-{about}"
    consultation = tour.call(tour.budi, "POST", f"{path}/close", DONE, key).body
    again = tour.call(tour.budi, "POST", f"{path}/close", DONE, key)
    tour.screen.result(f"{consultation['status']}, {consultation['close_reason']}")
    replayed = again.headers.get("Idempotency-Replayed")
    tour.screen.result(
        f"the second answer says `Idempotency-Replayed: {replayed}`: one closing, one e-mail"
    )
    tour.mail("closed_by_officer", about)


def published(tour: Tour, about: str) -> None:
    """Show what the outside world was told."""
    tour.step("All the while another system has been listening. What it was told:")
    tour.screen.say(
        f"Its queue is bound to `{OFFICE}.#` on the exchange `pst.events`. It gets codes and"
        " numbers, never a name or a text. `ms` is the time from the beginning of the call that"
        " caused an event until the event was in its hands. Nothing tells of Budi's note."
    )
    tour.screen.gap()
    timeline.show(tour, about)
    timeline.show_one(tour, about, "request_accepted")


def _due(tour: Tour, start: str) -> Answer:
    query = f"office={OFFICE}&start={start}&working_days=3"
    return tour.call(tour.budi, "GET", f"/calendar/due?{query}")


def _show_due(tour: Tour, answer: Answer) -> None:
    tour.screen.result(f"due {tour.time.long(tour.moment(answer.body['due_at']))}")
    days = skipped(answer.body["skipped"])
    tour.screen.result(f"days that do not count: {days or 'none'}")
