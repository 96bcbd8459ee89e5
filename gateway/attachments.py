"""The routes of attachments: up in one call, into a message in another, down in a third."""

from contracts.attachments import MAX_BYTES, AttachmentSchema, FileSchema, UploadQuerySchema
from contracts.errors import Code
from gateway.call import Afterwards, Answer, Call
from gateway.downloads import Download
from gateway.online import CONSULTATION, PERSONS
from gateway.routing import route
from gateway.uploads import Result, Uploads
from host.rpc import ServiceRpc
from host.stored_files import StoredFiles

ATTACHMENTS = f"{CONSULTATION}/attachments"


class AttachmentRoutes:
    """Files that people send, and get back."""

    consultation = ServiceRpc("consultation")
    files = StoredFiles()
    uploads = Uploads()

    @route(
        "POST",
        ATTACHMENTS,
        roles=PERSONS,
        query=UploadQuerySchema,
        takes_file=MAX_BYTES,
        answers={201: AttachmentSchema},
        refuses=(
            Code.FILE_TYPE_REFUSED,
            Code.ATTACHMENTS_FULL,
            Code.CLOSED_FOR_GOOD,
            Code.SUBJECT_ERASED,
        ),
    )
    def upload_attachment(self, call: Call) -> Afterwards:
        """Upload a file for a message to come.

        What it is, is told by its content: a PDF, a document or table of an office program without
        macros, text in UTF-8, a PNG, JPEG or WebP picture. Name it in `attachments` of a message
        within a day, or it is dropped; until then only its sender can get it.
        """
        self.uploads.count(call.identity)
        place = self.consultation.begin_upload(call.request)
        attach = self.consultation.attach

        def rest() -> Answer:
            return _uploaded(self.uploads.receive(self.files, call, place, attach))

        return Afterwards(rest)

    @route(
        "GET",
        f"{ATTACHMENTS}/{{attachment_id}}",
        roles=PERSONS,
        answers={200: FileSchema},
        gives_file=True,
        refuses=(Code.SUBJECT_ERASED,),
    )
    def download_attachment(self, call: Call) -> Download:
        """The file of a message, for who may see the message.

        Meant to be saved: no browser shows it as part of a page.
        """
        return Download(self.files, self.consultation.open_attachment(call.request))


def _uploaded(result: Result) -> Answer:
    attachment, of = result["attachment"], result["consultation_id"]
    headers = {"Location": f"/v1/consultations/{of}/attachments/{attachment['attachment_id']}"}
    if result["replayed"]:
        headers["Idempotency-Replayed"] = "true"
    return Answer(attachment, 201, headers)
