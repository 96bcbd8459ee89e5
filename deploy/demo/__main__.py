"""Play two consultations and a morning at the counters against the running system.

Run as `python -m deploy.demo`. Settings are found as `pst` finds them. Exit status: 0 when played
to the end, 1 when something is not there or does not come (one line on stderr says what), 2 when
a setting is wrong, 130 after Ctrl-C.
"""

import os
import sys

import click

from deploy.demo import closing, looking_back, morning, opening, rian, siti, system
from deploy.demo.listener import Listener
from deploy.demo.mailbox import Mailbox
from deploy.demo.screen import Screen
from deploy.demo.tour import Tour
from deploy.problem import Problem
from kernel.config import SettingsError

CONSULTATIONS, MORNING = STORIES = ("consultations", "morning")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--fast", is_flag=True, help="Without the pauses that are made at a terminal.")
@click.option(
    "--story",
    type=click.Choice(STORIES),
    multiple=True,
    default=STORIES,
    help="Play only this one; default: all.",
)
def main(fast: bool, story: tuple[str, ...]) -> None:
    """Play two consultations and a morning at the counters, and tell what happens."""
    try:
        play(Screen(paced=not fast), story)
    except KeyboardInterrupt:
        click.echo("\nThe tour ends here.", err=True)
        sys.exit(130)
    except SettingsError as error:
        sys.exit(_complaint(error, 2))
    except Problem as problem:
        sys.exit(_complaint(problem, 1))


def play(screen: Screen, stories: tuple[str, ...]) -> None:
    """Take the tour from the first page to the last."""
    found = system.find(os.environ)
    with Listener(found.settings.amqp_url, f"{system.OFFICE}.#") as listener:
        tour = Tour(found, screen, listener, Mailbox(found.run_dir / "mail"))
        opening.play(tour, CONSULTATIONS in stories, MORNING in stories)
        silent = consultations(tour) if CONSULTATIONS in stories else None
        if MORNING in stories:
            morning.play(tour)
        closing.play(tour, silent)


def consultations(tour: Tour) -> str | None:
    """Play Siti's and Rian's; return the one that waits for an answer in the end."""
    answered = siti.play(tour)
    silent = rian.play(tour) if tour.system.time_travel else None
    if silent is None:
        rian.leave_out(tour)
    looking_back.play(tour, answered)
    return silent


def _complaint(error: Exception, status: int) -> int:
    click.echo(error, err=True)
    return status


if __name__ == "__main__":
    main(prog_name="python -m deploy.demo")
