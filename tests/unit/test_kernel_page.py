"""What docs/kernel.md names is there, and an evening is enough for it."""

import ast
import io
import re
import tokenize
from pathlib import Path

ROOT = Path(__file__).parents[2]
EVENING = 2_500
"""Lines of code, without docstrings, comments and blank lines."""

PAGE = (ROOT / "docs/kernel.md").read_text()


def test_every_test_it_names_exists():
    """A promise without its test would be an empty one."""
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    sources = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    assert named
    assert named <= set(re.findall(r"def (test_\w+)\(", sources))


def test_every_file_it_links_exists():
    """No link leads nowhere."""
    linked = {Path(link).name for link in re.findall(r"\(\.\./(kernel/\w+\.py)\)", PAGE)}
    files = {path.name for path in (ROOT / "kernel").glob("*.py")}
    assert linked <= files


def test_kernel_can_be_read_in_an_evening():
    """Who adds a part looks for one to take out."""
    assert sum(lines_of_code(path.read_text()) for path in (ROOT / "kernel").glob("*.py")) < EVENING


def lines_of_code(source: str) -> int:
    """Count the lines on which something is said to the machine."""
    said = {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type in (tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.STRING)
        for line in range(token.start[0], token.end[0] + 1)
    }
    texts = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    return len(said - texts)
