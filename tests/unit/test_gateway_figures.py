"""What leaves as comma-separated values opens as a table, and carries nothing out."""

import csv
import io

import pytest

from gateway.figures import csv_of


def read(report):
    """Return the lines of a report as a spreadsheet reads them."""
    text = csv_of(report, {"missed": "query"}, "x").get_data(as_text=True)
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
