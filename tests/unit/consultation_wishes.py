"""Stories of a consultation as chance tells them: who wishes what, when, and what is decreed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

from contracts.offices import SILENCE_CLOSE
from offices.calendar import Override
from offices.public_holidays import DayKind
from services.consultation import commands
from services.consultation.events import CloseReason
from tests.unit.consultation import ANI, BUDI, OFFICE, RINA, SITI
from tests.unit.consultation_world import World

STAFF = (BUDI, RINA)
DAY_MIN = 24 * 60


class Wish(NamedTuple):
    """What may be wished, by whom with a chance to get it, and how often against others."""

    weight: int
    by: tuple[Any, ...]
    ask: Callable[[World, Any], bool]


def _posts(weight: int, by: tuple[Any, ...], **words: Any) -> Wish:
    def ask(world: World, who: Any) -> bool:
        return world.ask(commands.PostMessage, who, message_id="m", text="…", **words)

    return Wish(weight, by, ask)


def _wrote_before(world: World, who: Any) -> bool:
    sent_at = world.now - timedelta(days=2)
    return world.ask(commands.PostMessage, who, message_id="m", text="…", sent_at=sent_at)


def _enters(world: World, who: Any) -> bool:
    said = {"on_behalf": True, "channel": "email", "sent_at": world.now - timedelta(hours=5)}
    return world.ask(commands.PostMessage, who, message_id="m", text="…", **said)


def _clarify(world: World, who: Any) -> bool:
    words = {"message_id": "m", "text": "?", "missing": ("topic",)}
    return world.ask(commands.AskClarification, who, **words)


def _clears_up(world: World, who: Any) -> bool:
    """Ask, and be answered some days later."""
    asked = _clarify(world, who)
    world.wait(world.now + timedelta(days=1 + len(world.facts) % 5))
    return asked and world.ask(commands.PostMessage, SITI, message_id="m", text="…")


def _says_no_more(world: World, who: Any) -> bool:
    """Answer, and hear nothing for more than a week."""
    answered = world.ask(commands.PostMessage, who, message_id="m", text="…")
    world.wait(world.now + timedelta(days=8))
    return answered


def _does(weight: int, what: type[Any], by: tuple[Any, ...] = STAFF, **words: Any) -> Wish:
    return Wish(weight, by, lambda world, who: world.ask(what, who, **words))


def _meets(weight: int, **words: Any) -> Wish:
    def ask(world: World, who: Any) -> bool:
        start = world.now + timedelta(days=2)
        when = {"start": start, "end": start + timedelta(minutes=30)}
        meeting_id = f"meet-{len(world.facts)}"
        appointment = {"meeting_id": meeting_id, "kind": "zoom", **when, **words}
        return world.ask(commands.ScheduleMeeting, who, **appointment)

    return Wish(weight, STAFF, ask)


def _moves(weight: int, **words: Any) -> Wish:
    def ask(world: World, who: Any) -> bool:
        start = world.now + timedelta(days=3)
        when = {"start": start, "end": start + timedelta(minutes=30)}
        meeting_id = _some_meeting(world)
        return world.ask(commands.RescheduleMeeting, who, meeting_id=meeting_id, **when, **words)

    return Wish(weight, STAFF, ask)


def _of_meeting(weight: int, what: type[Any], **words: Any) -> Wish:
    def ask(world: World, who: Any) -> bool:
        return world.ask(what, who, meeting_id=_some_meeting(world), **words)

    return Wish(weight, STAFF, ask)


def _some_meeting(world: World) -> str:
    return next(iter(world.state.meetings), "meet-0")


def _reports(weight: int, what: type[Any]) -> Wish:
    return Wish(weight, (None,), lambda world, _: world.told(what, channel="email"))


WISHES = {
    "accept": _does(5, commands.Accept),
    "clarify": Wish(3, STAFF, _clarify),
    "clear up": Wish(24, STAFF, _clears_up),
    "silence": Wish(2, STAFF, _says_no_more),
    "claim": _does(1, commands.Claim),
    "assign": _does(1, commands.Assign, officer_id="ani"),
    "write": _posts(12, (SITI,)),
    "answer": _posts(1, STAFF),
    "note": _posts(1, STAFF, internal=True),
    "automatic": _posts(1, (SITI, BUDI), automatic=True),
    "wrote before": Wish(8, (SITI,), _wrote_before),
    "enter": Wish(3, STAFF, _enters),
    "refer": _does(1, commands.Refer, target="library", reason="…"),
    "resolve": _does(1, commands.Close, reason=CloseReason.RESOLVED),
    "spam": _does(1, commands.Close, reason=CloseReason.SPAM),
    "duplicate": _does(1, commands.Close, reason=CloseReason.DUPLICATE, duplicate_of="other"),
    "confirm the silence": _does(4, commands.Close, reason=CloseReason.USER_SILENT),
    "correct contact": _does(
        1,
        commands.CorrectContact,
        contact_name="Siti",
        contact_email=None,
        contact_phone=None,
    ),
    "withdraw": _does(1, commands.Withdraw, (SITI, BUDI)),
    "reopen": _does(8, commands.Reopen, (SITI, BUDI), reason="…"),
    "meet": _meets(5, join_url="https://zoom.us/j/1"),
    "meet by link": _meets(2, makes_links=True),
    "give link": _moves(1, join_url="https://zoom.us/j/2"),
    "move": _moves(1),
    "cancel": _of_meeting(1, commands.CancelMeeting),
    "held": _of_meeting(2, commands.HoldMeeting, message_id="m", summary="…"),
    "held, no more is said": _of_meeting(4, commands.HoldMeeting, message_id="m"),
    "missed": _of_meeting(3, commands.MissMeeting),
    "bounce": _reports(1, commands.ReportBounce),
    "reached": _reports(2, commands.ReportReached),
    "whoever": Wish(1, (ANI, SITI), lambda w, who: w.ask(commands.Accept, who)),
}

CHANCES = [name for name, wish in WISHES.items() for _ in range(wish.weight)]

WAITS = st.builds(
    lambda days, minutes: days * DAY_MIN + minutes,
    st.sampled_from((0, 0, 0, 0, 0, 0, 1, 2)),
    st.sampled_from((0, 1, 90, 700, 719, 720)),
)
"""Also to the minute at which a day ends: every story begins at noon."""

DECREE = st.tuples(st.integers(-4, 9), st.sampled_from(DayKind))

STEP = st.tuples(
    st.tuples(*[st.sampled_from(CHANCES)] * 3),
    st.integers(0, 1),
    WAITS,
    st.none() | DECREE,
)
"""What is wished (the next if it is refused), by whom of those who may, after how many minutes, and
what is decreed before."""

STORIES = st.tuples(
    st.sampled_from(SILENCE_CLOSE),
    st.sampled_from((True,) * 7 + (False,)),
    st.lists(STEP, min_size=3, max_size=14),
)
"""Under which policy, whether it is accepted at once, and what is wished then."""


def play(story: Any) -> World:
    """Let people do it; what comes due meanwhile fires."""
    silence_close, accepted, steps = story
    world = World()
    world.office = replace(OFFICE, policy=replace(OFFICE.policy, silence_close=silence_close))
    if accepted:
        world.ask(commands.Accept, BUDI)
    for names, who, minutes, decree in steps:
        world.wait(world.now + timedelta(minutes=minutes))
        if decree is not None:
            days, kind = decree
            world.decree(Override(world.today() + timedelta(days=days), kind, "Libur", "SKB"))
        wishes = (WISHES[name] for name in names)
        any(wish.ask(world, wish.by[who % len(wish.by)]) for wish in wishes)
    return world
