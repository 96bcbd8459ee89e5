"""What the tests of backup and restore share."""

from kernel.clock import Clock, new_id
from pst.services import SERVICES
from services.consultation.events import MessagePosted, Party
from services.consultation.schemas import TYPES
from tests.contract.log_contract import draft
from tests.support import NOON

COMMITS = 250


def written(vault, i, subject_id="siti", text="rahasia"):
    """Make a commit with a personal text in it."""
    said = MessagePosted(
        message_id=f"m-{i}",
        by=Party.USER,
        officer_id=None,
        subject_id=subject_id,
        text=text,
        internal=False,
        channel="web",
        sent_at=None,
        automatic=False,
        clarification=False,
        attachments=(),
    )
    events = (TYPES.encode(said, new_id(), NOON, vault),)
    return draft("consultation-k1", i, events=events, recorded_at=Clock().now())


def contents(system):
    """Return all that a backup is about."""
    logs = {name: list(system.db(name)["commits"].find().sort("position", 1)) for name in SERVICES}
    return {**logs, "keys": sorted(system.db("vault")["keys"].find(), key=lambda d: str(d["_id"]))}


def is_empty(system):
    """Tell whether nothing is in a system."""
    return not any(contents(system).values())


def nothing(_document):
    """Nobody looks at the progress."""
