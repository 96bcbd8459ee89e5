"""What the README tells a reader to type answers what the README says."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

README = (Path(__file__).parents[2] / "README.md").read_text()
CALLS = re.findall(r"```console\n\$ (curl .+?)\n(\{.+?)\n```", README, re.DOTALL)
ANYTHING = "…"


def agrees(shown: Any, seen: Any) -> bool:
    """Tell whether what was seen holds all that is shown; "…" stands for anything."""
    if shown == ANYTHING:
        return seen is not None
    if isinstance(shown, dict):
        return all(key in seen and agrees(value, seen[key]) for key, value in shown.items())
    if isinstance(shown, list):
        pairs = zip(shown, seen, strict=False)
        return len(shown) == len(seen) and all(agrees(a, b) for a, b in pairs)
    return bool(shown == seen)


def test_readme_shows_five_calls():
    """None of them is passed over by the test below."""
    assert len(CALLS) == README.count("$ curl") == 5


def test_calls_answer_what_the_readme_says(stack):
    """One after the other, as a reader would."""
    known = {"PST": stack.url, "TOKEN": stack.token("officer")}
    for call, shown in CALLS:
        done = subprocess.run(
            ["bash", "-c", call], env={**known, "PATH": "/usr/bin:/bin"}, capture_output=True
        )
        seen = json.loads(done.stdout)
        assert agrees(json.loads(shown), seen), f"{call}\nsays {seen}"
        known.setdefault("ID", seen.get("consultation_id", ""))
        if not known["ID"]:
            del known["ID"]


def test_files_the_readme_names_exist():
    """No link leads nowhere."""
    root = Path(__file__).parents[2]
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    assert [link for link in links if not (root / link).exists()] == []
