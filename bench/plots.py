"""One plot a row: its series over its axis."""

from pathlib import Path

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot

from bench.harness import Row

STYLE = {"svg.fonttype": "none", "svg.hashsalt": "pst", "font.size": 9, "axes.grid": True}
"""Text stays text, and the same figures make the same file."""


def draw(row: Row, path: Path) -> None:
    """Write the row's plot as SVG; peers dashed."""
    with mpl.rc_context({**STYLE, "grid.alpha": 0.3}):
        figure, axes = pyplot.subplots(figsize=(6.4, 3.4), layout="constrained")
        for name, points in row.series.items():
            line = "-" if row.is_ours(name) else "--"
            axes.plot(list(points), list(points.values()), line, marker="o", label=name)
        ticks = sorted({at for points in row.series.values() for at in points})
        axes.set_xscale("log")
        axes.set_xticks(ticks, [f"{at:,.0f}" for at in ticks])
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.set_xlabel(row.axis)
        axes.set_ylabel(row.unit)
        axes.set_title(row.title)
        axes.legend(fontsize=8)
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)
