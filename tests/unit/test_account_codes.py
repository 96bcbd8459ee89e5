"""Codes, marks and wishes: made with a key of the vault, different for what is different."""

import hashlib

import pytest

from services.consultation.accounts.codes import code_of, mark_of, wish_of


class Vault:
    """Keyed by its name, as the real one is by a key that nobody else has."""

    def mark(self, name, text):
        return hashlib.blake2b(f"{name}/{text}".encode(), digest_size=32).digest()


VAULT = Vault()


@pytest.mark.parametrize(
    "other",
    [
        "SITI.rahma@Example.COM",
        "  siti.rahma@example.com\t",
        "siti.rahma@EXAMPLE.com",
    ],
)
def test_letter_case_and_blanks_make_no_other_address(other):
    """Whatever a phone's keyboard makes of it."""
    assert mark_of(VAULT, other) == mark_of(VAULT, "siti.rahma@example.com")


def test_an_international_address_has_one_mark():
    """Its domain in letters or as mail servers ask for it, its letters composed or not."""
    one = mark_of(VAULT, "jos\u00e9@m\u00fcnchen.example")
    assert one == mark_of(VAULT, "JOSE\u0301@xn--mnchen-3ya.example")
    assert one != mark_of(VAULT, "jose@m\u00fcnchen.example")
    assert mark_of(VAULT, "a@stra\u00dfe.example") != mark_of(VAULT, "a@strasse.example")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("stra\u00dfe@example.com", "strasse@example.com"),
        ("\u017fiti@example.com", "siti@example.com"),
        ("o\ufb03ce@example.com", "office@example.com"),
    ],
)
def test_letters_that_are_only_like_others_make_another_address(one, other):
    """A mail server may deliver them to somebody else."""
    assert mark_of(VAULT, one) != mark_of(VAULT, other)


@pytest.mark.parametrize("email", ["", "siti", "a@b@c", "siti@", "@example.com", "\ud800@x.id"])
def test_what_is_no_address_has_no_mark(email):
    """Nobody can be reached by it."""
    with pytest.raises(ValueError):  # noqa: PT011 - of whatever kind
        mark_of(VAULT, email)


def test_codes_are_six_digits_each_as_likely():
    """Also those that begin with a nought; of another account or challenge it is another."""
    codes = [code_of(VAULT, "m", str(n)) for n in range(20_000)]
    assert {len(code) for code in codes} == {6}
    assert all(code.isdigit() for code in codes)
    firsts = [sum(code[0] == str(d) for code in codes) for d in range(10)]
    assert all(1_800 < count < 2_200 for count in firsts)
    assert len(set(codes)) > 19_700
    assert code_of(VAULT, "m", "1") != code_of(VAULT, "n", "1")


def test_a_wish_is_known_again_by_all_its_words():
    """The same key with another code or address is another wish."""
    assert wish_of(VAULT, "k", "m", "123456") == wish_of(VAULT, "k", "m", "123456")
    others = [("k", "m", "123457"), ("k", "n", "123456"), ("l", "m", "123456"), ("k", "m")]
    assert len({wish_of(VAULT, *words) for words in others}) == len(others)
