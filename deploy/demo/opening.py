"""The first page of the tour."""

from deploy.demo.system import HOW_TO_TRAVEL
from deploy.demo.tour import Tour

CONSULTATIONS = (
    "Two people ask the statistics office of Pekanbaru for data: Siti gets her answer, Rian falls"
    " silent."
)
MORNING = "On one morning some thirty visitors come to its counters."


def play(tour: Tour, consultations: bool, morning: bool) -> None:
    """Say what there is to see."""
    screen, system = tour.screen, tour.system
    screen.title("PST Konsultasi: the tour")
    screen.gap()
    told = (CONSULTATIONS,) * consultations + (MORNING,) * morning
    screen.say(
        " ".join(told)
        + f" Nothing is pretended: the calls go over HTTP to {system.api.address}, the events come"
        " out of a queue at the broker, the e-mails out of the mail catcher.",
        margin="",
    )
    screen.gap()
    state = "open" if tour.office["open_now"] else "closed"
    screen.say(f"In the office it is {tour.time.long(tour.now())} ({state}).", margin="")
    if not system.time_travel:
        screen.gap()
        screen.say(
            "Time travel is off, so Rian's part and the morning at the counters are left out;"
            f" {HOW_TO_TRAVEL} turns it on.",
            margin="",
        )
