"""A hundred files of ten megabytes at once: the gateway holds a little of each at a time."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from deploy import ports
from tests.api import path
from tests.sent_files import pdf, upload
from tests.support import Person, Stack, meanwhile, running

pytestmark = pytest.mark.alone  # memory and waits are measured

MB = 1024 * 1024
USERS, FILES = 20, 5
MOST_MB = 300
PATIENCE_S = 0.5
"""How long half of the other calls may take meanwhile, on a machine that the clients share."""


@pytest.fixture(params=["", "mongodb"], ids=["directory", "gridfs"])
def system(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    with running(tmp_path, PST_FILES_URL=request.param) as started:
        yield started


def test_memory_is_bounded_while_a_hundred_files_come_and_go(system: Stack) -> None:
    """20 users × 5 files × 10 MB, up and then down; other calls get through beside them."""
    content = pdf(10 * MB)
    port = ports.free()
    with system.another("gateway", PST_PORT=str(port), PST_HOST="127.0.0.1") as pid:
        url = f"http://127.0.0.1:{port}"
        people = [{"name": "Siti", "email": f"siti-{n}@example.com"} for n in range(USERS)]
        opened = [system.submit(contact=person) for person in people]
        senders = [
            (Person(url, system.token("service_user", each["subject_id"], ())), each)
            for each in opened
            for _ in range(FILES)
        ]
        with (
            ThreadPoolExecutor(len(senders)) as pool,
            meanwhile(lambda: (resident_mb(pid), seconds(url))) as seen,
        ):
            began = time.monotonic()
            answers = list(pool.map(lambda s: upload(*s, in_pieces(content)), senders))
            up = time.monotonic() - began
            got = list(pool.map(lambda s, a: size_of(*s, a), senders, answers))
            down = time.monotonic() - began - up
    assert {answer.status_code for answer in answers} == {201}
    assert set(got) == {10 * MB}
    most, waits = max(mb for mb, _ in seen), sorted(s for _, s in seen)
    print(
        f"\n{len(answers)} files up in {up:.1f} s, down in {down:.1f} s, gateway at most"
        f" {most:.0f} MB; offices: p50 {waits[len(waits) // 2]:.3f} s, p99"
        f" {waits[len(waits) * 99 // 100]:.3f} s of {len(waits)}"
    )
    assert most < MOST_MB
    assert waits[len(waits) // 2] < PATIENCE_S


def in_pieces(content: bytes) -> Iterator[bytes]:
    return (content[n : n + 65536] for n in range(0, len(content), 65536))


def size_of(person: Person, consultation: dict[str, str], answer: httpx.Response) -> int:
    """Return how many bytes come back."""
    place = f"/v1{path(consultation, 'attachments')}/{answer.json()['attachment_id']}"
    with person.http.stream("GET", place) as got:
        return sum(len(piece) for piece in got.iter_bytes(65536))


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def seconds(url: str) -> float:
    """Return how long another call takes."""
    began = time.monotonic()
    assert httpx.get(f"{url}/v1/offices", timeout=30).status_code == 200
    return time.monotonic() - began
