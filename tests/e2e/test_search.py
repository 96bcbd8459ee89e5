"""Search before you ask, on a running system beside a stand-in for BPS's Web API.

Journeys over HTTP; the Web API down, slow, lying, empty; its answers kept by all processes; its key
nowhere.
"""

import csv
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from contracts.catalogue import SearchSchema
from deploy import ports
from kernel.config import read_env_file
from tests.markers import eavesdropping, traces
from tests.support import eventually, frozen, running
from tests.webapi import KEY, FakeWebApi, Mode

pytestmark = pytest.mark.alone  # it measures time

PROMISED_S = 2.5
PAUSE_S = 1


@pytest.fixture(scope="module")
def webapi():
    with FakeWebApi() as served:
        yield served


@pytest.fixture(scope="module")
def system(webapi, tmp_path_factory):
    """A system that asks the stand-in, and logs all there is to log."""
    settings = {
        "PST_WEBAPI_URL": webapi.url,
        "PST_WEBAPI_KEY": KEY,
        "PST_WEBAPI_PAUSE": str(PAUSE_S),
        "PST_LOG_LEVEL": "DEBUG",
    }
    with running(tmp_path_factory.mktemp("search"), **settings) as stack:
        yield stack


@pytest.fixture
def well(webapi, system):
    """The stand-in as it should be, and no breaker open from a test before."""
    webapi.behave(Mode.WELL)
    if asked_of(system, "pst_webapi_breaker_open"):
        time.sleep(PAUSE_S + 0.1)  # the pause of the breaker itself
        eventually(lambda: search(system, new_word())["source"] == "live")
    webapi.asked.clear()
    return webapi


def new_word():
    return f"kata{uuid.uuid4().hex[:10]}"


def asked_of(stack, metric, port=None):
    """Return the value of a metric of the consultation service, 0 when it has none."""
    port = port or ports.load(stack.run_dir)["consultation"]
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    lines = [line for line in text.splitlines() if line.startswith(metric)]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def answer_of(stack, q, office="1471", person=None):
    """Search, without a token unless somebody is named; the promise of time is held."""
    began = time.monotonic()
    if person:
        answer = person.get("/search", q=q, office=office)
    else:
        answer = httpx.get(f"{stack.url}/v1/search", params={"q": q, "office": office}, timeout=30)
    took = time.monotonic() - began
    assert took < PROMISED_S, f"{took:.2f} s"
    return answer


def search(stack, q, **more):
    answer = answer_of(stack, q, **more)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert not SearchSchema().validate(found)
    return found


def kinds(found):
    return {item["kind"] for item in found["items"]}


TEXTS = {
    "topic": "Garis kemiskinan kecamatan",
    "question": "Apakah garis kemiskinan tersedia per kecamatan?",
    "answer": "Tidak; garis kemiskinan tersedia paling rinci menurut kabupaten dan kota.",
}


@pytest.fixture
def answered(system):
    """A consultation that has an answer; its path."""
    resource, officer = system.submit(), system.officer()
    path = f"/consultations/{resource['consultation_id']}"
    assert officer.post(f"{path}/accept").status_code == 200
    assert officer.post(f"{path}/messages", {"text": "Sudah ada."}).status_code == 201
    return path


def publish(system, path, **changes):
    answer = system.officer().post(f"{path}/publish-answer", {**TEXTS, **changes})
    assert answer.status_code == 200, answer.text
    return answer.json()


def found_answers(stack, q, **more):
    items = search(stack, q, **more)["items"]
    return [item for item in items if item["kind"] == "answered_question"]


def test_found_by_search_and_no_consultation(system, well, answered):
    """An officer has published an answer; the next who wonders reads it and asks nobody."""
    word = new_word()
    published = publish(system, answered, question=f"Garis kemiskinan {word}?")
    submissions = system.log_of("consultation").count_documents(
        {"events.type": "consultation_submitted"}
    )
    (item,) = eventually(lambda: found_answers(system, f"berapa orang miskin {word}"))
    read = httpx.get(f"{system.url}{item['url']}")
    assert (read.status_code, read.json()) == (200, published)
    assert item["title"] == TEXTS["topic"]
    assert "garis kemiskinan tersedia" in item["snippet"]
    system.control.kill("consultation")  # its index is gone
    system.wait_ready("consultation")
    assert eventually(lambda: found_answers(system, word)) == [item]
    assert submissions == system.log_of("consultation").count_documents(
        {"events.type": "consultation_submitted"}
    )


def test_found_among_what_bps_publishes(system, well):
    """Publications, press releases and tables of the office, and the national ones."""
    found = search(system, "inflasi")
    assert (found["source"], found["cached_at"], found["incomplete"]) == ("live", None, False)
    assert kinds(found) >= {"publication", "press_release", "static_table"}
    titles = " ".join(item["title"] for item in found["items"])
    assert "Kota Pekanbaru" in titles
    assert "Inflasi Indonesia" in titles
    assert {asked["domain"] for asked in well.asked} == {"1471", "0000"}


def test_other_office_has_its_own_domain(system, well):
    """That of its file, by default its own number."""
    search(system, new_word(), office="9471")
    assert {asked["domain"] for asked in well.asked} == {"9471", "0000"}


def test_nothing_found_is_an_answer_of_the_web_api(system, well):
    """HTTP 200 with `data: ""`, which is no failure."""
    found = search(system, new_word())
    assert (found["source"], found["items"], found["incomplete"]) == ("live", [], False)
    assert asked_of(system, "pst_webapi_breaker_open") == 0


@pytest.mark.parametrize(
    "mode",
    [
        Mode.DOWN,
        Mode.SILENT,
        Mode.DRIPS,
        Mode.HTML,
        Mode.BROKEN_JSON,
        Mode.WRONG_TYPES,
        Mode.HUGE,
        Mode.DEEP,
        Mode.FIREWALL,
        Mode.TOO_MANY,
        Mode.REDIRECTS,
    ],
)
def test_web_api_in_trouble_is_told_and_stops_nobody(system, well, mode):
    """Within 2.5 seconds, as often as it is asked; and a consultation can be opened."""
    well.behave(mode)
    for _ in range(4):  # the last when the breaker is open
        found = search(system, new_word())
        assert (found["source"], found["incomplete"]) == ("unavailable", True)
    assert system.submit(search_id=found["search_id"])["status"] == "submitted"


def test_slow_web_api_leaves_the_workers_to_others(system, well):
    """Sixty search at once while it is silent: all are answered in time, and so is who asks."""
    well.behave(Mode.SILENT)
    asking = [system.user(f"penanya-{n}") for n in range(4)]  # a connection pool each
    with ThreadPoolExecutor(60) as pool:
        searches = [
            pool.submit(search, system, new_word(), person=asking[n % 4]) for n in range(60)
        ]
        began = time.monotonic()
        assert system.submit()["status"] == "submitted"
        assert time.monotonic() - began < PROMISED_S
        found = [each.result() for each in searches]
    assert {each["source"] for each in found} == {"unavailable"}


def test_empty_web_api_is_no_trouble(system, well):
    """It says that there is nothing, and that is passed on."""
    well.behave(Mode.EMPTY)
    found = search(system, f"inflasi {new_word()}")
    assert (found["source"], found["items"]) == ("live", [])
    assert system.submit(search_id=found["search_id"])["status"] == "submitted"


def test_thousands_of_rows_hold_nobody_up(system, well):
    """A page has ten, and no more are looked at: others are answered meanwhile."""
    well.behave(Mode.MANY)
    with ThreadPoolExecutor(1) as pool:
        searched = pool.submit(search, system, new_word())
        began = time.monotonic()
        assert system.submit()["status"] == "submitted"
        assert time.monotonic() - began < 1
        found = searched.result()
    assert (found["source"], len(found["items"])) == ("live", 60)


def test_breaker_opens_and_closes_again(system, well):
    """While it is open the Web API is left alone; one success closes it."""
    well.behave(Mode.FIREWALL)
    for _ in range(3):
        search(system, new_word())
    eventually(lambda: asked_of(system, "pst_webapi_breaker_open") == 1)
    well.asked.clear()
    assert search(system, new_word())["source"] == "unavailable"
    assert well.asked == []
    well.behave(Mode.WELL)
    time.sleep(PAUSE_S + 0.1)  # the pause of the breaker itself
    assert search(system, "inflasi oktober")["source"] == "live"
    assert asked_of(system, "pst_webapi_breaker_open") == 0
    assert asked_of(system, 'pst_webapi_answers_total{model="publication",result="refused"}') >= 3


def test_answers_are_kept_across_processes_and_restarts(system, well):
    """Asked once in hours, by whomever; and found again when the Web API is away."""
    first = search(system, "Harga konsumen")
    assert first["source"] == "live"
    kept = eventually(
        lambda: (again := search(system, "harga  KONSUMEN"))["source"] == "cache" and again
    )
    assert kept["items"] == first["items"]
    assert kept["cached_at"]
    asked = len(well.asked)
    system.control.kill("consultation")
    system.wait_ready("consultation")
    assert search(system, "harga konsumen")["source"] == "cache"
    assert len(well.asked) == asked
    well.behave(Mode.DOWN)
    system.travel_to(system.now() + timedelta(hours=30))
    stale = search(system, "harga konsumen")
    assert (stale["source"], stale["items"]) == ("cache", first["items"])
    assert stale["cached_at"] == kept["cached_at"]


def test_key_is_nowhere(system, well):
    """Not in databases, logs, the broker's files, metrics or messages, whatever has gone wrong."""
    with eavesdropping(system) as heard:
        for mode in (Mode.WELL, Mode.DOWN, Mode.HTML, Mode.REDIRECTS, Mode.SILENT):
            well.behave(mode)
            search(system, new_word())
        assert heard()
        assert KEY.encode() not in heard()
    assert traces(system, "webapi_failed"), "nothing is found at all"
    assert traces(system, KEY) == []
    for service in ("consultation", "queue", "notifier", "gateway"):
        port = ports.load(system.run_dir)[service]
        assert KEY not in httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert read_env_file(system.run_dir / "env")["PST_WEBAPI_KEY"] == KEY


def test_words_of_a_search_are_sealed_and_reported(system, well):
    """Nothing of them lies or travels in clear; officers see what was looked for in vain."""
    mark, person_id = new_word(), f"siti-{uuid.uuid4().hex[:8]}"
    person = system.user(person_id)
    with eavesdropping(system) as heard:
        for _ in range(2):
            search(system, f"Harga {mark}")
        search(system, f"upah {mark}", person=person)
        eventually(lambda: system.caught_up("consultation"))
        assert mark.encode() not in heard()
    assert traces(system, mark) == []
    assert f"upah {mark}" in system.pst("vault", "export", person_id)
    report = report_of(system)
    assert missed(report, mark) == {f"harga {mark}": 2, f"upah {mark}": 1}
    assert report["found_nothing"] >= 3
    table = report_of(system, format="csv")
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    (line,) = [
        row for row in csv.DictReader(table.text.splitlines()) if row["key"] == f"harga {mark}"
    ]
    assert (line["section"], line["searches"]) == ("missed", "2")


def test_search_is_answered_while_the_database_stands_still(system, well):
    """It cannot be written down then, which is said by the missing id, and stops nobody."""
    system.control.stop("consultation")
    try:
        with system.another("consultation", PST_TIME_TRAVEL="0"):
            assert search(system, "inflasi")["search_id"]
            with frozen(system.control.pid("database")):
                found = search(system, f"inflasi {new_word()}")
            assert (found["source"], found["search_id"]) == ("live", None)
    finally:
        system.control.start("consultation")
        system.wait_ready()


def test_unknown_searchers_of_a_month_are_given_up_together(system, well):
    """One key a month and office; their words are in no report any more, the counts are."""
    mark = new_word()
    search(system, f"harga {mark}")
    before = eventually(lambda: (r := report_of(system)) and missed(r, mark) and r)
    month = (system.now() + timedelta(hours=7)).strftime("%Y-%m")
    system.pst("vault", "forget", f"searches-1471-{month}", "--yes")
    after = eventually(lambda: not missed(r := report_of(system), mark) and r, within=90)
    assert after["found_nothing"] == before["found_nothing"]


def report_of(system, **more):
    """Return the report of some days, as JSON or as it came."""
    today = system.now().date()
    days = {"from": str(today - timedelta(days=3)), "to": str(today + timedelta(days=3))}
    answer = system.officer().get("/offices/1471/reports/searches", **days, **more)
    assert answer.status_code == 200, answer.text
    return answer if more else answer.json()


def missed(report, mark):
    return {m["query"]: m["searches"] for m in report["missed"] if mark in m["query"]}
