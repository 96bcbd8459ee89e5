"""The published service standard of an office, word for word."""

from marshmallow import Schema, fields, validate


def words() -> fields.String:
    """Make a required text that is not blank."""
    return fields.String(
        required=True, validate=validate.Regexp(r"\s*\S", error="Must not be blank.")
    )


def list_of_words() -> fields.List[str]:
    """Make a required list of such texts, at least one."""
    return fields.List(words(), required=True, validate=validate.Length(min=1))


class ByWaySchema(Schema):
    """One list for those who come, one for those who write."""

    walk_in = list_of_words()
    online = list_of_words()


class LimitsSchema(Schema):
    """The promised times, in the words of the standard; `headline` is printed above them."""

    headline = words()
    walk_in = words()
    online = words()


class ComplaintChannelsSchema(Schema):
    """Where to complain."""

    phone = words()
    email = fields.Email(required=True)
    website = fields.Url(required=True)
    facebook = words()
    instagram = words()


class ComplaintsSchema(Schema):
    """The channels, for each way of being served."""

    walk_in = fields.Nested(ComplaintChannelsSchema, required=True)
    online = fields.Nested(ComplaintChannelsSchema, required=True)


class StandardSchema(Schema):
    """The whole standard; `legal_basis` is the decree that published it."""

    service = words()
    unit = words()
    legal_basis = words()
    requirements = fields.Nested(ByWaySchema, required=True)
    procedures = fields.Nested(ByWaySchema, required=True)
    limits = fields.Nested(LimitsSchema, required=True)
    cost = words()
    products = list_of_words()
    complaints = fields.Nested(ComplaintsSchema, required=True)
