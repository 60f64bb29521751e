"""What the shapes of the API have in common, as marshmallow schemas; each wing has a ``wire`` of its own.

They are what is read from outside, and what OpenAPI tells of it.

Only envelopes are read here. What answers may hold is said by form definitions and judged by checks: an answer of
a wrong type is stored with a finding, it is not refused.
"""

from __future__ import annotations

from typing import Any, Final

from marshmallow import EXCLUDE, Schema, fields, validate

from census.settings import PROGRAMMES

MOST_PER_REQUEST: Final = 200
LARGEST_NUMBER: Final = 2**31 - 1
SHA256: Final = validate.Regexp(r"[0-9a-f]{64}\Z")


class Shape(Schema):
    """A JSON object; members that this version does not know are left out, so that newer phones are understood."""

    class Meta:  # noqa: D106 - marshmallow's own place for options
        unknown = EXCLUDE


def many(shape: type[Shape], **options: Any) -> fields.List[Any]:
    """A list of objects of one shape."""
    return fields.List(fields.Nested(shape), **options)


def texts(**options: Any) -> fields.List[Any]:
    return fields.List(fields.String(), **options)


def anything(**options: Any) -> fields.Dict:
    return fields.Dict(keys=fields.String(), **options)


class SessionRequest(Shape):
    username = fields.String(required=True, validate=validate.Length(1, 200))
    password = fields.String(required=True, validate=validate.Length(1, 1000))
    programme = fields.String(load_default="census", validate=validate.OneOf(PROGRAMMES))
    device = fields.String(load_default="", allow_none=True)


class GrantShape(Shape):
    role = fields.String()
    region_code = fields.String()


class AccountShape(Shape):
    id = fields.UUID()
    username = fields.String()
    full_name = fields.String()
    card_number = fields.String(allow_none=True)
    programme = fields.String(validate=validate.OneOf(PROGRAMMES))
    grants = many(GrantShape)


class SessionAnswer(Shape):
    token = fields.String()
    expires_at = fields.AwareDateTime()
    account = fields.Nested(AccountShape)
    receipt_key = fields.String(
        metadata={"description": "Key of this device's receipts: its UTF-8 bytes are the HMAC key."}
    )


class Place(Shape):
    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    accuracy_m = fields.Float(allow_none=True, load_default=None, validate=validate.Range(0))
    source = fields.String(load_default="device", validate=validate.OneOf(["device", "map", "import"]))


class Named(Shape):
    code = fields.String()
    name = fields.String()
