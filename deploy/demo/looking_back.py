"""The third part: the log keeps everything, so nothing that was is lost."""

from collections.abc import Iterator
from typing import Any

from deploy.demo import tool
from deploy.demo.screen import words
from deploy.demo.tour import Tour

HEADS = (" v", "time", "fact", "by", "status · limit · messages")


def play(tour: Tour, about: str) -> None:
    """Look back at one consultation."""
    tour.screen.part("Looking back")
    history(tour, f"/consultations/{about}")
    log(tour, about)


def history(tour: Tour, path: str) -> None:
    """Show every fact, and the consultation as it stood after each."""
    tour.step("Every fact about Siti's consultation, and how things stood after it.")
    items = tour.call(tour.budi, "GET", f"{path}/history").body["items"]
    rows = list(_rows(tour, path, items))
    tour.screen.gap()
    tour.screen.say(
        "The last column is what `?at=` answers for the time of each fact: the state rebuilt"
        " from the facts up to there. Facts of one decision are stored as one and have one state."
    )
    tour.screen.gap()
    tour.screen.rows(HEADS, rows)


def log(tour: Tour, about: str) -> None:
    """Show how the first fact is stored."""
    tour.step("All of this is in the log, the personal parts sealed with Siti's own key.")
    show = ("log", "show", f"consultation-{about}")
    tour.screen.command(tool.typed(*show))
    lines = tool.run(*show).splitlines()
    tour.screen.dump(" ".join(lines[0].split()))
    tour.screen.dump(f"… and {len(lines) - 1} more")
    tour.screen.gap()
    tour.screen.say(
        "Nothing in it is ever changed. All else, such as the list of consultations, is made"
        " from it and can be made again. Without Siti's key nobody can read what is sealed,"
        " here or in any backup: that is how a person is forgotten."
    )


def _rows(tour: Tour, path: str, items: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    following = [item["occurred_at"] for item in items[1:]]
    first = True
    for item, later in zip(items, [*following, None], strict=True):
        stood = ""
        if item["occurred_at"] != later:  # the last of its commit
            stood = _stood(tour, f"{path}?at={item['occurred_at']}", show=first)
            first = False
        at = tour.time.clock(tour.moment(item["occurred_at"]))
        yield f"{item['version']:>2}", at, _fact(item), item["actor"]["kind"], stood


def _fact(item: dict[str, Any]) -> str:
    return f"{item['type']} (note)" if item["data"].get("internal") else str(item["type"])


def _stood(tour: Tour, path: str, *, show: bool) -> str:
    then = tour.call(tour.budi, "GET", path, show=show).body
    return words(f"{then['status']} · {then['sla']['state']} · {len(then['messages'])}")
