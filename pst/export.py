"""Everything that is held about a person, as plain JSON."""

from typing import Any

from host.held import told
from kernel.facts import facts_of
from kernel.vault import Vault
from pst.held import about, searches_of, streams_of
from pst.services import SERVICES
from pst.system import System
from services.consultation.catalogue import unnamed


def export(opened: System, vault: Vault, subject_id: str) -> dict[str, Any]:
    """Return the facts of every stream that names the person or is about such a stream.

    The person's own words are in clear, "[dihapus]" when they have been forgotten; the words
    of others are not opened. The same log gives the same answer.
    """
    named = {name: streams_of(opened, name, subject_id) for name in SERVICES}
    aggregates = {s.split("-", 1)[1] for streams in named.values() for s in streams}
    services = {
        name: _streams(
            opened, vault, name, subject_id, [*streams, *about(opened, name, aggregates)]
        )
        for name, streams in named.items()
    }
    for fact in searches_of(opened, subject_id, named["consultation"]):
        services["consultation"][fact.stream] = [
            unnamed.told(fact, SERVICES["consultation"].types, vault)
        ]
    return {"subject_id": subject_id, "services": {n: s for n, s in services.items() if s}}


def _streams(
    opened: System, vault: Vault, name: str, subject_id: str, streams: list[str]
) -> dict[str, Any]:
    log, types = opened.log(name), SERVICES[name].types
    return {
        stream: [
            told(fact, types, vault, subject_id)
            for commit in log.read_stream(stream)
            for fact in facts_of(commit, types)
        ]
        for stream in dict.fromkeys(streams)
    }
