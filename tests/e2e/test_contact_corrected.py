"""An officer wrote a contact down wrong: the letters find their way, and the account follows."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from contracts.errors import Code
from tests.accounts import Owner
from tests.api import problem
from tests.support import Person, Stack, eventually

Words = dict[str, Any]


@pytest.fixture
def wrong(stack: Stack) -> Owner:
    return Owner(stack, name="Joko")


@pytest.fixture
def right(stack: Stack) -> Owner:
    return Owner(stack)


def opened(stack: Stack, email: str | None, **contact: Any) -> tuple[Words, str]:
    """Have an officer open one for somebody, and accept it."""
    words = {"name": "Siti Rahma", "email": email, "phone": "0811000111", **contact}
    resource = stack.submit(contact=words)
    path = f"/consultations/{resource['consultation_id']}"
    assert stack.officer().post(f"{path}/accept").status_code == 200
    return resource, path


def correct(officer: Person, path: str, email: str) -> Any:
    return officer.post(f"{path}/contact", {"name": "Siti Rahma", "email": email})


def answers_to(owner: Owner) -> list[str]:
    texts = [mail.get_body(("plain",)).get_content() for mail in owner.mails()]  # type: ignore[union-attr]
    return [text for text in texts if "Ini tabelnya." in text]


def test_letters_and_account_follow_the_corrected_address(
    stack: Stack, officer: Person, wrong: Owner, right: Owner
) -> None:
    """The answer goes there, its silence counts from then, and its owner logs in; who has the
    address that was written by mistake sees nothing any more."""
    resource, path = opened(stack, wrong.email)
    officer.post(f"{path}/messages", {"text": "Ini tabelnya."})
    eventually(lambda: answers_to(wrong))
    closes_at = officer.get(path).json()["silence"]["closes_at"]
    assert closes_at
    stack.travel_to(stack.now() + timedelta(days=2))

    answer = correct(officer, path, right.email)
    assert answer.status_code == 200, answer.text
    eventually(lambda: answers_to(right))
    eventually(lambda: officer.get(path).json()["silence"]["running"])
    seen = officer.get(path).json()
    assert seen["silence"]["closes_at"] > closes_at
    assert not seen["contact_bounced"]
    shown = officer.get(f"{path}/contact").json()
    assert shown == {"name": "Siti Rahma", "email": right.email, "phone": None}

    def logs_in() -> bool:
        return right.login().status_code == 202 and bool(right.mails())

    eventually(logs_in)
    siti = right.verify(right.code()).json()
    assert siti["user"]["user_id"] == resource["subject_id"]
    user = Person(stack.url, siti["access_token"])
    assert user.get(path).status_code == 200
    told = [item["type"] for item in user.get(f"{path}/history").json()["items"]]
    assert "contact_corrected" in told
    joko = wrong.logged_in()
    problem(joko.get(path), Code.NOT_FOUND)
    assert joko.get("/me").json()["name"] == "Joko"
    problem(correct(officer, path, wrong.email), Code.WRONG_STATE)  # hers by now


def test_who_had_no_address_is_reached_once_there_is_one(
    stack: Stack, officer: Person, right: Owner
) -> None:
    """What bounced for want of an address goes out, and is waited for."""
    _, path = opened(stack, None)
    officer.post(f"{path}/messages", {"text": "Ini tabelnya."})
    eventually(lambda: officer.get(path).json()["contact_bounced"])
    assert officer.get(f"{path}/contact").json()["phone"] == "0811000111"
    first, again = (
        officer.post(
            f"{path}/contact", {"name": "Siti", "email": right.email}, Idempotency_Key=f"k-{path}"
        )
        for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    eventually(lambda: officer.get(path).json()["silence"]["running"])
    assert not officer.get(path).json()["contact_bounced"]
    assert len(answers_to(right)) == 1


def test_contact_that_others_gave_is_not_corrected(
    stack: Stack, officer: Person, wrong: Owner, right: Owner
) -> None:
    """Neither a user's own, nor to the address of another account; nor by anybody but staff."""
    owner = right.logged_in()
    question = {"office": "1471", "type": "data", "topic": "T", "question": "Q?"}
    own = owner.post("/consultations", question).json()
    mine = f"/consultations/{own['consultation_id']}"
    problem(correct(officer, mine, wrong.email), Code.WRONG_STATE)
    assert officer.get(f"{mine}/contact").json()["email"] == right.email
    problem(owner.get(f"{mine}/contact"), Code.WRONG_ROLE)
    problem(correct(owner, mine, wrong.email), Code.WRONG_ROLE)

    resource, path = opened(stack, wrong.email)
    problem(correct(officer, path, right.email), Code.EMAIL_TAKEN)
    assert "contact_corrected" not in officer.get(f"{path}/history").text
    problem(stack.officer("wati", ("1400",)).get(f"{path}/contact"), Code.WRONG_OFFICE)
    withdrawn = officer.post(f"{path}/withdraw", {"note": f"Salah alamat {uuid.uuid4().hex}"})
    assert withdrawn.json()["close_reason"] == "withdrawn"
    closed = officer.get(f"{path}/history").json()["items"][-1]
    assert (closed["data"]["closed_by"], closed["actor"]["id"]) == ("user", "budi")
    theirs = stack.user(resource["subject_id"]).get(f"{path}/history").json()["items"][-1]
    assert theirs["data"]["note"] is None
