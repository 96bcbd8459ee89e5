"""What becomes of refusals and results on their way out, and of wishes on their way in."""

import json
from datetime import timedelta
from typing import Any

import pytest

from contracts.common import rfc3339
from contracts.errors import Code, Rejected, Unavailable
from gateway import consultations, responses
from gateway.auth import Identity
from gateway.call import Call, wish_of
from gateway.errors import PROBLEMS, Refusal, document_of
from gateway.rate_limit import RateLimit, source_of
from kernel.config import SettingsError
from tests.support import NOON

OFFICER = Identity("budi", "officer", ("1471",), "Budi")
PERSON = Identity("ani", "service_user", (), "Ani")
CONTACT = {"name": "Ani", "email": "ani@example.id", "phone": None}


@pytest.mark.parametrize("code", list(Code))
def test_every_refusal_has_its_problem(code: Code) -> None:
    document = document_of(Rejected(code), "c-1")
    status, title = PROBLEMS[code]
    assert (document["status"], document["title"], document["code"]) == (status, title, code)
    assert 400 <= status < 500 or code is Code.UNAVAILABLE
    assert document["detail"]
    assert "errors" not in document


def test_errors_from_a_service_are_flat() -> None:
    refusal = Rejected(Code.VALIDATION_FAILED, errors={"contact": {"email": ["No."]}})  # type: ignore[dict-item]
    assert document_of(refusal, "c-1")["errors"] == {"contact.email": ["No."]}


def test_unavailable_says_when_to_come_back() -> None:
    response = responses.from_problem(Unavailable("broker", retry_after=7), "c-1")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "7")
    assert response.content_type == "application/problem+json"


def test_half_a_surrogate_pair_can_be_answered() -> None:
    assert json.loads(responses.encode({"x": "\ud800é"}).decode("utf-8")) == {"x": "\ud800é"}


def test_the_same_key_is_the_same_wish_of_the_same_caller_only() -> None:
    place = "POST /v1/consultations"
    wish = wish_of(PERSON, place, "k", {"a": 1})
    assert wish_of(PERSON, place, "k", {"a": 1}) == wish
    others = [
        wish_of(OFFICER, place, "k", {}),
        wish_of(PERSON, f"{place}/1/reopen", "k", {}),
        wish_of(PERSON, place, "l", {}),
        wish_of(Identity("ani", "officer", (), ""), place, "k", {}),
    ]
    assert wish["command_id"] not in [other["command_id"] for other in others]


def test_another_body_has_another_hash_whatever_the_order_of_names() -> None:
    wishes = [
        wish_of(PERSON, "POST /", "k", body)["request_hash"]
        for body in ({"a": 1, "b": "é"}, {"b": "é", "a": 1}, {"a": 2, "b": "é"})
    ]
    assert wishes[0] == wishes[1] != wishes[2]


def test_without_a_key_every_call_is_a_wish_of_its_own() -> None:
    first, second = (wish_of(PERSON, "POST /", None, {}) for _ in range(2))
    assert first["command_id"] != second["command_id"]


def call(identity: Identity, **body: Any) -> Call:
    return Call(identity, {}, body={"contact": None, "channel": "phone", **body})


def test_staff_submit_for_somebody() -> None:
    assert consultations.submission(call(OFFICER, contact=CONTACT))["channel"] == "phone"
    with pytest.raises(Rejected) as refusal:
        consultations.submission(call(OFFICER))
    assert refusal.value.errors == {"contact": ["Missing data for required field."]}


def test_person_submits_for_themselves_on_the_web() -> None:
    assert consultations.submission(call(PERSON))["channel"] == "web"
    with pytest.raises(Rejected) as refusal:
        consultations.submission(call(PERSON, contact=CONTACT))
    assert refusal.value.code is Code.VALIDATION_FAILED


def said(identity: Identity, **body: Any) -> dict[str, Any]:
    nothing = {"internal": False, "on_behalf": False, "channel": None, "sent_at": None}
    return consultations.message(call(identity, **{**nothing, **body}), NOON)


def test_internal_notes_are_for_staff() -> None:
    assert said(OFFICER, internal=True)["internal"]
    with pytest.raises(Rejected) as refusal:
        said(PERSON, internal=True)
    assert refusal.value.code is Code.WRONG_ROLE


def test_message_was_sent_now_on_the_web() -> None:
    assert (said(PERSON)["channel"], said(PERSON)["sent_at"]) == ("web", rfc3339(NOON))


def test_staff_say_when_and_where_a_user_said_it() -> None:
    earlier = rfc3339(NOON - timedelta(days=2))
    asked = said(OFFICER, on_behalf=True, channel="email", sent_at=earlier)
    assert (asked["channel"], asked["sent_at"]) == ("email", earlier)
    assert said(OFFICER, on_behalf=True, channel="phone")["sent_at"] == rfc3339(NOON)


@pytest.mark.parametrize(
    ("identity", "body", "field"),
    [
        (PERSON, {"on_behalf": True, "channel": "email"}, "on_behalf"),
        (PERSON, {"channel": "email"}, "channel"),
        (PERSON, {"sent_at": rfc3339(NOON)}, "sent_at"),
        (OFFICER, {"channel": "phone"}, "channel"),
        (OFFICER, {"on_behalf": True}, "channel"),
        (
            OFFICER,
            {"on_behalf": True, "channel": "email", "sent_at": rfc3339(NOON + timedelta(hours=1))},
            "sent_at",
        ),
    ],
)
def test_other_channels_are_told_of_by_staff_as_the_users(
    identity: Identity, body: dict[str, Any], field: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        said(identity, **body)
    assert refusal.value.code is Code.VALIDATION_FAILED
    assert list(refusal.value.errors or {}) == [field]


def test_staff_act_for_their_own_offices_only() -> None:
    call(OFFICER, office="1471").check_office()
    call(PERSON, office="1400").check_office()
    for elsewhere in (call(OFFICER, office="1400"), Call(OFFICER, {}, query={"office": "1400"})):
        with pytest.raises(Rejected) as refusal:
            elsewhere.check_office()
        assert refusal.value.code is Code.WRONG_OFFICE


def test_a_repeat_is_told_so() -> None:
    consultation = {"consultation_id": "c", "version": 4}
    posted = {**consultation, "message": {"message_id": "m"}, "replayed": True}
    answer = consultations.posted(posted)
    assert (answer.status, answer.payload) == (201, {"message_id": "m"})
    assert answer.headers == {
        "ETag": '"4"',
        "Idempotency-Replayed": "true",
        "Location": "/v1/consultations/c#m",
    }
    fresh = {"consultation": consultation, "replayed": False}
    assert "Idempotency-Replayed" not in consultations.changed(fresh).headers


def test_one_call_too_many_is_told_when_to_come_back() -> None:
    limit = RateLimit("2/minute")
    limit.count("officer budi")
    limit.count("officer budi")
    limit.count("officer siti")
    with pytest.raises(Refusal) as refusal:
        limit.count("officer budi")
    assert refusal.value.code is Code.RATE_LIMITED
    assert 1 <= int(refusal.value.headers["Retry-After"]) <= 61


def test_rate_that_is_none_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="PST_RATE_LIMIT"):
        RateLimit("often")


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        (None, ""),
        ("unix:", "unix:"),
    ],
)
def test_a_network_of_one_customer_is_one_source(address, source):
    """Who has an IPv6 network has more addresses than anybody could limit one by one."""
    assert source_of(address) == source
