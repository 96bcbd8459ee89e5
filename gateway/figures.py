"""Reports as comma-separated values, for people's own tools."""

import csv
import io
from typing import Any

from werkzeug.wrappers import Response

from gateway.responses import API_HEADERS

Document = dict[str, Any]

MEDIA_TYPE = "text/csv"

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would carry out."""


def csv_of(report: Document, groups: dict[str, str], name: str) -> Response:
    """Answer with a line for the whole report and one for each group (list → what names one)."""
    lines = [{"section": "total", "key": "", **_flat(report)}]
    for listed, key in groups.items():
        lines += [{"section": listed, "key": _safe(g[key]), **_flat(g)} for g in report[listed]]
    text = _written(lines)
    headers = {**API_HEADERS, "Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text, headers=headers, content_type=f"{MEDIA_TYPE}; charset=utf-8")


def _written(lines: list[Document]) -> str:
    columns = list(dict.fromkeys(name for line in lines for name in line))
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="")
    writer.writeheader()
    writer.writerows(lines)
    return file.getvalue()


def _flat(figures: Document, path: str = "") -> Document:
    """Return the figures with their path as their name; lists stand on lines of their own."""
    found: Document = {}
    for name, value in figures.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{path}{name}.")
        elif not isinstance(value, list):
            found[f"{path}{name}"] = _safe(value)
    return found


def _safe(value: Any) -> Any:
    """A spreadsheet takes some texts for formulas."""
    return f"'{value}" if isinstance(value, str) and value[:1] in FORMULA else value
