"""Accounts on a running system, with the e-mails that came: from registering to being forgotten."""

import os
import re
import signal
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from contracts.common import rfc3339
from contracts.errors import Code
from tests.accounts import Owner, codes_in
from tests.api import gateway, problem
from tests.integration.test_notifier_smtp import Server, serving
from tests.markers import eavesdropping, traces
from tests.sent_files import pdf, uploaded
from tests.support import Person, Stack, eventually, running


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A system of their own: they ask for more codes than one source may."""
    where = tmp_path_factory.mktemp("accounts")
    with running(where, PST_CODE_RATE="10000/hour") as system:
        yield system


@pytest.fixture
def owner(stack: Stack) -> Owner:
    return Owner(stack)


def supervisor(stack: Stack) -> Person:
    return Person(stack.url, stack.token("supervisor"))


def test_registered_verified_corrected(owner: Owner) -> None:
    """The code from the e-mail logs in; what was given is there, and can be corrected."""
    answer = owner.register(phone="0812-3456-7890", institution="Universitas Riau")
    assert (answer.status_code, answer.json()) == (202, {})
    verified = owner.verify(owner.code())
    assert verified.status_code == 200
    told = verified.json()
    assert told["expires_in"] == 12 * 3600
    assert told["user"]["name"] == "Siti Rahma"
    me = Person(owner.stack.url, told["access_token"])
    account = me.get("/me")
    assert account.json() == {
        "user_id": told["user"]["user_id"],
        "name": "Siti Rahma",
        "email": owner.email,
        "email_verified": True,
        "email_bounced": False,
        "email_pending": None,
        "phone": "+6281234567890",
        "institution": "Universitas Riau",
        "notice_version": "2026-1",
        "registered_at": account.json()["registered_at"],
        "version": account.json()["version"],
    }
    corrected = me.patch("/me", {"name": "Siti R.", "institution": None}, Idempotency_Key="c-1")
    assert (corrected.json()["name"], corrected.json()["institution"]) == ("Siti R.", None)
    assert corrected.json()["phone"] == "+6281234567890"
    again = me.patch("/me", {"name": "Siti R.", "institution": None}, Idempotency_Key="c-1")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == corrected.json() == me.get("/me").json()
    stale = me.patch("/me", {"name": "x"}, If_Match=account.headers["ETag"])
    problem(stale, Code.VERSION_MISMATCH)
    other = me.patch("/me", {"name": "y"}, Idempotency_Key="c-1")
    problem(other, Code.IDEMPOTENCY_KEY_REUSED)


def test_a_code_is_good_once_for_ten_minutes_and_five_tries(owner: Owner) -> None:
    """Then, and as soon as a newer one is out, it is as wrong as any other; asked for again while
    it is good and untried, it comes again."""
    owner.register()
    first = owner.code()
    owner.login()
    assert owner.code(2) == first
    assert owner.verify(first).status_code == 200
    problem(owner.verify(first), Code.CODE_INVALID)
    owner.login()
    third = owner.code(3)
    wrong = [f"{(int(third) + n) % 10**6:06}" for n in range(1, 6)]
    for code in wrong:
        problem(owner.verify(code), Code.CODE_INVALID)
    problem(owner.verify(third), Code.CODE_INVALID)
    owner.login()
    fourth = owner.code(4)
    owner.stack.travel_to(owner.stack.now() + timedelta(minutes=10))
    problem(owner.verify(fourth), Code.CODE_INVALID)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{}@example.com", "  {}@EXAMPLE.com "),
        ("siti{}@example.com", "SITI{}@example.com"),
        ("{}@m\u00fcnchen.example.com", "{}@xn--mnchen-3ya.example.com"),
        ("jos\u00e9{}@example.com", "jose\u0301{}@example.com"),
    ],
)
def test_one_account_however_an_address_is_written(stack: Stack, first: str, second: str) -> None:
    """Letter case, blanks, the ASCII form of a domain, composed or decomposed letters: the code
    comes, and logs in by either."""
    mark = uuid.uuid4().hex[:8]
    one, other = Owner(stack, first.format(mark)), Owner(stack, second.format(mark))
    assert one.register().status_code == 202

    def codes() -> list[str]:
        return codes_in([mail for mail in stack.mails() if mark in str(mail["To"]).lower()])

    (code,) = eventually(codes)
    mine = one.verify(code)
    assert mine.status_code == 200, mine.text
    assert other.login().status_code == 202
    eventually(lambda: len(codes()) == 2)
    assert other.verify(codes()[1]).json()["user"] == mine.json()["user"]


def test_two_registrations_at_once_are_one_account(stack: Stack, owner: Owner) -> None:
    """Whatever the spelling; the last code logs in."""
    spellings = [owner.email, owner.email.upper(), f" {owner.email}"] * 2
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda email: owner.register(email=email), spellings))
    assert {a.status_code for a in answers} == {202}
    streams = {
        c["stream"]
        for c in stack.log_of("consultation").find({"events.type": "user_registered"})
        if c["correlation_id"] in {a.headers["X-Correlation-ID"] for a in answers}
    }
    assert len(streams) == 1
    registered = {"stream": streams.pop(), "events.type": "user_registered"}
    assert stack.log_of("consultation").count_documents(registered) == 1


def test_who_has_no_account_is_told_by_email_only(owner: Owner) -> None:
    """The answer is that of who has one; the letter has no code, and no code is right."""
    answer = owner.login()
    assert (answer.status_code, answer.json()) == (202, {})
    (mail,) = eventually(owner.mails)
    assert "Belum ada akun" in str(mail["Subject"])
    assert codes_in([mail]) == []
    problem(owner.verify("123456"), Code.CODE_INVALID)
    assert owner.logged_in().get("/me").json()["email"] == owner.email


def test_repeated_after_a_lost_answer_it_is_one_effect(owner: Owner) -> None:
    """The same Idempotency-Key: one account, one code; a repeat of the log-in is logged in."""
    assert {owner.register(key="r").status_code for _ in range(3)} == {202}
    code = owner.code()
    first, again = owner.verify(code, key="v"), owner.verify(code, key="v")
    assert first.status_code == again.status_code == 200
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json()["user"] == again.json()["user"]
    wrong = f"{(int(code) + 1) % 10**6:06}"
    problem(owner.verify(wrong, key="v"), Code.CODE_INVALID)
    problem(owner.verify(code, key="w"), Code.CODE_INVALID)
    assert len(codes_in(owner.mails())) == 1


def test_a_stranger_who_registers_first_leaves_nothing(owner: Owner) -> None:
    """Whoever sends the code back is who they said they were, and it came as they typed it."""
    owner.register(name="Penyusup", institution="PT Jahat", phone="08111111111")
    typed = owner.email.replace("siti", "Siti")
    owner.register(email=typed)
    me = Person(owner.stack.url, owner.verify(owner.code(2)).json()["access_token"])
    account = me.get("/me").json()
    assert (account["name"], account["email"]) == ("Siti Rahma", typed)
    assert (account["institution"], account["phone"]) == (None, None)
    assert str(owner.mails()[1]["To"]).endswith(typed)


def test_a_known_address_gets_a_code_and_keeps_its_name(owner: Owner) -> None:
    """Who merely knows an address changes nothing of its account."""
    me = owner.logged_in()
    owner.register(name="Orang Lain")
    assert owner.code(2)
    assert me.get("/me").json()["name"] == "Siti Rahma"


def test_at_most_five_codes_an_hour(owner: Owner) -> None:
    """More are answered alike, store nothing and send nothing; an hour later there are more."""
    asked = [owner.register(), *(owner.login() for _ in range(8))]
    assert {answer.status_code for answer in asked} == {202}
    log = owner.stack.log_of("consultation")
    stream = log.find_one({"correlation_id": asked[0].headers["X-Correlation-ID"]})["stream"]
    assert log.count_documents({"stream": stream}) == 5
    owner.stack.travel_to(owner.stack.now() + timedelta(hours=1))
    owner.login()
    assert log.count_documents({"stream": stream}) == 6


def test_a_source_is_limited(stack: Stack) -> None:
    """429 with Retry-After, whatever the address, and however a code is asked for."""
    with gateway(stack, PST_CODE_RATE="2/hour") as other:
        answers = [Owner(other).login() for _ in range(3)]
        me = Person(other.url, stack.token("service_user", "s-1", ()))
        problem(me.patch("/me", {"email": "siti@example.com"}), Code.RATE_LIMITED)
        problem(me.patch("/me", {"name": "Siti"}), Code.NOT_FOUND)
    assert [a.status_code for a in answers] == [202, 202, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_another_address_needs_its_code(stack: Stack, owner: Owner) -> None:
    """The old one logs in until then, and never after; the person stays the same."""
    me = owner.logged_in()
    new = Owner(stack)
    pending = me.patch("/me", {"email": new.email, "phone": "0761 7874567"})
    assert (pending.json()["email"], pending.json()["email_pending"]) == (owner.email, new.email)
    wrong = f"{(int(new.code()) + 1) % 10**6:06}"
    problem(me.post("/me/email", {"code": wrong}), Code.CODE_INVALID)
    moved = me.post("/me/email", {"code": new.code()}, Idempotency_Key="move")
    assert moved.status_code == 200, moved.text
    again = me.post("/me/email", {"code": new.code()}, Idempotency_Key="move")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (moved.json(), "true")
    assert (moved.json()["email"], moved.json()["email_pending"]) == (new.email, None)
    assert moved.json()["phone"] == "+627617874567"
    assert me.get("/me").json() == moved.json()
    new.login()
    in_again = new.verify(new.code(2)).json()
    assert in_again["user"]["user_id"] == moved.json()["user_id"]
    assert owner.logged_in().get("/me").json()["user_id"] != moved.json()["user_id"]


def test_an_address_gets_five_codes_an_hour_whoever_has_them_sent(stack: Stack) -> None:
    """Also as somebody's new address; who asks for the sixth is told nothing, and it never comes.
    Who has asked too often themselves is refused, and has corrected nothing."""
    target = Owner(stack)
    for _ in range(6):
        me = Owner(stack).logged_in()
        pending = me.patch("/me", {"email": target.email})
        assert pending.json()["email_pending"] == target.email
    for n in range(3):  # with that of the log-in and the change before, five
        assert me.patch("/me", {"name": f"N{n}", "email": Owner(stack).email}).status_code == 200
    problem(me.patch("/me", {"name": "x", "email": Owner(stack).email}), Code.RATE_LIMITED)
    assert me.get("/me").json()["name"] == "N2"
    last = Owner(stack)
    last.register()
    last.code()
    assert len(codes_in(target.mails())) == 5


def test_an_address_with_an_account_is_taken_from_nobody(stack: Stack, owner: Owner) -> None:
    """Told only to who has shown that the address is theirs, too."""
    me, other = owner.logged_in(), Owner(stack)
    other.logged_in()
    assert me.patch("/me", {"email": other.email}).status_code == 200
    for _ in range(2):
        taken = me.post("/me/email", {"code": other.code(2)}, Idempotency_Key="taken")
        problem(taken, Code.EMAIL_TAKEN)
    account = me.get("/me").json()
    assert (account["email"], account["email_pending"]) == (owner.email, None)


def test_what_the_office_wrote_down_is_found_by_who_registers(stack: Stack, owner: Owner) -> None:
    """A question on behalf, a visit, and then an account: one person."""
    contact = {"name": "Siti Rahma", "email": owner.email.upper()}
    asked = stack.submit(contact=contact)
    again = stack.submit(contact=contact)
    assert asked["subject_id"] == again["subject_id"]
    me = owner.logged_in()
    assert me.get("/me").json()["user_id"] == asked["subject_id"]
    listed = {c["consultation_id"] for c in me.get("/consultations").json()["items"]}
    assert listed == {asked["consultation_id"], again["consultation_id"]}


def test_what_was_never_verified_is_forgotten(stack: Stack, owner: Owner) -> None:
    """After 7 days, key and all; but not what the office keeps under the same person."""
    mark, kept = f"m{uuid.uuid4().hex[:12]}", Owner(stack)
    owner.register(name=mark)
    kept.register()
    stack.submit(contact={"name": "Kept", "email": kept.email})
    eventually(owner.mails)
    stack.travel_to(stack.now() + timedelta(days=7, minutes=1))
    gone = {"events.data.reason": "never_verified"}
    eventually(lambda: stack.log_of("consultation").count_documents(gone) >= 1)
    registered = stack.log_of("consultation").find({"events.type": "user_registered"})
    subjects = [c["events"][0]["data"]["subject_id"] for c in registered][-2:]
    keys = stack.mongo[f"{stack.settings.db_prefix}_vault"]["keys"]
    eventually(lambda: "forgotten_at" in keys.find_one({"_id": subjects[0]}))
    assert "forgotten_at" not in keys.find_one({"_id": subjects[1]})
    assert owner.logged_in().get("/me").json()["user_id"] != subjects[0]


def test_only_the_gateway_sees_the_key_that_signs_tokens(stack: Stack) -> None:
    """What the other processes hold lets nobody in."""

    def sees(part: str) -> bool:
        environment = Path(f"/proc/{stack.control.pid(part)}/environ").read_bytes()
        return b"PST_TOKEN_PRIVATE_KEY=" in environment

    parts = ("gateway", "consultation", "queue", "notifier", "database", "mail")
    assert [part for part in parts if sees(part)] == ["gateway"]


def plant(stack: Stack, owner: Owner, me: Person, mark: str) -> None:
    """Have a person tell things with a mark in them, in every service."""
    user = me.get("/me").json()["user_id"]
    stack.submit(contact={"name": f"N{mark}", "email": owner.email}, question=f"tanya {mark}")
    searched = owner.http.get("/search", params={"q": f"cari {mark}", "office": "1471"}).json()
    body = {"office": "1471", "type": "data", "topic": f"t{mark}", "question": f"q{mark}"}
    own = me.post("/consultations", {**body, "search_id": searched["search_id"]}).json()
    assert own["subject_id"] == user
    officer, path = stack.officer(), f"/consultations/{own['consultation_id']}"
    sent = uploaded(me, own, pdf(text=f"berkas {mark}"), name=f"F{mark}.pdf")
    place = {"kind": "zoom", "join_url": f"https://z.id/j/{mark}", "duration_min": 30}
    start = stack.now() + timedelta(days=3)
    for who, step, words in (
        (officer, "accept", {}),
        (me, "messages", {"text": f"lampir {mark}", "attachments": [sent]}),
        (officer, "messages", {"text": f"jawab {mark}"}),
        (officer, "messages", {"text": f"catat {mark}", "internal": True}),
        (officer, "meetings", {**place, "start": rfc3339(start)}),
        (officer, "close", {"reason": "resolved", "note": f"akhir {mark}"}),
    ):
        answer = who.post(f"{path}/{step}", words)
        assert answer.is_success, answer.text
    me.patch("/me", {"institution": f"I{mark}"})


SAID = ("Nama ", "tanya ", "cari ", "lampir ", "jawab ", "catat ", "z.id/j/", "akhir ", *"NtqIF")
"""What is planted before the mark, and told to who asks; what is in a file comes by its `url`."""


def missed_in_vain(stack: Stack) -> str:
    """Return the report of what was looked for."""
    today = stack.now().date()
    days = {"from": str(today - timedelta(days=2)), "to": str(today + timedelta(days=2))}
    return stack.officer().get("/offices/1471/reports/searches", **days).text


def test_export_holds_everything_of_one_and_nothing_of_another(stack: Stack) -> None:
    """Each planted text is in the export of its own person alone; so are the e-mails' facts."""
    marks = [f"z{uuid.uuid4().hex[:12]}" for _ in range(2)]
    owners = [Owner(stack, name=f"Nama {mark}") for mark in marks]
    people = [owner.logged_in() for owner in owners]
    for mark, owner, me in zip(marks, owners, people, strict=True):
        plant(stack, owner, me, mark)
    eventually(lambda: stack.caught_up("consultation") and stack.caught_up("notifier"))
    exports = [me.get("/me/export") for me in people]
    for n in (0, 1):
        mine, other = marks[n], marks[1 - n]
        text = exports[n].text
        for word in (owners[n].email, *(f"{word}{mine}" for word in SAID)):
            assert word in text, word
        facts = [f for s in exports[n].json()["services"]["consultation"].values() for f in s]
        (place,) = [fact["url"] for fact in facts if "url" in fact]
        file = people[n].http.get(place)
        assert f"berkas {mine}".encode() in file.content
        problem(people[1 - n].http.get(place), Code.NOT_FOUND)
        assert other not in text
        assert owners[1 - n].email not in text
        mails = exports[n].json()["services"]["notifier"]
        told = {f["data"]["template"] for facts in mails.values() for f in facts}
        assert told >= {"one_time_code", "consultation_submitted", "consultation_answered"}


def test_erased_a_person_is_nowhere(stack: Stack) -> None:
    """Told by a last e-mail, then no mark of theirs is left; the address is free again."""
    mark = f"z{uuid.uuid4().hex[:12]}"
    owner = Owner(stack, f"{mark}@example.com", name=f"Nama {mark}")
    with eavesdropping(stack) as heard, stack.subscriber("#") as subscriber:
        me = owner.logged_in()
        plant(stack, owner, me, mark)
        eventually(lambda: stack.caught_up("consultation"))
        assert f"cari {mark}" in missed_in_vain(stack)
        user = me.get("/me").json()["user_id"]
        assert (me.post("/me/erasure").status_code, me.post("/me/erasure").status_code) == (
            202,
            202,
        )
        eventually(lambda: "Data Anda kami hapus" in str(owner.mails()[-1]["Subject"]))

        def told() -> set[str]:
            return {k for k, e in subscriber.drain() if e["data"].get("subject_id") == user}

        erased = {f"1471.{s}.subject_erased" for s in ("consultation", "queue", "notifier")}
        eventually(lambda: told() >= erased)
        eventually(lambda: stack.caught_up("consultation") and stack.caught_up("notifier"))
        assert mark.encode() not in heard()
    assert traces(stack, mark) == []
    assert me.get("/me").status_code == 404
    assert mark not in me.get("/me/export").text
    assert mark not in me.get("/consultations").text
    assert mark not in missed_in_vain(stack)
    assert "head" in stack.pst("log", "verify")
    ledger = (stack.run_dir / "erasures.jsonl").read_text()
    assert ledger.count(user) == ledger.count('"search-') == 1
    anew = Owner(stack, owner.email, name="Baru")
    assert anew.logged_in().get("/me").json()["user_id"] != user


def test_forgotten_with_the_tool_the_address_is_free(stack: Stack, owner: Owner) -> None:
    """`pst vault forget` knows nothing of accounts; the next who comes is somebody new. What they
    looked for is told and given up by the tool, too."""
    me, mark = owner.logged_in(), f"z{uuid.uuid4().hex[:12]}"
    user = me.get("/me").json()["user_id"]
    plant(stack, owner, me, mark)
    assert f"cari {mark}" in stack.pst("vault", "export", user)
    stack.pst("vault", "forget", user, "--yes")
    assert mark not in stack.pst("vault", "export", user)
    stack.control.stop("consultation")  # what it still knew it would forget within a minute
    stack.control.start("consultation")
    stack.wait_ready("consultation")
    eventually(lambda: mark not in missed_in_vain(stack))

    def comes_anew() -> bool:
        stack.travel_to(stack.now() + timedelta(hours=1))
        return bool(owner.logged_in().get("/me").json()["user_id"] != user)

    eventually(comes_anew)


def test_a_legal_hold_postpones_erasure(stack: Stack, owner: Owner) -> None:
    """409 and remembered; told; done by itself when the last hold is lifted."""
    me, boss = owner.logged_in(), supervisor(stack)
    stack.submit(contact={"name": "Siti", "email": owner.email})
    user = me.get("/me").json()["user_id"]
    for n in (1, 2):
        held = boss.post(f"/subjects/{user}/hold", {"reference": f"PD-{n}", "reason": "Aduan"})
        assert held.status_code == 200, held.text
    assert held.json()["holds"] == ["PD-1", "PD-2"]
    problem(me.post("/me/erasure"), Code.LEGAL_HOLD)
    problem(me.post("/me/erasure"), Code.LEGAL_HOLD)
    eventually(lambda: "ditunda" in str(owner.mails()[-1]["Subject"]))
    assert boss.post(f"/subjects/{user}/release", {"reference": "PD-1"}).json()["erasure"] == "held"
    assert me.get("/me").status_code == 200
    problem(boss.post(f"/subjects/{user}/release", {"reference": "PD-1"}), Code.NOT_FOUND)
    boss.post(f"/subjects/{user}/release", {"reference": "PD-2"})
    eventually(lambda: "kami hapus" in str(owner.mails()[-1]["Subject"]))
    eventually(lambda: me.get("/me").status_code == 404)
    problem(stack.officer().post(f"/subjects/{user}/hold", {"reference": "x"}), Code.WRONG_ROLE)
    problem(boss.post("/subjects/nobody/hold", {"reference": "x"}), Code.NOT_FOUND)
    elsewhere = Person(stack.url, stack.token("supervisor", "cici", ("9471",)))
    problem(elsewhere.post(f"/subjects/{user}/hold", {"reference": "x"}), Code.WRONG_OFFICE)


def test_a_hold_is_lifted_by_who_placed_it_or_an_admin(stack: Stack, owner: Owner) -> None:
    """Another office's counts as well, though both call their matter the same; nor is it passed
    over by the tool."""
    me, boss = owner.logged_in(), supervisor(stack)
    cici = Person(stack.url, stack.token("supervisor", "cici", ("9471",)))
    for office in ("1471", "9471"):
        me.post("/consultations", {"office": office, "type": "data", "topic": "t", "question": "q"})
    user = me.get("/me").json()["user_id"]
    matter = {"reference": "PD-1"}
    assert boss.post(f"/subjects/{user}/hold", matter).json()["holds"] == ["PD-1"]
    problem(cici.post(f"/subjects/{user}/release", matter), Code.WRONG_OFFICE)
    assert cici.post(f"/subjects/{user}/hold", matter).json()["holds"] == ["PD-1", "PD-1"]
    refused = stack.tool("vault", "forget", user, "--yes")
    assert refused.returncode == 1
    assert "PD-1 (1471), PD-1 (9471); nothing was done" in refused.stderr
    assert cici.post(f"/subjects/{user}/release", matter).json()["holds"] == ["PD-1"]
    problem(cici.post(f"/subjects/{user}/release", matter), Code.WRONG_OFFICE)
    admin = Person(stack.url, stack.token("admin", "dedi", ("0000",)))
    assert admin.post(f"/subjects/{user}/release", matter).json()["holds"] == []
    boss.post(f"/subjects/{user}/hold", matter)
    done = stack.tool("vault", "forget", user, "--yes", "--despite-hold")
    assert "under legal hold: PD-1 (1471)" in done.stderr
    assert f"{user}: forgotten" in done.stdout


def test_a_hold_keeps_an_unverified_account_until_it_is_lifted(stack: Stack, owner: Owner) -> None:
    """Its week may be over by then: it is forgotten at once."""
    asked, boss = owner.register(), supervisor(stack)
    opening = {"correlation_id": asked.headers["X-Correlation-ID"]}
    commit = stack.log_of("consultation").find_one(opening)
    user = commit["events"][0]["data"]["subject_id"]
    assert boss.post(f"/subjects/{user}/hold", {"reference": "PD-9"}).status_code == 200
    stack.travel_to(stack.now() + timedelta(days=7, minutes=1))
    later = Owner(stack)
    later.register()
    later.code()  # the dates have been looked at
    keys = stack.mongo[f"{stack.settings.db_prefix}_vault"]["keys"]
    assert "forgotten_at" not in keys.find_one({"_id": user})
    assert boss.post(f"/subjects/{user}/release", {"reference": "PD-9"}).status_code == 200
    eventually(lambda: "forgotten_at" in keys.find_one({"_id": user}))


def test_erasure_does_not_wait_for_the_mail_server(stack: Stack, owner: Owner) -> None:
    """Who cannot be told is forgotten all the same, five minutes later."""
    me = owner.logged_in()
    stack.control.stop("mail")
    try:
        assert me.post("/me/erasure").status_code == 202
        assert me.get("/me").status_code == 200
        stack.travel_to(stack.now() + timedelta(minutes=5, seconds=1))
        eventually(lambda: me.get("/me").status_code == 404)
    finally:
        stack.control.start("mail")


def test_an_address_that_bounces_is_marked_until_it_works(stack: Stack, owner: Owner) -> None:
    """The mail server refuses it for good; its owner sees it, and a code that comes clears it."""
    me = owner.logged_in()
    eventually(lambda: stack.caught_up("consultation") and stack.caught_up("notifier"))
    stack.control.stop("notifier")
    try:
        with (
            serving(Server(rcpt="550 5.1.1 no such user")) as url,
            stack.another("notifier", PST_SMTP_URL=url),
            stack.subscriber("*.notifier.contact_point_bounced") as subscriber,
        ):
            asked = stack.submit(contact={"name": "Siti", "email": owner.email})
            eventually(lambda: me.get("/me").json()["email_bounced"])
            ((_, told),) = subscriber.drain()
    finally:
        stack.control.start("notifier")
    assert told["data"]["subject_id"] == me.get("/me").json()["user_id"]
    assert told["data"]["about"] == asked["consultation_id"]
    assert owner.logged_in().get("/me").json()["email_bounced"] is False


def test_the_same_code_at_once_logs_in_once(owner: Owner) -> None:
    """Of six that send it together, one is let in."""
    owner.register()
    code = owner.code()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: owner.verify(code).status_code, range(6)))
    assert sorted(answers) == [200, 409, 409, 409, 409, 409]


@pytest.mark.parametrize("step", ["register", "verify"])
def test_killed_between_commit_and_answer_it_is_one_effect(
    stack: Stack, owner: Owner, step: str
) -> None:
    """The gateway dies while it waits for the beat; asked again with the same key, it is done."""
    kind = {"register": "user_registered", "verify": "email_verified"}[step]
    if step == "verify":
        owner.register()
    code = owner.code() if step == "verify" else ""
    eventually(lambda: stack.caught_up("consultation"))
    since = head(stack)

    def ask() -> int:
        answer = owner.verify(code, key="k") if code else owner.register(key="k")
        return answer.status_code

    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(ask)
        eventually(lambda: told_since(stack, since, kind), every=0.01)
        os.kill(stack.control.pid("gateway"), signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            lost.result()
    stack.wait_ready("gateway")
    assert ask() == (200 if code else 202)
    assert told_since(stack, since, kind) == 1
    assert len(eventually(lambda: codes_in(owner.mails()))) == 1


def head(stack: Stack) -> int:
    """Return where the log of accounts ends."""
    (newest,) = stack.log_of("consultation").find().sort("position", -1).limit(1)
    position: int = newest["position"]
    return position


def told_since(stack: Stack, position: int, kind: str) -> int:
    """Count the facts of a kind after a position; fast, as it is to be seen within a beat."""
    later = stack.log_of("consultation").find({"position": {"$gt": position}})
    return sum(event["type"] == kind for commit in later for event in commit["events"])


def test_no_code_is_kept_or_told_anywhere_but_in_its_email(stack: Stack) -> None:
    """Not in an event, a call, a commit, a log line: of three codes, at least one is found nowhere
    (six digits may stand somewhere by chance)."""
    owner, lines = Owner(stack), []
    with eavesdropping(stack) as heard:
        owner.register()
        owner.register()
        owner.register()
        found = [owner.code(n) for n in (1, 2, 3)]
        assert owner.verify(found[-1]).status_code == 200
        eventually(lambda: stack.caught_up("consultation") and stack.caught_up("notifier"))
        lines.append(heard().decode("latin-1"))
    for service in ("consultation", "notifier"):
        lines += [repr(commit) for commit in stack.log_of(service).find()]
    lines += [path.read_text() for path in (stack.run_dir / "log").glob("*.log")]
    everything = "\n".join(lines)
    assert not all(re.search(rf"(?<!\d){code}(?!\d)", everything) for code in found)
