"""The rules of an account: one an address, one code at a time, nothing told to who only probes."""

from dataclasses import replace
from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import given as samples
from hypothesis import strategies as st

from contracts.errors import Code
from services.consultation.accounts import commands, decider
from services.consultation.accounts.events import (
    AccountForgotten,
    AccountMovedIn,
    CodeCounted,
    CodeIssued,
    DetailsClaimed,
    DetailsCorrected,
    EmailBounced,
    EmailChangeConfirmed,
    EmailChangeDropped,
    EmailVerified,
    ForgottenBecause,
)
from services.consultation.accounts.queries import ACCOUNT
from services.consultation.accounts.reactions import react
from services.consultation.accounts.state import CODES, TRIES, State
from services.consultation.accounts.views import profile, subject_of
from tests.support import NOON, fact, given
from tests.unit.account import (
    EMAIL,
    MINUTE,
    NEW,
    UNTIL,
    WEEK,
    again,
    change,
    claimed,
    confirm,
    facts,
    forget,
    forgotten,
    issued,
    login,
    missed,
    move_in,
    moved_in,
    moved_out,
    note,
    noted,
    register,
    registered,
    tried,
    verified,
    verify,
    withheld,
)

HOUR = timedelta(hours=1)
ERASED = ForgottenBecause.ERASED
VERIFIED = facts(registered(), issued(), verified())


def test_a_free_address_is_registered_and_gets_a_code():
    """In one commit, as with an address that is known."""
    code = issued("c2", notice_version="2026-1")
    given(ACCOUNT).when(register()).then(registered(), code)


def test_a_known_address_gets_a_code_to_log_in():
    """Nothing of it is changed."""
    code = issued("c2", notice_version="2026-1")
    given(ACCOUNT, *VERIFIED).when(register()).then(code)
    given(ACCOUNT, *VERIFIED).when(login()).then(issued("c2"))


@pytest.mark.parametrize("before", [registered(), noted()])
def test_of_an_address_that_is_nobodys_yet_what_is_said_waits_for_its_code(before):
    """Registered by whomever, or noted by the office."""
    code = issued("c2", notice_version="2026-1")
    given(ACCOUNT, *facts(before)).when(register()).then(code, claimed())
    given(ACCOUNT, *facts(before)).when(login()).then(issued("c2"), claimed(name=None))


def known_of(*events):
    return reduce(profile, facts(*events), None)


def test_who_sends_the_code_back_is_who_they_said():
    """Not who a stranger said they were, before or after; nor what belonged to another code."""
    stranger = replace(registered(), name="Penyusup", institution="PT Jahat")
    mine = replace(claimed(), email="Siti@example.com")
    before = known_of(stranger, issued("c1"), issued("c2"), mine)
    assert (before["name"], before["email"]) == ("Penyusup", EMAIL)
    after = known_of(stranger, issued("c1"), issued("c2"), mine, verified("c2"))
    assert (after["name"], after["email"]) == ("Siti", "Siti@example.com")
    assert after["institution"] is None
    logged_in = claimed("c3", name=None)
    later = known_of(stranger, issued("c2"), mine, issued("c3"), logged_in, verified("c3"))
    assert (later["name"], later["email"]) == ("Penyusup", EMAIL)
    of_the_office = known_of(noted(), issued("c2"), claimed(), verified("c2"))
    assert of_the_office["registered_at"] == NOON


def test_a_login_without_account_makes_none():
    """But its owner is told; and tries of a code that never was are counted."""
    given(ACCOUNT).when(login()).then(missed(challenge="c2"))
    given(ACCOUNT, *facts(missed())).when(verify(right=True)).then(tried(1))
    given(ACCOUNT, *facts(missed())).when(login(NOON + MINUTE)).then(
        replace(missed(NOON + MINUTE, "c2"), forget_at=NOON + WEEK)
    )


def test_who_registers_after_a_login_without_account_is_the_same_person():
    """One address, one person; the code that never was is none."""
    known = facts(missed(), registered())
    given(ACCOUNT, *known).when(verify()).then()
    given(ACCOUNT, *facts(missed())).when(register()).then(
        registered(), issued("c2", notice_version="2026-1")
    )


def test_the_right_code_verifies_once():
    """Used, it is none; what was read with it counts as read."""
    known = facts(registered(), issued(notice_version="2026-2"))
    given(ACCOUNT, *known).when(verify()).then(verified(notice="2026-2"))
    given(ACCOUNT, *known, *facts(verified())).when(verify()).then()


def test_a_wrong_code_is_counted_and_the_fifth_ends_it():
    """Then the right one is wrong, too."""
    known = facts(registered(), issued(), *(tried(n) for n in range(1, TRIES)))
    given(ACCOUNT, *known).when(verify(right=False)).then(tried(TRIES))
    given(ACCOUNT, *known).when(verify()).then(verified())
    given(ACCOUNT, *known, *facts(tried(TRIES))).when(verify()).then()


def test_a_code_is_good_for_ten_minutes():
    """To the moment."""
    known = facts(registered(), issued())
    given(ACCOUNT, *known).when(verify(at=UNTIL - timedelta(milliseconds=1))).then(verified())
    given(ACCOUNT, *known).when(verify(at=UNTIL)).then()


def test_a_new_code_ends_the_one_before():
    """Also for who compared with the old one just before the new one went out."""
    known = facts(registered(), issued("c1"), issued("c2"))
    given(ACCOUNT, *known).when(verify(challenge="c1")).then()
    given(ACCOUNT, *known).when(verify(challenge="c2")).then(verified("c2"))


def test_who_merely_knows_an_address_cannot_end_the_code_of_its_owner():
    """It goes out once more, while it is untried and has half of its time; then a new one does."""
    out = (*VERIFIED, *facts(issued()))
    half = NOON + 5 * MINUTE
    given(ACCOUNT, *out).when(login(half)).then(again())
    given(ACCOUNT, *out).when(register(half)).then(again(notice="2026-1"))
    given(ACCOUNT, *out, *facts(again(notice="2026-1"))).when(verify()).then(
        verified(notice="2026-1")
    )
    late = half + MINUTE
    given(ACCOUNT, *out).when(login(late)).then(issued("c2", at=late))
    given(ACCOUNT, *out, *facts(tried(1))).when(login()).then(issued("c2"))
    given(ACCOUNT, *out, *facts(*[again()] * CODES)).when(login()).then()
    unverified = facts(registered(), issued())
    given(ACCOUNT, *unverified).when(login()).then(again())
    given(ACCOUNT, *unverified).when(register()).then_kinds(CodeIssued, DetailsClaimed)
    given(ACCOUNT, *ASKED).when(login()).then_kinds(CodeIssued)
    (told,) = react(fact(again(), stream="account-m1", name="code_sent_again"))
    assert (told.event, told.data["challenge_id"]) == ("code_issued", "c1")


def test_at_most_five_codes_an_hour():
    """The sixth decides nothing; an hour after the first there is one more."""
    codes = [f for n in range(CODES) for f in facts(issued(f"c{n}"), at=NOON + n * MINUTE)]
    known = (*facts(registered()), *codes)
    given(ACCOUNT, *known).when(login(NOON + 30 * MINUTE)).then()
    given(ACCOUNT, *known).when(register(NOON + 30 * MINUTE)).then()
    later = NOON + HOUR
    given(ACCOUNT, *known).when(login(later)).then(issued("c2", at=later), claimed(name=None))


def test_codes_are_counted_whoever_has_the_address():
    """Forgotten or moved away: the address gets no more of them for that."""
    five = facts(*(issued(f"c{n}") for n in range(CODES)))
    for end in (forgotten(), moved_out()):
        given(ACCOUNT, *facts(registered()), *five, *facts(end)).when(register()).then()


def test_a_noted_address_is_kept():
    """Once; and what was registered but not verified is kept from then on."""
    given(ACCOUNT).when(note()).then(noted())
    given(ACCOUNT, *facts(noted())).when(note()).then()
    given(ACCOUNT, *facts(registered())).when(note()).then(noted())
    given(ACCOUNT, *facts(registered(), noted())).when(forget(NOON + WEEK)).then()
    given(ACCOUNT, *facts(registered(), issued(), verified())).when(note()).then()


def test_noting_leaves_a_code_that_is_out():
    """Who registers while an officer writes down their question is not locked out."""
    known = facts(registered(), issued(), noted())
    given(ACCOUNT, *known).when(verify()).then(verified())


def test_what_was_never_verified_is_forgotten_after_a_week():
    """Not a moment before, and not what was verified, or registered later."""
    end = NOON + WEEK
    for opening in (registered(), missed()):
        given(ACCOUNT, *facts(opening)).when(forget(end)).then(forgotten())
        given(ACCOUNT, *facts(opening)).when(forget(end - MINUTE)).then()
    given(ACCOUNT, *facts(registered(), issued(), verified())).when(forget(end)).then()
    later = facts(missed(), registered(NOON + MINUTE))
    given(ACCOUNT, *later).when(forget(end)).then()
    given(ACCOUNT, *facts(registered())).when(forget(end, subject="s0")).then()


def test_erased_an_address_is_free():
    """Who registers anew is somebody else."""
    known = facts(registered(), issued(), verified())
    given(ACCOUNT, *known).when(forget(reason=ERASED)).then(forgotten(ERASED))
    anew = replace(register(), subject_id="s2")
    given(ACCOUNT, *known, *facts(forgotten(ERASED))).when(anew).then(
        registered(subject="s2"), replace(issued("c2", notice_version="2026-1"), subject_id="s2")
    )


def test_only_what_is_named_is_corrected():
    """By its owner alone."""
    wish = commands.Correct(now=NOON, subject_id="s1", changed=("phone",), phone="+62761")
    corrected = DetailsCorrected(
        subject_id="s1", changed=("phone",), name=None, phone="+62761", institution=None
    )
    known = facts(registered(), issued(), verified())
    given(ACCOUNT, *known).when(wish).then(corrected)
    given(ACCOUNT, *known).when(replace(wish, changed=())).then()
    given(ACCOUNT, *known).when(replace(wish, subject_id="s2")).then_refused(Code.NOT_FOUND)
    given(ACCOUNT).when(wish).then_refused(Code.NOT_FOUND)


ASKED = (*VERIFIED, *facts(issued("c2", to="m2", new_email=NEW)))


def test_a_new_address_gets_a_code_of_its_own():
    """It logs nobody in, and the code of a log-in confirms no address."""
    given(ACCOUNT, *VERIFIED).when(change()).then(issued("c2", to="m2", new_email=NEW))
    given(ACCOUNT, *ASKED).when(verify(challenge="c2")).then()
    confirmed = EmailChangeConfirmed(subject_id="s1", challenge_id="c2", to="m2")
    given(ACCOUNT, *ASKED).when(confirm()).then(confirmed)
    given(ACCOUNT, *ASKED).when(confirm(right=False)).then(tried(1, "c2"))
    given(ACCOUNT, *ASKED).when(confirm(challenge="c1")).then()
    given(ACCOUNT, *VERIFIED, *facts(issued("c2"))).when(confirm()).then(tried(1, "c2"))


def test_codes_to_a_new_address_are_as_limited():
    """And here it can be said, as who asks is known."""
    five = facts(*(issued(f"c{n}") for n in range(CODES)))
    given(ACCOUNT, *VERIFIED, *five).when(change()).then_refused(Code.RATE_LIMITED)
    given(ACCOUNT, *VERIFIED).when(change(subject="s2")).then_refused(Code.NOT_FOUND)


def test_codes_are_counted_where_they_go_whoever_has_them_sent():
    """Five an hour in all; who asks for one more has it withheld, and is not told."""
    wish = commands.CountCode(now=NOON, subject_id="s9")
    counted = CodeCounted(subject_id="s9")
    given(ACCOUNT).when(wish).then(counted)
    four = facts(*(issued(f"c{n}") for n in range(CODES - 1)))
    given(ACCOUNT, *VERIFIED, *facts(counted), *four).when(wish).then()
    given(ACCOUNT, *facts(*[counted] * CODES)).when(login()).then()
    given(ACCOUNT, *VERIFIED).when(change(counted=False)).then(withheld())
    given(ACCOUNT, *VERIFIED, *facts(withheld())).when(confirm(right=False)).then(tried(1, "c2"))


def test_who_is_refused_a_new_address_has_corrected_nothing():
    """Both are one wish."""
    correct = commands.Correct(now=NOON, subject_id="s1", changed=("name",), name="Siti R.")
    wish = replace(change(), correct=correct)
    five = facts(*(issued(f"c{n}") for n in range(CODES)))
    given(ACCOUNT, *VERIFIED, *five).when(wish).then_refused(Code.RATE_LIMITED)
    given(ACCOUNT, *VERIFIED).when(wish).then_kinds(DetailsCorrected, CodeIssued)


def test_an_account_moves_to_a_free_address_only():
    """Once; who merely tried to log in there loses nothing."""
    given(ACCOUNT).when(move_in()).then(moved_in())
    given(ACCOUNT, *facts(moved_in())).when(move_in()).then()
    given(ACCOUNT, *facts(registered())).when(move_in("s2")).then_refused(Code.EMAIL_TAKEN)
    given(ACCOUNT, *facts(noted())).when(move_in("s2")).then_refused(Code.EMAIL_TAKEN)
    given(ACCOUNT, *facts(missed())).when(move_in("s2")).then(forgotten(), moved_in("s2"))
    given(ACCOUNT, *facts(missed(), forgotten(), moved_in("s2"))).when(verify()).then()


def test_a_move_ends_here_or_there():
    """Told twice, or of a move that is none, it decides nothing."""
    confirmed = EmailChangeConfirmed(subject_id="s1", challenge_id="c2", to="m2")
    moving = (*ASKED, *facts(confirmed))
    arrived = commands.EndMove(now=NOON, subject_id="s1", to="m2")
    given(ACCOUNT, *moving).when(arrived).then(moved_out())
    dropped = EmailChangeDropped(subject_id="s1")
    given(ACCOUNT, *moving).when(replace(arrived, to=None)).then(dropped)
    given(ACCOUNT, *moving, *facts(moved_out())).when(arrived).then()
    given(ACCOUNT, *ASKED).when(arrived).then()


def test_a_new_address_is_pending_no_more_when_it_has_been_dropped():
    """Also in the view, which only looks at whom a fact names."""
    (drop,) = facts(EmailChangeDropped(subject_id="s1"))
    assert subject_of(drop) == "s1"
    assert reduce(profile, (*ASKED, drop), None)["email_pending"] is None


def test_a_bounce_is_marked_until_the_address_is_shown_to_work():
    """Once; not of somebody else's, nor of an address that nobody has."""
    wish = commands.MarkBounced(now=NOON, subject_id="s1", about="k1")
    bounced = EmailBounced(subject_id="s1", about="k1")
    given(ACCOUNT, *VERIFIED).when(wish).then(bounced)
    given(ACCOUNT, *VERIFIED, *facts(bounced)).when(wish).then()
    works = facts(bounced, issued("c3"), verified("c3"))
    given(ACCOUNT, *VERIFIED, *works).when(wish).then(bounced)
    given(ACCOUNT, *VERIFIED).when(replace(wish, subject_id="s2")).then()
    given(ACCOUNT, *facts(missed())).when(wish).then()


STEPS = st.tuples(
    st.sampled_from(["register", "login", "change", "right", "wrong", "old", "note", "forget"]),
    st.integers(0, 15),
)


@samples(st.lists(STEPS, max_size=60))
def test_whatever_is_asked_one_code_at_a_time_and_five_tries(steps):
    """No code works that is not the last, in time, unused and tried less than five times."""
    state, now, challenges = State(), NOON, []
    wrong: dict[str, int] = {}
    used: set[str] = set()
    for number, (step, minutes) in enumerate(steps):
        now += minutes * MINUTE
        sent = challenges[0 if step == "old" else -1] if challenges else None
        challenge_id = sent.challenge_id if sent else None
        command = {
            "register": register(now, f"n{number}"),
            "login": login(now, f"n{number}"),
            "change": replace(change(now), challenge_id=f"n{number}"),
            "note": replace(note(), now=now),
            "forget": forget(now),
        }.get(step, verify(step != "wrong", challenge_id, now))
        try:
            events = decider.decide(command, state)
        except decider.Rejected:
            continue
        for event in events:
            state = ACCOUNT.evolve(state, fact(event, now))
            if isinstance(event, CodeIssued):
                challenges.append(event)
            if isinstance(event, EmailVerified):
                assert event.challenge_id == challenges[-1].challenge_id
                assert now < challenges[-1].expires_at
                assert event.challenge_id not in used
                assert wrong.get(event.challenge_id, 0) < TRIES
                used.add(event.challenge_id)
            if hasattr(event, "tries"):
                wrong[event.challenge_id] = event.tries
        assert all(tries <= TRIES for tries in wrong.values())
    issued_at = [c.expires_at for c in challenges]
    assert all(b - a >= HOUR for a, b in zip(issued_at, issued_at[CODES:], strict=False))


def test_kinds_of_facts_are_known():
    """Those that the office's and the clock's ways end in."""
    given(ACCOUNT, *facts(registered())).when(forget(NOON + WEEK)).then_kinds(AccountForgotten)
    given(ACCOUNT).when(move_in()).then_kinds(AccountMovedIn)
