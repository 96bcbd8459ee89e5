"""The code lists are data of a version, which never changes."""

import json
from hashlib import sha256
from importlib import resources
from pathlib import Path

from contracts import queue
from contracts.codes import CODES_VERSION, CodesSchema, code_lists
from gateway.call import Call
from gateway.openapi import describe
from gateway.service import GatewayService
from services.queue.events import Outcome

FILES = sorted(resources.files("contracts").joinpath("code_lists").iterdir(), key=str)
FROZEN = json.loads((Path(__file__).parents[1] / "fixtures/code_lists.json").read_text("utf-8"))


def test_version_that_was_in_use_is_never_changed_or_dropped():
    """A changed list is a new file with a new version; its hash is added, none is replaced."""
    found = {}
    for file in FILES:
        lists = json.loads(file.read_text("utf-8"))
        assert file.name == f"{lists['version']}.json"
        found[lists["version"]] = sha256(json.dumps(lists, sort_keys=True).encode()).hexdigest()
    assert found == FROZEN
    assert CODES_VERSION in found


def test_every_code_is_there_once_and_labelled():
    """In Indonesian and in English, no label twice in a list."""
    assert CodesSchema().validate(code_lists()) == {}
    for entries in code_lists()["lists"].values():
        for words in (
            [entry["code"] for entry in entries],
            [entry["label"]["id"] for entry in entries],
            [entry["label"]["en"] for entry in entries],
        ):
            assert all(words)
            assert len(set(words)) == len(words)


def test_lists_are_those_of_the_standard():
    """As the published rules name them; and what the code tells apart is in them."""
    assert queue.EDUCATIONS == ("sd", "smp", "sma", "d1_d3", "d4_s1", "s2", "s3")
    assert queue.USES == ("school_assignment", "government", "commercial", "research", "other")
    assert (len(queue.OCCUPATIONS), len(queue.INSTITUTION_CATEGORIES)) == (7, 10)
    assert set(queue.OUTCOMES) == set(Outcome)


def test_every_list_is_of_a_field_of_the_calls():
    """A kiosk looks a field's codes up under its name."""
    codes = {name: [e["code"] for e in entries] for name, entries in code_lists()["lists"].items()}
    schemas = describe(GatewayService)["components"]["schemas"]
    taken = {}
    for body in ("GuestBook", "Issue", "Finish", "Suspend"):
        for name, field in schemas[body]["properties"].items():
            if enum := field.get("enum") or field.get("items", {}).get("enum"):
                taken[name] = [code for code in enum if code is not None]
    del taken["lane"]  # two ways to wait, no list
    assert taken == codes


def test_gateway_answers_them_to_everybody():
    """Without a token: a kiosk and a form show them."""
    assert GatewayService().show_codes(Call(None, {})) == code_lists()  # type: ignore[arg-type]  # nobody
    said = describe(GatewayService)["paths"]["/v1/codes"]["get"]
    assert said["security"] == []
    assert "200" in said["responses"]
