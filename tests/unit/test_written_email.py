"""What somebody writes down as their address at the office."""

import pytest
from marshmallow import ValidationError

from contracts.consultation import ContactSchema
from contracts.queue import GuestBookSchema


@pytest.mark.parametrize("shape", [ContactSchema, GuestBookSchema])
@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" siti@Example.COM\t", "siti@example.com"),
        ("jos\u00e9@xn--mnchen-3ya.example", "jos\u00e9@m\u00fcnchen.example"),
        (" siti@kantor.local ", "siti@kantor.local"),
    ],
)
def test_an_address_is_kept_without_the_blanks_around_it(shape, written, kept):
    """Also one that no mail can be sent to: nobody is sent away for it."""
    assert shape().fields["email"].deserialize(written) == kept


@pytest.mark.parametrize("written", ["siti", "a b@example.com", "a@b@c", "\ud800@x.id", "a@\nb.id"])
def test_what_does_not_look_like_one_is_refused(written):
    """By its field."""
    with pytest.raises(ValidationError):
        ContactSchema().fields["email"].deserialize(written)
