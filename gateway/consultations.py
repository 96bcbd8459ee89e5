"""What HTTP adds to the consultation service: who may say what, and the headers of answers."""

from datetime import datetime
from typing import Any

from contracts.common import rfc3339
from contracts.errors import Code, Rejected
from gateway.call import Answer, Call

Result = dict[str, Any]


def submission(call: Call) -> dict[str, Any]:
    """Return the request to submit: staff name the person they speak for, others are one.

    Raises `Rejected` (validation_failed): staff without `contact`, anyone else with it.
    """
    contact = call.body["contact"]
    if call.identity.is_staff:
        if contact is None:
            raise _wrong("contact", "Missing data for required field.")
        return call.request
    if contact is not None:
        raise _wrong("contact", "Only staff opens a consultation on behalf of somebody.")
    return call.request | {"channel": "web"}


def message(call: Call, now: datetime) -> dict[str, Any]:
    """Return the request to post.

    A message is sent when it reaches us: however long it then takes, nobody was silent. Of what
    staff write down for a user, they say when and on which channel it came.

    Raises `Rejected`: wrong_role for a note that is not staff's, validation_failed for words of
    another channel that are not staff's either, are none of a user's, or were sent later than now.
    """
    if call.body["internal"] and not call.identity.is_staff:
        raise Rejected(Code.WRONG_ROLE, "Internal notes are for staff.")
    _check_other_channel(call, now)
    said = {"sent_at": call.body["sent_at"] or rfc3339(now)}
    return call.request | said | {"channel": call.body["channel"] or "web"}


def _check_other_channel(call: Call, now: datetime) -> None:
    body = call.body
    if body["on_behalf"]:
        if not call.identity.is_staff:
            raise _wrong("on_behalf", "Only staff write down what a user said.")
        if body["channel"] is None:
            raise _wrong("channel", "Missing data for required field.")
        if body["sent_at"] is not None and body["sent_at"] > rfc3339(now):
            raise _wrong("sent_at", "Must not lie ahead.")
        return
    for name in ("channel", "sent_at"):
        if body[name] is not None:
            raise _wrong(name, "Only with on_behalf.")


def meeting(result: Result, status: int = 200) -> Answer:
    """Answer with one meeting; the version is that of its consultation."""
    known = result["consultation"]["meetings"]
    (found,) = (m for m in known if m["meeting_id"] == result["meeting_id"])
    place = {"Location": f"{_address(result)}#{found['meeting_id']}"} if status == 201 else {}
    return Answer(found, status, _headers(result) | place)


def changed(result: Result) -> Answer:
    """Answer with the consultation as it now stands."""
    return Answer(result["consultation"], headers=_headers(result))


def shown(result: Result) -> Answer:
    """Answer with the consultation and its version."""
    return Answer(result["consultation"], headers=_etag(result))


def submitted(result: Result) -> Answer:
    """Answer with the new consultation, and where it is."""
    headers = _headers(result) | {"Location": _address(result)}
    return Answer(result["consultation"], 201, headers)


def posted(result: Result) -> Answer:
    """Answer with the new message; the version is that of its consultation."""
    message, of = result["message"], result["consultation_id"]
    place = {"Location": f"/v1/consultations/{of}#{message['message_id']}"}
    etag = {"ETag": f'"{result["version"]}"'}
    return Answer(message, 201, etag | _replayed(result) | place)


def _headers(result: Result) -> dict[str, str]:
    return _etag(result) | _replayed(result)


def _replayed(result: Result) -> dict[str, str]:
    return {"Idempotency-Replayed": "true"} if result["replayed"] else {}


def _etag(result: Result) -> dict[str, str]:
    return {"ETag": f'"{result["consultation"]["version"]}"'}


def _address(result: Result) -> str:
    return f"/v1/consultations/{result['consultation']['consultation_id']}"


def _wrong(field: str, message: str) -> Rejected:
    return Rejected(Code.VALIDATION_FAILED, "See `errors`.", {field: [message]})
