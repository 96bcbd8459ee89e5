"""Which fields of an event are personal: declared in its class as `Personal[...]`."""

from dataclasses import fields, is_dataclass
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


class _Mark:
    """Found in the annotation of a personal field."""


Personal = Annotated[T, _Mark()]
"""Sealed with the key of the event's `subject_id` before it is stored."""

FORGOTTEN = "[dihapus]"
"""What is read where a person has been forgotten."""


def personal_fields(event_class: Any) -> tuple[str, ...]:
    """Return the names of the personal fields.

    Raises `TypeError` if nobody's key could seal them: there is no `subject_id`, or the mark
    lies inside another type (`Personal[str] | None` for `Personal[str | None]`).
    """
    hints = get_type_hints(event_class, include_extras=True)
    for name, hint in hints.items():
        if any(_hides_a_mark(inner) for inner in get_args(hint) or (hint,)):
            raise TypeError(f"{event_class.__name__}.{name}: write Personal[...] around it all")
    found = tuple(f.name for f in fields(event_class) if _is_personal(hints[f.name]))
    if found and "subject_id" not in hints:
        raise TypeError(f"{event_class.__name__} has personal fields but no subject_id")
    return found


def _hides_a_mark(hint: Any) -> bool:
    if is_dataclass(hint):
        inside = get_type_hints(hint, include_extras=True).values()
        return any(_is_personal(h) or _hides_a_mark(h) for h in inside)
    return _is_personal(hint) or any(_hides_a_mark(inner) for inner in get_args(hint))


def _is_personal(hint: Any) -> bool:
    return get_origin(hint) is Annotated and any(isinstance(a, _Mark) for a in get_args(hint)[1:])
