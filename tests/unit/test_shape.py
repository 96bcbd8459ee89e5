"""The shape of derived data changes with the code it is made with, and with nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from kernel.shape import shape_of

VIEW = '''"""A view."""

from things.facts import Fact
from things import rules


def project(document, fact: Fact):
    """Count."""
    return rules.count(document)


def key(fact):
    return fact.stream
'''

RULES = """from .deep.constants import STEP


def count(document):
    return (document or 0) + STEP
"""

FILES = {
    "things/__init__.py": "",
    "things/view.py": VIEW,
    "things/facts.py": "import json\n\nfrom other import thing\n\n\nclass Fact:\n    stream = thing\n",
    "things/rules.py": RULES,
    "things/deep/__init__.py": "",
    "things/deep/constants.py": "STEP = 1\n",
    "things/unrelated.py": "X = 1\n",
    "other.py": "thing = 'x'\n",
}

ASK = "from things.view import {0}; from kernel.shape import shape_of; print(shape_of({0}))"


def shape(folder: Path, function: str = "project", **changed: str) -> str:
    """Return what another process says, the code there being as given."""
    for path, text in {**FILES, **changed}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    asked = [sys.executable, "-B", "-c", ASK.format(function)]
    path = f"{folder}:{Path(__file__).parents[2]}"
    done = subprocess.run(asked, env={"PYTHONPATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_same_code_same_shape(tmp_path):
    """In every process, today and tomorrow."""
    assert shape(tmp_path) == shape(tmp_path)
    assert len(shape(tmp_path)) == 64


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("things/view.py", "rules.count(document)", "rules.count(None)"),
        ("things/rules.py", "or 0", "or 1"),
        ("things/deep/constants.py", "STEP = 1", "STEP = 2"),
        ("things/facts.py", "stream = thing", "stream = 'y'"),
    ],
)
def test_changed_code_changes_the_shape(tmp_path, path, old, new):
    """The function's own, and what its package gives it, however far away."""
    assert old in FILES[path]
    changed = {path: FILES[path].replace(old, new)}
    assert shape(tmp_path) != shape(tmp_path, **changed)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("things/view.py", VIEW.replace("Count.", "Count them.").replace("A view.", "The view.")),
        ("things/view.py", VIEW.replace("    return rules", "    # why\n\n    return  rules")),
        ("things/unrelated.py", "X = 2\n"),
        ("other.py", "thing = 'another'\n"),
    ],
)
def test_what_changes_no_result_changes_no_shape(tmp_path, path, text):
    """Docstrings, comments, layout, modules that have nothing to do with it."""
    assert text != FILES[path]
    assert shape(tmp_path) == shape(tmp_path, **{path: text})


def test_functions_of_one_module_differ():
    """Two views declared side by side are two."""
    assert shape_of(shape) != shape_of(test_same_code_same_shape)
    assert shape_of(shape, test_same_code_same_shape) != shape_of(shape)


def test_code_without_source_is_refused():
    """Rather than taken for unchanged for ever."""
    with pytest.raises(TypeError, match="no source"):
        shape_of(len)
