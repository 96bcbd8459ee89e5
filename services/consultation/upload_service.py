"""Entrypoints of attachments: bytes never come here, only what the gateway says of them."""

import base64

from contracts import attachments as shapes
from contracts.common import schema
from contracts.errors import Code, Rejected
from host.caller import Caller
from host.entrypoints import repeatedly
from host.rpc import rpc
from host.stored_files import StoredFiles
from kernel.clock import Clock, derive_id, new_id
from services.consultation import closing, queries
from services.consultation.attachments import decider, reading
from services.consultation.attachments.commands import Attach
from services.consultation.attachments.events import AttachmentUploaded
from services.consultation.attachments.views import FILES
from services.consultation.entrypoints import CONSULTATION, Answer, Entrypoints, Request
from services.consultation.state import State
from services.consultation.sweeping import Sweep

SWEEP_S = 600.0


class UploadService(Entrypoints):
    """Files that people send."""

    files = StoredFiles()

    @rpc
    def begin_upload(self, request: Request) -> Answer:
        """Say where a file is to lie and what seals it; nothing is stored. `BeginUploadRequest`.

        Whether there is room is judged again by `attach`, when its size is known. A repeat of what
        was attached is never refused: `attach` answers it as it did then.
        """
        asked = schema(shapes.BeginUploadRequest).load(request)
        caller, key = Caller.of(asked["caller"]), asked["consultation_id"]
        known = self.known(caller, key)
        try:
            self._must_take_one(caller, known)
        except Rejected:  # by what this process saw of it last
            if not self._is_repeat(asked):
                self._must_take_one(caller, self.core.commands.state(CONSULTATION, key).state)
        return self._place(known.subject_id, new_id())

    @rpc
    def attach(self, request: Request) -> Answer:
        """Make a stored file an attachment; `AttachRequest`.

        `file_id` is the one that was kept: on a repeat that of the first time.
        """
        asked = schema(shapes.AttachRequest).load(request)
        asked["attachment_id"] = _attachment_of(asked["caller"]["command_id"] or new_id())
        key, outcome = self.decided(asked, Attach)
        (fact,) = outcome.facts
        event: AttachmentUploaded = self.core.wiring.types.reveal(fact.event, self.core.vault)
        told = reading.Attachment(uploaded=event, at=fact.occurred_at).document()
        return {
            "attachment": schema(shapes.AttachmentSchema).dump(told),
            "consultation_id": key,
            "file_id": event.file_id,
            "replayed": outcome.replayed,
        }

    @rpc
    def open_attachment(self, request: Request) -> Answer:
        """Say where a file lies, what opens it and what it is; `OpenAttachmentRequest`."""
        asked = schema(shapes.OpenAttachmentRequest).load(request)
        caller = Caller.of(asked["caller"])
        facts = queries.opened(self.core, caller, asked["consultation_id"])
        found = reading.attachments(facts).get(asked["attachment_id"])
        if found is None or found.dropped or not found.may_see(caller):
            raise Rejected(Code.NOT_FOUND, "There is no such attachment.")
        event = found.uploaded
        place = self._place(event.subject_id, event.file_id)
        attachment = schema(shapes.AttachmentSchema).dump(found.document())
        return {"attachment": attachment, "digest": event.digest, **place}

    @repeatedly(SWEEP_S)
    def sweep_files(self, _now: object) -> None:
        """Take away what no fact tells of any more; see `sweeping.py`."""
        reader, head = self.core.view(FILES), self.core.log.head
        Sweep(self.files, reader, lambda: head().position, self.core.vault.forgotten).run(
            Clock().now()
        )

    def _must_take_one(self, caller: Caller, known: State) -> None:
        office = self.offices[known.office]
        closing.must_take_files(caller, self.core.clock.now(), office, known)
        decider.check_room(known.shelf, 1, office.policy.attachments_mb)

    def _is_repeat(self, asked: Request) -> bool:
        """Tell whether the same wish has been granted before."""
        command_id = asked["caller"]["command_id"]
        facts = self.core.stored_facts(CONSULTATION.stream(asked["consultation_id"]))
        return bool(command_id) and _attachment_of(command_id) in reading.attachments(facts)

    def _place(self, subject_id: str, file_id: str) -> Answer:
        key = self.core.vault.file_key(subject_id, file_id)
        if key is None:
            raise Rejected(Code.SUBJECT_ERASED, "Nothing is left of this person's files.")
        place = {"file_id": file_id, "key": base64.b64encode(key).decode()}
        answer: Answer = schema(shapes.PlaceSchema).dump(place)
        return answer


def _attachment_of(command_id: str) -> str:
    """Return the id of what a command uploads: on a repeat the same."""
    return derive_id(command_id, "attachment")
