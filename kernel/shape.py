"""The shape of derived data: a fingerprint of the code it is made with.

What was made with other code (a view, a snapshot) has another shape, and is left alone: nobody
has to remember to count up a version number.
"""

import ast
import hashlib
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from threading import Lock
from typing import Any

_PARSING = Lock()  # two threads that parse at once fail each other on early releases of Python 3.11


def shape_of(*functions: Callable[..., Any]) -> str:
    """Return 64 hexadecimal digits that change with the code of `functions`.

    Their code is their modules and, step by step, what those import of their own top-level
    package; layout, comments and docstrings do not count. Not noticed: a change in another
    package, or in what a closure holds. Another Python release may give other digits.
    """
    digest = hashlib.sha256()
    for function in functions:
        digest.update(f"{function.__module__}:{function.__qualname__}\n".encode())
    for name in sorted(_modules(*(f.__module__ for f in functions))):
        digest.update(f"{name}\n{_code(name)[0]}\n".encode())
    return digest.hexdigest()


def _modules(*names: str) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_code(name)[1])
    return found


@cache
def _code(name: str) -> tuple[str, tuple[str, ...]]:
    """Return a module's code without what does not count, and whom it imports of its package."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.has_location or spec.origin is None:
        raise TypeError(f"the module {name} has no source to take the shape of")
    with _PARSING, open(spec.origin, "rb") as source:
        tree = ast.parse(source.read())
    package = name if spec.submodule_search_locations else name.rpartition(".")[0]
    imported = {i for node in ast.walk(tree) for i in _imported(node, package)}
    own = tuple(i for i in imported if _is_module(i, name.partition(".")[0]))
    return ast.dump(_Bare().visit(tree)), own


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names)  # a module, or a name in one


def _is_module(name: str, top: str) -> bool:
    with suppress(ModuleNotFoundError):  # its parent is a module, not a package: a name in it
        return name.partition(".")[0] == top and importlib.util.find_spec(name) is not None
    return False


class _Bare(ast.NodeTransformer):
    """Takes out every text that stands for itself: docstrings."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        value = node.value
        return None if isinstance(value, ast.Constant) and isinstance(value.value, str) else node
