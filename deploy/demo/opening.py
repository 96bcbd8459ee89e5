"""The first page of the tour."""

from deploy.demo.system import HOW_TO_TRAVEL
from deploy.demo.tour import Tour


def play(tour: Tour) -> None:
    """Say what there is to see."""
    screen, system = tour.screen, tour.system
    screen.title("PST Konsultasi: the tour")
    screen.gap()
    screen.say(
        "Two people ask the statistics office of Pekanbaru for data: Siti gets her answer, Rian"
        " falls silent. Nothing is staged: the calls go over HTTP to"
        f" {system.api.address}, the events come out of a queue at the broker, the e-mails out"
        " of the mail catcher.",
        margin="",
    )
    screen.gap()
    state = "open" if tour.office["open_now"] else "closed"
    screen.say(f"In the office it is {tour.time.long(tour.now())} ({state}).", margin="")
    if not system.time_travel:
        screen.gap()
        screen.say(
            f"Time travel is off, so Rian's part is left out; {HOW_TO_TRAVEL} turns it on.",
            margin="",
        )
