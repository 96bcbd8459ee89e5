"""Reports as comma-separated values, for people's own tools."""

import csv
import io
from typing import Any

from marshmallow import Schema, fields
from werkzeug.wrappers import Response

from gateway.responses import API_HEADERS

Document = dict[str, Any]

MEDIA_TYPE = "text/csv"

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would carry out."""


def csv_of(shape: type[Schema], report: Document, groups: dict[str, str], name: str) -> Response:
    """Answer with a line for the whole report and one for each group (list → what names one).

    The columns are those of the report's `shape`, whatever there is to tell.
    """
    lines = [{"section": "total", "key": "", **_flat(report)}]
    for listed, key in groups.items():
        lines += [{"section": listed, "key": _safe(g[key]), **_flat(g)} for g in report[listed]]
    text = _written(["section", "key", *_columns(shape())], lines)
    headers = {**API_HEADERS, "Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text, headers=headers, content_type=f"{MEDIA_TYPE}; charset=utf-8")


def _columns(shape: Schema, path: str = "") -> list[str]:
    """Return the names that `_flat` gives to figures of a shape, those of its groups among them."""
    plain: dict[str, None] = {}
    of_groups: dict[str, None] = {}
    for name, field in shape.dump_fields.items():
        if isinstance(field, fields.List):
            group = field.inner
            if isinstance(group, fields.Nested):
                of_groups |= dict.fromkeys(_columns(group.schema))
        elif isinstance(field, fields.Nested):
            plain |= dict.fromkeys(_columns(field.schema, f"{path}{name}."))
        else:
            plain[f"{path}{field.data_key or name}"] = None
    return [*(plain | of_groups)]


def _written(columns: list[str], lines: list[Document]) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
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
