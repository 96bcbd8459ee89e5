"""Search and published answers: shapes of the RPC requests and of what is answered."""

from marshmallow import Schema, fields, validate

from contracts.common import TEXT_MAX, Body, ServiceRequest, Timestamp, line, prose
from contracts.queue import DatesQuerySchema

QUERY_MAX = 200
KINDS = ("answered_question", "publication", "press_release", "static_table")
SOURCES = ("live", "cache", "unavailable", "local")
LANGUAGES = ("id", "en")
FORMATS = ("json", "csv")


class SearchQuerySchema(Schema):
    """What is looked for, at which office."""

    q = line(QUERY_MAX, required=True)
    office = line(20, required=True)


class SearchRequest(ServiceRequest, SearchQuerySchema):
    """`search`"""


class ItemSchema(Schema):
    """Something that may answer the question; `url` is null where there is no safe one."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    title = fields.String(required=True)
    url = fields.String(required=True, allow_none=True)
    released_on = fields.String(required=True, allow_none=True, metadata={"format": "date"})
    snippet = fields.String(required=True)


class SearchSchema(Schema):
    """What was found: answered questions of the office first, then what BPS publishes.

    `source` tells where the latter comes from: asked now (`live`), asked before (`cache`, at
    `cached_at`), not to be had (`unavailable`), or not asked for (`local`: no key is configured,
    or there is no word to look for). `incomplete`: a part of it could not
    be asked. `search_id` names the search in a consultation that follows; null when it could not
    be written down.
    """

    search_id = fields.String(required=True, allow_none=True)
    source = fields.String(required=True, validate=validate.OneOf(SOURCES))
    cached_at = Timestamp(required=True, allow_none=True)
    incomplete = fields.Boolean(required=True)
    items = fields.List(fields.Nested(ItemSchema), required=True)


class PublishAnswerSchema(Body):
    """Texts for everybody, as the officer has made them: nobody is to be known from them."""

    topic = line(required=True)
    question = prose(TEXT_MAX, required=True)
    answer = prose(TEXT_MAX, required=True)
    language = fields.String(load_default="id", validate=validate.OneOf(LANGUAGES))


class WithdrawAnswerSchema(Body):
    """Why it is published no more; for the record."""

    reason = prose(1_000, required=True)


class PublishAnswerRequest(ServiceRequest, PublishAnswerSchema):
    """`publish_answer`"""

    consultation_id = fields.String(required=True)


class AnswerRequest(ServiceRequest):
    """`published_answer`"""

    answer_id = fields.String(required=True)


class WithdrawAnswerRequest(AnswerRequest, WithdrawAnswerSchema):
    """`withdraw_answer`"""


class AnswerSchema(Schema):
    """An answered question that everybody may read."""

    answer_id = fields.String(required=True)
    office = fields.String(required=True)
    topic = fields.String(required=True)
    question = fields.String(required=True)
    answer = fields.String(required=True)
    language = fields.String(required=True, validate=validate.OneOf(LANGUAGES))
    published_at = Timestamp(required=True)
    updated_at = Timestamp(required=True)
    version = fields.Integer(required=True)


class WithdrawnSchema(Schema):
    """An answer that is published no more."""

    answer_id = fields.String(required=True)
    version = fields.Integer(required=True)


class SearchReportQuerySchema(DatesQuerySchema):
    """From one local date to another; as JSON or as comma-separated values."""

    format = fields.String(load_default="json", validate=validate.OneOf(FORMATS))


class SearchReportRequest(ServiceRequest, SearchReportQuerySchema):
    """`searches_report`"""

    office = fields.String(required=True)


class SearchCountsSchema(Schema):
    """How many searches; of those how many found nothing, and led to a consultation."""

    searches = fields.Integer(required=True)
    found_nothing = fields.Integer(required=True)
    followed = fields.Integer(required=True)


class SourceCountsSchema(SearchCountsSchema):
    """The same of one source."""

    source = fields.String(required=True, validate=validate.OneOf(SOURCES))


class MissedSchema(Schema):
    """Words that were looked for in vain."""

    query = fields.String(required=True)
    searches = fields.Integer(required=True)


class SearchReportSchema(SearchCountsSchema):
    """What people looked for before they asked, and what they did not find.

    `missed` are the 200 commonest; searches while nothing could be asked are not among them, nor
    those of people who are forgotten.
    """

    office = fields.String(required=True)
    from_ = fields.Date(required=True, data_key="from")
    to = fields.Date(required=True)
    by_source = fields.List(fields.Nested(SourceCountsSchema), required=True)
    missed = fields.List(fields.Nested(MissedSchema), required=True)
