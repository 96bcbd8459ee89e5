"""The types in which a commit is stored, where its hash is blind to them.

The hash is one of JSON: a time and its ISO string, bytes and their base64, null and NaN read
the same there. So each value is held against the type that it is written in.
"""

from datetime import datetime
from math import isfinite
from typing import Any

from bson.int64 import Int64

from kernel.database import Document

_INT32 = 2**31
_OWN = {"position": int, "version": int, "recorded_at": datetime, "hash": bytes, "events": list}


def as_written(document: Document) -> Document:
    """Return a commit with the plain values that were hashed; raise `TypeError` at any other.

    A field too many or too few is not looked for.
    """
    found = {**document, "version": _plain("version", document["version"])}
    found["position"] = _plain("position", document["position"])
    for name, kind in _OWN.items():
        if type(found[name]) is not kind:
            raise _other(name, found[name])
    found["events"] = [_event(f"events.{n}", event) for n, event in enumerate(found["events"])]
    return {k: v if k in _OWN else _plain(k, v) for k, v in found.items()}


def _event(where: str, event: Any) -> Any:
    if type(event) is not dict or type(event.get("occurred_at")) is not datetime:
        raise _other(where, event)
    at = event["occurred_at"]
    return {k: at if k == "occurred_at" else _plain(f"{where}.{k}", v) for k, v in event.items()}


def _plain(where: str, value: Any) -> Any:
    """Return a value of JSON; large numbers come from the database as `Int64`."""
    if value is None or type(value) in (str, int, bool):
        return value
    if type(value) is Int64 and not -_INT32 <= value < _INT32:
        return int(value)
    if type(value) is float and isfinite(value):
        return value
    if type(value) is list:
        return [_plain(f"{where}.{n}", each) for n, each in enumerate(value)]
    if type(value) is dict:
        return {k: _plain(f"{where}.{k}", each) for k, each in value.items()}
    raise _other(where, value)


def _other(where: str, value: Any) -> TypeError:
    return TypeError(f"{where} is stored as {type(value).__name__}")
