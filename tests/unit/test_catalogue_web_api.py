"""The Web API is read with care: whatever it says, what comes out is items or a failure."""

import json
import logging
import ssl
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import monotonic
from services.consultation.catalogue.channels.cleaning import plain
from services.consultation.catalogue.channels.rows import WebApiFailure, address, items
from services.consultation.catalogue.channels.web_api import WebApi
from tests.support import NOON
from tests.webapi import KEY, FakeWebApi, Mode


@pytest.fixture
def api():
    with FakeWebApi() as served:
        yield served


def ask(api, key=KEY, keyword="inflasi", model="pressrelease"):
    return WebApi(api.url, key).ask(model, "1471", keyword)


@pytest.mark.parametrize(
    ("model", "keyword", "found"),
    [
        (
            "publication",
            "dalam angka",
            {
                "kind": "publication",
                "title": "Kota Pekanbaru Dalam Angka 2026",
                "url": "https://webapi.bps.go.id/download.php?f=a1b2c3",
                "released_on": "2026-02-27",
                "snippet": "Publikasi ini menyajikan data kependudukan, inflasi & kemiskinan Kota"
                " Pekanbaru. Data penduduk usia <5 tahun tersedia per kecamatan.",
            },
        ),
        (
            "pressrelease",
            "penduduk miskin",
            {
                "kind": "press_release",
                "title": "Jumlah Penduduk Miskin Kota Pekanbaru Maret 2026",
                "url": None,
                "released_on": "2026-07-25",
                "snippet": "Kependudukan",
            },
        ),
        (
            "statictable",
            "jenis kelamin",
            {
                "kind": "static_table",
                "title": "Jumlah Penduduk Menurut Kecamatan dan Jenis Kelamin, 2025",
                "url": "https://webapi.bps.go.id/download.php?f=t122",
                "released_on": None,
                "snippet": "Kependudukan",
            },
        ),
    ],
)
def test_rows_become_items(api, model, keyword, found):
    """Escaped abstracts, subjects in their place, dates that are none, files that are not there."""
    assert ask(api, keyword=keyword, model=model) == [found]
    asked = {"model": model, "lang": "ind", "domain": "1471", "keyword": keyword, "page": "1"}
    assert api.asked == [{**asked, "key": KEY}]


def test_rows_that_cannot_be_read_are_left_out(api):
    """The others are listed."""
    found = ask(api, keyword="penduduk", model="statictable")
    assert [each["title"][:6] for each in found] == ["Jumlah"]


def test_nothing_found_is_nothing_failed(api):
    """HTTP 200 with `data: ""`."""
    api.behave(Mode.EMPTY)
    assert ask(api) == []


def test_rows_beyond_a_page_take_no_time(api):
    """A page has ten: who sends thousands holds nobody up."""
    api.behave(Mode.MANY)
    assert len(ask(api)) == 10
    row = {"title": "<b>" * 100_000, "abstract": "&amp;lt;p&amp;gt;<i>x" * 50_000}
    body = json.dumps({"status": "OK", "data": [{}, [row] * 10]}).encode()
    began = monotonic()
    items("publication", body, KEY)
    assert monotonic() - began < 0.5


@pytest.mark.parametrize(
    ("mode", "how"),
    [
        (Mode.DOWN, "away"),
        (Mode.HTML, "no_json"),
        (Mode.BROKEN_JSON, "no_json"),
        (Mode.WRONG_TYPES, "other_shape"),
        (Mode.HUGE, "too_large"),
        (Mode.BOMB, "too_large"),
        (Mode.DEEP, "no_json"),
        (Mode.FIREWALL, "refused"),
        (Mode.TOO_MANY, "too_many"),
        (Mode.REDIRECTS, "failed"),
    ],
)
def test_what_is_no_answer_is_a_failure_with_a_name(api, mode, how):
    """And nothing else is raised."""
    api.behave(mode)
    with pytest.raises(WebApiFailure, match=f"^{how}$"):
        ask(api)


def test_wrong_key_is_refused_and_never_quoted(api, caplog):
    """Nor is a right one when nobody answers: not by the exception, nor by the library's log."""
    with pytest.raises(WebApiFailure, match="refused"), caplog.at_level(logging.DEBUG):
        ask(api, key="salah0rahasia")
    api.behave(Mode.DOWN)
    with pytest.raises(WebApiFailure) as failure, caplog.at_level(logging.DEBUG):
        ask(api)
    assert KEY not in repr(failure.value)
    assert failure.value.__suppress_context__
    assert KEY not in caplog.text
    assert "salah0rahasia" not in caplog.text


def test_firewall_refuses_names_it_does_not_know(api):
    """Which is why ours is that of the library."""
    asks = WebApi(api.url, KEY)
    asks._session.headers["User-Agent"] = "pst-konsultasi/1"
    with pytest.raises(WebApiFailure, match="refused"):
        asks.ask("publication", "1471", "inflasi")


@pytest.mark.parametrize("keyword", ["a/b", "../../etc", "50% & lebih", "é", "?x=1#y"])
def test_keyword_stays_in_its_place_of_the_address(api, keyword):
    """Whatever is in it."""
    ask(api, keyword=keyword)
    assert api.asked[0]["keyword"] == keyword
    assert api.asked[0]["key"] == KEY


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("&lt;p&gt;Kota &amp;amp; Kabupaten&lt;/p&gt;&lt;p&gt;baru", "Kota & Kabupaten baru"),
        ("&amp;lt;script&amp;gt;x&amp;lt;/script&amp;gt;y", "y"),
        ("<a href='javascript:x'>tautan</a>", "tautan"),
        ("x <img src=x onerror=alert(1)> y", "x y"),
        ("usia <5 tahun, a < b > c", "usia <5 tahun, a < b > c"),
        ("R&D", "R&D"),
        ("a\u202eb\u200bc\u200b", "a b c"),
        ("satu dua tiga empat lima enam tujuh delapan", "satu dua tiga empat lima enam …"),
        (None, ""),
        (12, ""),
        ({"a": 1}, ""),
    ],
)
def test_texts_come_out_plain(text, clean):
    """However often they were escaped."""
    assert plain(text, 34) == clean


@pytest.mark.parametrize("rounds", range(16))
@pytest.mark.parametrize(
    "evil",
    ["<script>alert(1)</script>", "<img src=x onerror=y>", "<<b>script>alert(1)<</b>/script>"],
)
def test_no_markup_survives_however_often_it_was_escaped(evil, rounds):
    """Escaped more often than we care to undo, too."""
    for _ in range(rounds):
        evil = evil.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert "<script" not in plain(evil, 300)
    assert "<img" not in plain(evil, 300)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://webapi.bps.go.id/download.php?f=a", True),
        ("http://www.bps.go.id/tabel/915.xls", True),
        ("https://bps.go.id.penipu.example/x", False),
        ("https://penipu-bps.go.id/x", False),
        ("https://bps.go.id@penipu.example/", False),
        ("https://siti:x@www.bps.go.id/", False),
        ("javascript:alert(1)//bps.go.id", False),
        ("ftp://www.bps.go.id/x", False),
        ("//www.bps.go.id/x", False),
        ("https://www.bps.go.id/?key=rahasia", False),
        ("https://[bps.go.id", False),
        ("https://evil.example\\.bps.go.id/x", False),
        ("https:\\\\evil.example\\a.bps.go.id", False),
        ("http://evil.example%2f.bps.go.id/", False),
        ("https://bps.go.id:80:80/", False),
        ("https://bps.go.id:99999/", False),
        ("https://bps.go.id:8443/x", True),
        ("https://[::1].bps.go.id/", False),
        ("https://www.bps.go.id/x?a=<script>", False),
        ('https://www.bps.go.id/"onclick=x', False),
        ("https://www.bps.go.id/a b", False),
        ("https://www.bps.go.id/a\tb", False),
        ("https://www.bps.go.id/%72ahasia", False),
        ("https://evil.example\u3002bps.go.id/", False),
        (None, False),
        (7, False),
    ],
)
def test_only_addresses_of_bps_are_passed_on(text, kept):
    """And none that tells our key."""
    assert address(text, "rahasia") == (text if kept else None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"12",
        b'{"status": "OK", "data": 3}',
        b'{"status": "OK"}',
        b'{"status": "OK", "data": null}',
        b'{"status": "OK", "data": [{}, null]}',
    ],
)
def test_other_json_is_a_failure(body):
    """Also where it is well written."""
    with pytest.raises(WebApiFailure):
        items("publication", body, KEY)


@pytest.mark.parametrize("field", ["title", "abstract", "rl_date", "pdf", "subj"])
@pytest.mark.parametrize("value", [None, 7, "", [], {"x": 1}, "<b></b>", True, 1e300])
def test_any_field_may_be_anything(field, value):
    """A row is read or left out."""
    row = {"title": "Judul", "abstract": "x", "rl_date": "2026-01-01", "pdf": None, field: value}
    body = json.dumps({"status": "OK", "data": [{"page": 1}, [row]]}).encode()
    assert len(items("publication", body, KEY)) == (0 if field == "title" else 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)
TITLED = st.dictionaries(st.sampled_from(["title", "abstract", "pdf", "rl_date", "subj"]), JSON)


@given(st.lists(TITLED | JSON, max_size=4) | JSON)
def test_whatever_json_it_says_is_items_or_a_failure(data):
    """All of them with a title, and texts that can be passed on."""
    body = json.dumps({"status": "OK", "data": [{"page": 1}, data]}).encode()
    for model in ("publication", "pressrelease", "statictable"):
        try:
            found = items(model, body, KEY)
        except WebApiFailure:
            continue
        assert all(item["title"] for item in found)
        json.dumps(found).encode()


def self_signed(place):
    """Write a certificate that nobody has vouched for, and its key, into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    begun = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    dated = begun.not_valid_before(NOON - timedelta(days=900)).not_valid_after(
        NOON + timedelta(days=9000)
    )
    alternative = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    numbered = dated.public_key(key.public_key()).serial_number(7).add_extension(alternative, False)
    pem = serialization.Encoding.PEM
    plain_key = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    place.write_bytes(numbered.sign(key, hashes.SHA256()).public_bytes(pem) + plain_key)
    return place


def test_server_that_cannot_prove_its_name_is_told_no_key(api, tmp_path):
    """It never sees the address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "pem"))
    api._server.socket = context.wrap_socket(api._server.socket, server_side=True)
    with pytest.raises(WebApiFailure, match="away"):
        WebApi(api.url.replace("http://127.0.0.1", "https://localhost"), KEY).ask(
            "publication", "1471", "inflasi"
        )
    assert api.asked == []
