"""All verdicts of a run as one table."""

from bench.harness import Row, Verdict, shown

HEAD = ("what", "ours", "peer", "figure", "target", "")


def table(rows: list[Row]) -> str:
    """Return all verdicts as a table of Markdown that can be read as it is."""
    lines: list[tuple[str, ...]] = [HEAD]
    for row in rows:
        lines.append((f"**{row.title}**", *[""] * 5))
        lines += [_cells(verdict) for verdict in row.verdicts]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    shown_lines = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([shown_lines[0], rule, *shown_lines[1:]])


def _cells(verdict: Verdict) -> tuple[str, ...]:
    figure = f"{shown(verdict.figure)} {verdict.unit}"
    if verdict.target is None:
        return (verdict.what, verdict.ours, verdict.peer, figure, "", "")
    bound = "≥" if verdict.unit == "×" else "≤"
    target = f"{bound} {verdict.target:g} {verdict.unit}"
    return (
        verdict.what,
        verdict.ours,
        verdict.peer,
        figure,
        target,
        "ok" if verdict.ok else "MISS",
    )
