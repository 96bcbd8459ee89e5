"""RPC bodies on the broker tell nothing, and only our key opens them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kombu.exceptions import DecodeError
from kombu.serialization import dumps, loads

from host import sealed_json
from kernel.clock import random_bytes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def sent(value):
    """Seal a value as it would cross the broker."""
    return dumps(value, sealed_json.NAME)


@given(JSON)
def test_what_is_sealed_is_opened(value):
    """Any JSON."""
    sealed_json.register(bytes(32))
    content_type, encoding, body = sent({"args": [value]})
    assert loads(body, content_type, encoding, accept=[sealed_json.CONTENT_TYPE]) == {
        "args": [value]
    }


def test_nothing_is_in_clear():
    """Not even the names of the fields."""
    sealed_json.register(random_bytes(32))
    _, _, body = sent({"kwargs": {"name": "Siti"}})
    assert b"Siti" not in body
    assert b"kwargs" not in body


def test_foreign_body_is_refused():
    """Who has not our key cannot call a service."""
    sealed_json.register(random_bytes(32))
    content_type, encoding, body = sent({"args": []})
    sealed_json.register(random_bytes(32))
    with pytest.raises(DecodeError):
        loads(body, content_type, encoding, accept=[sealed_json.CONTENT_TYPE])
