"""The third part: the log keeps everything, so nothing that was is lost."""

from collections.abc import Iterator
from typing import Any

from deploy.demo import tool
from deploy.demo.tour import Tour

HEADS = (" v", "time", "fact", "by", "as it stood then")


def play(tour: Tour, about: str) -> None:
    """Look back at one consultation."""
    tour.screen.part("Looking back")
    history(tour, f"/consultations/{about}")
    log(tour, about)


def history(tour: Tour, path: str) -> None:
    """Show every fact, and the consultation as it stood after each."""
    tour.step("Every fact about Siti's consultation, and how it stood after each.")
    items = tour.call(tour.budi, "GET", f"{path}/history").body["items"]
    rows = list(_rows(tour, path, items))
    tour.screen.result(
        "the last column is what `?at=` with the time of each fact answers: the state rebuilt"
        " from the facts up to there, asked for just now"
    )
    tour.screen.gap()
    tour.screen.rows(HEADS, rows)


def log(tour: Tour, about: str) -> None:
    """Show how the first fact is stored."""
    tour.step("The log is all there is. What is personal in it is sealed with Siti's own key.")
    words = ("log", "show", f"consultation-{about}")
    tour.screen.command(tool.typed(*words))
    lines = tool.run(*words).splitlines()
    tour.screen.dump(" ".join(lines[0].split()))
    tour.screen.dump(f"… and {len(lines) - 1} more")
    tour.screen.gap()
    tour.screen.say(
        "Nothing in it is ever changed. All else, such as the list of consultations, is made"
        " from it and can be made again. Throw Siti's key away, and she is forgotten, here and"
        " in every backup."
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
        yield f"{item['version']:>2}", at, item["type"], item["actor"]["kind"], stood


def _stood(tour: Tour, path: str, *, show: bool) -> str:
    then = tour.call(tour.budi, "GET", path, show=show).body
    messages = len(then["messages"])
    return f"{then['status']}, limit {then['sla']['state']}, {messages} msg".replace("_", " ")
