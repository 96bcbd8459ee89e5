"""Files sealed on their way to a store and opened on their way back, in pieces.

libsodium's secretstream (XChaCha20-Poly1305): each piece opens in its place only, the last says
that it is the last. So what was altered, cut short, continued, put in another order or in another
file's place is noticed before a byte of it is given out; what came before it was as it is.
"""

from collections.abc import Iterable, Iterator

from nacl import bindings as sodium

from files.store import Source

PIECE = 64 * 1024
"""Bytes sealed together: all that is ever held of a file, a few times over."""

HEADER = sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES
EXTRA = sodium.crypto_secretstream_xchacha20poly1305_ABYTES
MORE = sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
LAST = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL


class Damaged(Exception):
    """A file is not as it was written, or not with this key."""


def seal(pieces: Iterable[bytes], key: bytes) -> Iterator[bytes]:
    """Yield the sealed form of what comes in pieces of any size."""
    push = sodium.crypto_secretstream_xchacha20poly1305_push
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    yield sodium.crypto_secretstream_xchacha20poly1305_init_push(state, key)
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) > PIECE:
            yield push(state, bytes(waiting[:PIECE]), tag=MORE)
            del waiting[:PIECE]
    yield push(state, bytes(waiting), tag=LAST)


def unseal(source: Source, key: bytes) -> Iterator[bytes]:
    """Yield what was sealed; raise `Damaged` where it is not whole and unaltered."""
    pull = sodium.crypto_secretstream_xchacha20poly1305_pull
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    try:
        begun = source.read(HEADER)
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, begun, key)
        tag = MORE
        while tag != LAST:
            piece, tag = pull(state, source.read(PIECE + EXTRA))
            yield piece
    except (RuntimeError, ValueError) as error:  # too short, or it does not open
        raise Damaged(str(error)) from error
    if source.read(1):
        raise Damaged("it goes on after its end")


def sealed_size(size: int) -> int:
    """Return how many bytes a file of so many has when it is sealed."""
    return HEADER + size + EXTRA * max(1, -(-size // PIECE))
