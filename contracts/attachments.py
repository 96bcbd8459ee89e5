"""Attachments: what is taken, the RPC's requests, and what is answered."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from contracts.common import ServiceRequest, Timestamp

MOST = 5
"""Files of one message."""

MAX_BYTES = 10 * 1024 * 1024
"""Of one file."""

NAME_MAX = 150

MEDIA_TYPES = {
    "application/pdf": ("pdf",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx",),
    "application/vnd.oasis.opendocument.text": ("odt",),
    "application/vnd.oasis.opendocument.spreadsheet": ("ods",),
    "text/csv": ("csv",),
    "text/plain": ("txt",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/webp": ("webp",),
}
"""What is taken, and how the names of such files end: the first where none of them does."""


def attachment_ids() -> fields.List[Any]:
    """Ids of attachments, each once."""
    each = fields.String(validate=validate.Regexp(r"[A-Za-z0-9]{1,64}\Z", error="Not an id."))
    return fields.List(each, load_default=list, validate=[validate.Length(max=MOST), _no_twins])


def _no_twins(ids: list[str]) -> None:
    if len(set(ids)) < len(ids):
        raise ValidationError("One is named twice.")


class UploadQuerySchema(Schema):
    """What the file is called: taken without a path, and without what cannot be seen."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=1000))


class BeginUploadRequest(ServiceRequest):
    """`begin_upload`"""

    consultation_id = fields.String(required=True)


class AttachRequest(BeginUploadRequest):
    """`attach`: what lies in the store under `file_id` now; `digest` is its SHA-256 in hex."""

    file_id = fields.String(required=True)
    name = fields.String(required=True, validate=validate.Length(min=1, max=NAME_MAX))
    media_type = fields.String(required=True, validate=validate.OneOf(MEDIA_TYPES))
    size = fields.Integer(required=True, strict=True, validate=validate.Range(1, MAX_BYTES))
    digest = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))


class OpenAttachmentRequest(BeginUploadRequest):
    """`open_attachment`"""

    attachment_id = fields.String(required=True)


class AttachedSchema(Schema):
    """A file of a message."""

    attachment_id = fields.String(required=True)
    name = fields.String(required=True)
    media_type = fields.String(required=True, validate=validate.OneOf(MEDIA_TYPES))
    size = fields.Integer(required=True, metadata={"description": "In bytes."})


class AttachmentSchema(AttachedSchema):
    """A file that waits for its message: for a day, then it is dropped."""

    uploaded_at = Timestamp(required=True)


class FileSchema(Schema):
    """The file, to be saved: no browser shows it within a page."""


class PlaceSchema(Schema):
    """Where a file lies and what opens it: between gateway and service only."""

    file_id = fields.String(required=True)
    key = fields.String(required=True)  # base64
