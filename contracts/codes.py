"""The code lists of the walk-in queue: versioned data, labelled for those who read them.

`code_lists/<version>.json` is what `GET /v1/codes` answers. A version that was in use is never
changed: each visit names the one it was written under. A change is a new file, and named here.
It is read when this is imported, as the shapes of requests are made of its codes.
"""

import json
from functools import cache
from importlib import resources
from typing import Any

from marshmallow import Schema, fields

FILE = "2026-1.json"


class LabelSchema(Schema):
    """What people read, in Indonesian and in English."""

    id = fields.String(required=True)
    en = fields.String(required=True)


class CodeSchema(Schema):
    """One entry of a list."""

    code = fields.String(required=True)
    label = fields.Nested(LabelSchema, required=True)


class CodesSchema(Schema):
    """The lists by the field that takes their codes; `version` is recorded with each visit."""

    version = fields.String(required=True)
    lists = fields.Dict(
        keys=fields.String(), values=fields.List(fields.Nested(CodeSchema)), required=True
    )


@cache
def code_lists() -> dict[str, Any]:
    """Return all of them in the shape of `CodesSchema`; do not change it."""
    file = resources.files(__package__) / "code_lists" / FILE
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def codes(name: str) -> tuple[str, ...]:
    """Return the codes of one list, in the order in which they are offered."""
    return tuple(entry["code"] for entry in code_lists()["lists"][name])


CODES_VERSION: str = code_lists()["version"]
"""Recorded with each visit."""
