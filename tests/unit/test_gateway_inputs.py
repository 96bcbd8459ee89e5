"""Headers, path, query and body of a call, held against what was declared."""

from typing import Any

import pytest
from werkzeug.datastructures import Headers

from contracts.calendar import DueQuerySchema
from contracts.consultation import (
    AtQuerySchema,
    ListQuerySchema,
    MessageBodySchema,
    SubmitSchema,
)
from contracts.errors import Code, Rejected
from contracts.queue import DatesQuerySchema
from gateway import headers
from gateway.inputs import Inputs


def errors_of(inputs: Inputs) -> dict[str, list[str]]:
    with pytest.raises(Rejected) as refusal:
        inputs.check()
    assert refusal.value.code is Code.VALIDATION_FAILED
    assert refusal.value.errors
    return refusal.value.errors


def query(schema: Any, **given: str) -> tuple[Inputs, dict[str, Any]]:
    inputs = Inputs()
    return inputs, inputs.take_text(schema(), ((name, [text]) for name, text in given.items()))


def test_body_is_taken_with_its_defaults() -> None:
    inputs = Inputs()
    taken = inputs.take(MessageBodySchema(), {"text": "Halo"})
    elsewhere = {"on_behalf": False, "channel": None, "sent_at": None}
    assert taken == {"text": "Halo", "internal": False, "attachments": [], **elsewhere}
    inputs.check()


@pytest.mark.parametrize("internal", [1, 0, "true", "yes", 1.0, None, []])
def test_only_booleans_are_booleans(internal: object) -> None:
    inputs = Inputs()
    inputs.take(MessageBodySchema(), {"text": "Halo", "internal": internal})
    assert errors_of(inputs).keys() == {"internal"}


def test_nested_errors_have_dotted_names() -> None:
    inputs = Inputs()
    contact = {"name": "Ani", "email": "nowhere", "nik": "1471"}
    wish = {"office": "1471", "type": "data", "topic": "t", "question": "q", "contact": contact}
    inputs.take(SubmitSchema(), wish)
    assert errors_of(inputs) == {
        "contact.email": ["Not a valid email address."],
        "contact.nik": ["Unknown field."],
    }


def test_names_of_unknown_fields_are_cut_and_few() -> None:
    inputs = Inputs()
    inputs.take(MessageBodySchema(), {f"{number}{'x' * 5000}": 1 for number in range(500)})
    named = errors_of(inputs)
    assert len(named) == 50
    assert max(map(len, named)) <= 101


def test_query_texts_become_what_they_say() -> None:
    inputs, taken = query(ListQuerySchema, limit="7", overdue="true", status="closed")
    inputs.check()
    assert (taken["limit"], taken["overdue"], taken["status"]) == (7, True, "closed")


def test_times_are_plain_again_after_the_check() -> None:
    inputs, taken = query(AtQuerySchema, at="2026-11-25T15:30:00+07:00")
    inputs.check()
    assert taken == {"at": "2026-11-25T08:30:00.000Z"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "1_0"),
        ("limit", "1.0"),
        ("limit", "٣"),
        ("limit", "9" * 400),
        ("overdue", "yes"),
        ("overdue", "1"),
        ("status", "open"),
        ("office", ""),
        ("cursor", "a\x00"),
        ("page", "2"),
    ],
)
def test_wrong_query_is_named(name: str, text: str) -> None:
    inputs, _ = query(ListQuerySchema, **{name: text})
    assert errors_of(inputs).keys() == {name}


def test_an_officers_and_nobodys_are_not_asked_for_at_once() -> None:
    inputs, _ = query(ListQuerySchema, officer="budi", unassigned="true")
    assert errors_of(inputs).keys() == {"unassigned"}


@pytest.mark.parametrize(
    "start", ["yesterday", "2026-11-25", "2026-11-25T08:00:00", "1999-12-31T00:00:00Z", "null"]
)
def test_wrong_time_is_named(start: str) -> None:
    inputs, _ = query(DueQuerySchema, office="1471", start=start, working_days="3")
    assert errors_of(inputs).keys() == {"start"}


def test_parameter_given_twice_is_refused() -> None:
    inputs = Inputs()
    inputs.take_text(ListQuerySchema(), [("limit", ["1", "2"])])
    assert errors_of(inputs) == {"limit": ["Given more than once."]}


@pytest.mark.parametrize("key", ["k", "a b", "~" * 128])
def test_printable_key_is_taken(key: str) -> None:
    assert headers.idempotency_key(Headers({"Idempotency-Key": key})) == key


@pytest.mark.parametrize("key", ["", " ", "~" * 129, "é", "a\tb"])
def test_other_key_is_refused(key: str) -> None:
    with pytest.raises(Rejected) as refusal:
        headers.idempotency_key(Headers({"Idempotency-Key": key}))
    assert refusal.value.errors is not None
    assert refusal.value.errors.keys() == {"Idempotency-Key"}


@pytest.mark.parametrize(("condition", "version"), [('"3"', 3), ("*", None), (None, None)])
def test_if_match_names_a_version(condition: str | None, version: int | None) -> None:
    given = Headers({} if condition is None else {"If-Match": condition})
    assert headers.expected_version(given) == version


@pytest.mark.parametrize("condition", ["3", 'W/"3"', '"x"', '""', '"3", "4"', '"' + "9" * 30 + '"'])
def test_malformed_if_match_is_refused(condition: str) -> None:
    with pytest.raises(Rejected):
        headers.expected_version(Headers({"If-Match": condition}))


def test_correlation_id_is_taken_over_or_made() -> None:
    assert headers.correlation_id("from outside") == "from outside"
    for unusable in ("", "é", "x" * 129, "a\nb"):
        assert headers.correlation_id(unusable) not in ("", unusable)


@pytest.mark.parametrize(
    "at",
    [
        "9999-12-31T23:59:59Z",
        "2101-01-01T00:00:00Z",
        "1999-12-31T23:59:59Z",
        "0001-01-02T00:00:00Z",
    ],
)
def test_time_of_which_nothing_can_be_known_is_refused(at: str) -> None:
    """The last moments of the calendar have no date at the office."""
    inputs, _ = query(AtQuerySchema, at=at)
    assert errors_of(inputs).keys() == {"at"}


@pytest.mark.parametrize("day", ["9999-12-31", "2101-01-01", "1999-12-31"])
def test_dates_of_which_nothing_can_be_known_are_refused(day: str) -> None:
    """As the moments are."""
    inputs, _ = query(DatesQuerySchema, **{"from": day, "to": day})
    assert errors_of(inputs).keys() == {"from", "to"}
