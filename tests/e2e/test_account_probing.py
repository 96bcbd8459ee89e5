"""Who tries addresses learns nothing: not by an answer, not by a header, not by the time."""

import random
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import httpx
import pytest
from scipy.stats import mannwhitneyu

from tests.accounts import Owner, codes_in
from tests.support import Stack, eventually, running

pytestmark = pytest.mark.alone  # it measures time

TRIES = 400
AT_ONCE = 8
BEFORE_AT_ONCE = 12
CHANCE = 0.001
"""So seldom a difference is found where there is none."""


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A system that lets one source ask as often as a network of them could."""
    rates = {"PST_CODE_RATE": "100000/hour", "PST_RATE_LIMIT": "100000/second"}
    with running(tmp_path_factory.mktemp("probing"), **rates) as stack:
        yield stack


def address() -> str:
    return f"p{uuid.uuid4().hex}@example.com"


@pytest.fixture(scope="module")
def known(probed: Stack) -> list[str]:
    """Registered, half of them logged in once by what stands in the e-mail."""
    owners = [Owner(probed, address()) for _ in range(TRIES // 2)]
    with ThreadPoolExecutor(BEFORE_AT_ONCE) as pool:
        list(pool.map(Owner.register, owners))
        eventually(lambda: len(probed.mails()) >= len(owners), within=60, every=1)
        codes = {str(mail["To"]): codes_in([mail])[0] for mail in probed.mails()}
        sent = {owner.email: codes[to] for owner in owners for to in codes if owner.email in to}
        answers = list(pool.map(lambda owner: owner.verify(sent[owner.email]), owners[::2]))
    assert {answer.status_code for answer in answers} == {200}
    for owner in owners:
        owner.http.close()
    return [owner.email for owner in owners]


ASKED: dict[str, Callable[[Owner], httpx.Response]] = {
    "register": Owner.register,
    "login": Owner.login,
    "wrong_code": lambda owner: owner.verify("000000"),
}


@pytest.mark.parametrize("name", ASKED)
def test_known_and_unknown_addresses_cannot_be_told_apart(
    name: str, probed: Stack, known: list[str]
) -> None:
    """400 tries, in chance order, several at once: Mann-Whitney finds no difference in time."""
    ask = ASKED[name]
    tries = [(email, True) for email in known] + [(address(), False) for _ in known]
    random.shuffle(tries)

    def probe(each: tuple[str, bool]) -> tuple[bool, float, tuple[object, ...]]:
        owner = Owner(probed, each[0])
        owner.http.get("/offices")  # the connection is there
        began = perf_counter()
        answer = ask(owner)
        took = perf_counter() - began
        owner.http.close()
        return each[1], took, seen(answer)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(probe, tries))
    assert len({told for _, _, told in found}) == 1
    times = {kind: [took for k, took, _ in found if k is kind] for kind in (True, False)}
    chance = mannwhitneyu(times[True], times[False]).pvalue
    print(f"\n{name}: p = {chance:.3f}, {min(times[True]):.4f} to {max(times[True]):.4f} s")
    assert chance > CHANCE


def seen(answer: httpx.Response) -> tuple[object, ...]:
    """Return all that an answer tells, but for what is another each time."""
    own = ("x-correlation-id", "date")
    headers = tuple(sorted((k, v) for k, v in answer.headers.items() if k not in own))
    said = answer.json()
    said.pop("correlation_id", None)
    return answer.status_code, headers, repr(said)
