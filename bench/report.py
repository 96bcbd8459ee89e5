"""bench/RESULTS.md with its plots."""

from datetime import UTC
from pathlib import Path

from bench import machine, plots
from bench.harness import Row, shown
from bench.table import table
from kernel.clock import Clock

HERE = Path(__file__).parent

METHOD = """\
Sides take turns within a round, who goes first changes with the round; figures are medians of
the rounds, ratios are medians of each round's own ratio. Every side warms up before. All databases
keep their files on one file system and write durably: SecantusDB with `--sync-on-commit`,
`j: true` and majority; PostgreSQL with `fsync` and `synchronous_commit` on. Peers are used as their
own documentation says. What a peer does not do that ours does (or the other way) stands with each
row."""


def write(rows: list[Row], minutes: float, rounds: int) -> None:
    """Write RESULTS.md and the plots."""
    (HERE / "plots").mkdir(exist_ok=True)
    parts = [
        "# Measured beside the peers",
        f"Written by `make bench` on {Clock().now().astimezone(UTC):%Y-%m-%d %H:%M} UTC,"
        f" in {minutes:.0f} minutes; the code is in this directory.",
        f"Rounds: {rounds}" + ("." if rounds > 2 else "; too few for medians: preliminary."),
        METHOD,
        "\n".join(f"- {line}" for line in machine.machine()),
        "Versions: " + ", ".join(machine.versions()) + ".",
        table(rows),
        *(_section(row) for row in rows),
    ]
    (HERE / "RESULTS.md").write_text("\n\n".join(parts) + "\n")


def _section(row: Row) -> str:
    plots.draw(row, HERE / "plots" / f"{row.name}.svg")
    return "\n\n".join(
        [
            f"## {row.title}",
            row.fairness,
            _figures(row),
            *row.notes,
            f"![{row.title}](plots/{row.name}.svg)",
        ]
    )


def _figures(row: Row) -> str:
    steps = sorted({at for points in row.series.values() for at in points})
    head = [f"{row.axis} →", *(f"{at:,.0f}" for at in steps)]
    body = [
        [name, *(shown(points[at]) if at in points else "" for at in steps)]
        for name, points in row.series.items()
    ]
    rule = ["---", *["---:"] * len(steps)]
    return f"In {row.unit}:\n\n" + "\n".join(f"| {' | '.join(x)} |" for x in (head, rule, *body))
