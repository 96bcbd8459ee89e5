"""What leaves as comma-separated values opens as a table, and carries nothing out."""

import csv
import io

import pytest

from contracts.catalogue import SearchReportSchema
from contracts.consultation import CLOSE_REASONS
from contracts.consultation_report import ConsultationReportSchema
from gateway.figures import csv_of
from services.consultation import report
from tests.unit.consultation import OFFICE


def read(report):
    """Return the lines of a report as a spreadsheet reads them."""
    answer = csv_of(SearchReportSchema, report, {"missed": "query"}, "x")
    text = answer.get_data(as_text=True)
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_of_others_is_no_formula(text):
    """Somebody may look for one, to have it opened by an officer."""
    (_, line) = read({"searches": -3, "missed": [{"query": text, "searches": 1}]})
    assert (line["key"], line["query"]) == (f"'{text}", f"'{text}")


def test_numbers_and_texts_stay_what_they_are():
    """Quotes, commas and line ends in their cell."""
    text = 'a,"b"\nc'
    first, second = read({"searches": -3, "missed": [{"query": text, "searches": 1}]})
    assert (first["section"], first["searches"]) == ("total", "-3")
    assert (second["section"], second["key"], second["searches"]) == ("missed", text, "1")


def columns(found):
    """Return the columns of a report of consultations."""
    words = {"office": "1471", "from": "2026-11-01", "to": "2026-11-30"}
    groups = {"by_type": "type", "by_month": "month"}
    text = csv_of(ConsultationReportSchema, {**words, **found}, groups, "x").get_data(as_text=True)
    return text.splitlines()[0].split(",")


def test_columns_are_the_same_whatever_there_is_to_tell():
    """Whoever reads it by machine finds each figure in its place."""
    nothing = report.of(OFFICE, [])
    something = {**nothing, "first_answer": {"n": 1, "p50_s": 1, "p90_s": 1, "max_s": 1}}
    found = columns(nothing)
    assert columns(something) == found
    assert found[:3] == ["section", "key", "submitted"]
    assert {f"closed.{reason}" for reason in CLOSE_REASONS} < set(found)
    assert {"first_answer.p50_s", "limit.share_within", "from", "type", "month"} < set(found)
    assert len(set(found)) == len(found)
