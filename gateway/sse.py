"""Server-sent events, as they are written (HTML standard, 9.2)."""

from dataclasses import dataclass
from typing import Any

from gateway.responses import encode

MEDIA_TYPE = "text/event-stream"

HEARTBEAT = b":\n\n"
"""A comment, which no client takes for an event."""


@dataclass(frozen=True)
class Message:
    """One event in bytes, and the id by which a client that comes back says that it has it."""

    id: str
    text: bytes


def message(name: str, message_id: str, document: Any) -> Message:
    """Write an event whose data is one line of JSON."""
    head = f"id: {message_id}\nevent: {name}\ndata: ".encode()
    return Message(message_id, head + encode(document) + b"\n\n")


def come_back_after(seconds: float) -> bytes:
    """Tell the client when to come back if the connection is lost."""
    return f"retry: {round(1000 * seconds)}\n\n".encode()
