"""The shapes of the API, as marshmallow schemas: what is read from outside, and what OpenAPI tells of it.

Only envelopes are read here. What answers may hold is said by form definitions and judged by checks: an answer of
a wrong type is stored with a finding, it is not refused.
"""

from __future__ import annotations

from typing import Any, Final

from marshmallow import EXCLUDE, Schema, fields, validate

from census.models.collect import OUTCOMES
from census.settings import PROGRAMMES

MOST_PER_REQUEST: Final = 200
LARGEST_NUMBER: Final = 2**31 - 1
MOST_POINTS: Final = 500
SHA256: Final = validate.Regexp(r"[0-9a-f]{64}\Z")


class Shape(Schema):
    """A JSON object; members that this version does not know are left out, so that newer phones are understood."""

    class Meta:  # noqa: D106 - marshmallow's own place for options
        unknown = EXCLUDE


def many(shape: type[Shape], **options: Any) -> fields.List[Any]:
    """A list of objects of one shape."""
    return fields.List(fields.Nested(shape), **options)


def _texts(**options: Any) -> fields.List[Any]:
    return fields.List(fields.String(), **options)


def _object(**options: Any) -> fields.Dict:
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
    receipt_key = fields.String(metadata={"description": "Key of this device's receipts: its UTF-8 bytes are the HMAC key."})


class Explanation(Shape):
    check = fields.String(required=True)
    path = fields.String(required=True)
    text = fields.String(required=True)


class Confirmation(Shape):
    name = fields.String(required=True, validate=validate.Length(1, 100))
    how = fields.String(required=True, validate=validate.OneOf(["in_person", "phone", "stamp"]))
    at = fields.AwareDateTime(required=True)


class Seen(Shape):
    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    accuracy_m = fields.Float(allow_none=True, load_default=None, validate=validate.Range(0))
    at = fields.AwareDateTime(allow_none=True, load_default=None)


class PointPair(Shape):
    path = fields.String(required=True, validate=validate.Length(1, 300), metadata={"description": "JSON Pointer to the position, or to its longitude"})
    device = fields.Nested(Seen, allow_none=True, load_default=None, metadata={"description": "where satellites put the phone"})
    map = fields.Nested(Seen, allow_none=True, load_default=None, metadata={"description": "where somebody tapped the map"})


class SubmissionShape(Shape):
    id = fields.UUID(required=True)
    visit = fields.UUID(allow_none=True, load_default=None)
    unit = fields.UUID(required=True)
    form = fields.String(required=True)
    version = fields.String(required=True)
    revision = fields.Integer(required=True, strict=True, validate=validate.Range(1, LARGEST_NUMBER))
    answers = fields.Dict(required=True, keys=fields.String())
    explanations = many(Explanation, allow_none=True, load_default=None)
    files = fields.List(fields.String(validate=SHA256), allow_none=True, load_default=None)
    points = many(PointPair, allow_none=True, load_default=None, validate=validate.Length(max=MOST_POINTS))
    digest = fields.String(allow_none=True, load_default=None)
    confirmation = fields.Nested(Confirmation, allow_none=True, load_default=None)
    device = fields.String(allow_none=True, load_default=None)


class SubmissionsRequest(Shape):
    """One to 200 submissions. Each is read by itself, so that one bad one does not spoil the others."""

    submissions = many(SubmissionShape, required=True, validate=validate.Length(1, MOST_PER_REQUEST))


class FindingShape(Shape):
    check = fields.String()
    severity = fields.String(validate=validate.OneOf(["error", "warning"]))
    path = fields.String(metadata={"description": "JSON Pointer into answers"})
    message = fields.String()
    state = fields.String(validate=validate.OneOf(["open", "explained", "exempt"]))


class ReceiptShape(Shape):
    number = fields.String()
    id = fields.UUID()
    revision = fields.Integer()
    digest = fields.String()
    at = fields.AwareDateTime()
    mac = fields.String(metadata={"description": "HMAC-SHA-256, hex, over number|id|revision|digest|at"})


class ResultShape(Shape):
    id = fields.String(allow_none=True)
    status = fields.String(validate=validate.OneOf(["stored", "repeat", "conflict", "refused"]))
    reason = fields.String(allow_none=True)
    message = fields.String(allow_none=True)
    revision = fields.Integer(allow_none=True)
    state = fields.String(allow_none=True)
    findings = many(FindingShape)
    receipt = fields.Nested(ReceiptShape, allow_none=True)


class SubmissionsAnswer(Shape):
    results = many(ResultShape)


class Place(Shape):
    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    accuracy_m = fields.Float(allow_none=True, load_default=None, validate=validate.Range(0))
    source = fields.String(load_default="device", validate=validate.OneOf(["device", "map", "import"]))


class NewUnit(Shape):
    id = fields.UUID(load_default=None, metadata={"description": "Default: the visit's id, so that an offline phone knows it."})
    name = fields.String(required=True, validate=validate.Length(1, 300))
    address = fields.String(load_default="", allow_none=True)
    position = fields.Nested(Place, allow_none=True, load_default=None)
    kind = fields.String(load_default="industrial", validate=validate.Length(1, 40))
    uscc = fields.String(allow_none=True, load_default=None)
    region_code = fields.String(allow_none=True, load_default=None, validate=validate.Regexp(r"[0-9]{6,12}\Z"))


class Signature(Shape):
    file = fields.String(required=True, validate=SHA256)
    signed_name = fields.String(required=True, validate=validate.Length(1, 100))
    signed_at = fields.AwareDateTime(required=True)
    over = fields.List(fields.String(validate=SHA256), required=True)


class VisitShape(Shape):
    id = fields.UUID(required=True)
    unit = fields.UUID(allow_none=True, load_default=None)
    new_unit = fields.Nested(NewUnit, allow_none=True, load_default=None)
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    enumerators = fields.List(fields.String(validate=validate.Length(1, 40)), required=True, validate=validate.Length(2, 6))
    started_at = fields.AwareDateTime(allow_none=True, load_default=None)
    finished_at = fields.AwareDateTime(allow_none=True, load_default=None)
    position = fields.Nested(Place, allow_none=True, load_default=None)
    signature = fields.Nested(Signature, allow_none=True, load_default=None)
    device = fields.String(allow_none=True, load_default=None)


class VisitsRequest(Shape):
    visits = many(VisitShape, required=True, validate=validate.Length(1, MOST_PER_REQUEST))


class VisitResult(Shape):
    similar: fields.List[Any] = fields.List(_object(), metadata={"description": "units that a new one may be the same as: see /units/similar"})
    id = fields.String(allow_none=True)
    status = fields.String(validate=validate.OneOf(["stored", "repeat", "conflict", "refused"]))
    unit = fields.UUID(allow_none=True)
    reason = fields.String(allow_none=True)
    message = fields.String(allow_none=True)


class VisitsAnswer(Shape):
    results = many(VisitResult)


class DecisionItem(Shape):
    path = fields.String(required=True)
    reason = fields.String(load_default="other", allow_none=True)
    text = fields.String(load_default="", allow_none=True)


class DecisionRequest(Shape):
    outcome = fields.String(required=True, validate=validate.OneOf(["approve", "return", "withdraw"]))
    note = fields.String(load_default="", allow_none=True)
    items = many(DecisionItem, allow_none=True, load_default=None)
    expected_revision = fields.Integer(required=True, strict=True, validate=validate.Range(1, LARGEST_NUMBER))


class DecisionAnswer(Shape):
    id = fields.UUID()
    submission = fields.UUID()
    revision = fields.Integer()
    outcome = fields.String()
    state = fields.String()
    decided_at = fields.AwareDateTime()


class RevisionShape(Shape):
    revision = fields.Integer()
    answers = _object()
    explanations = many(Explanation)
    files = _texts()
    points = many(PointPair)
    digest = fields.String()
    device = fields.String()
    visit = fields.UUID(allow_none=True)
    confirmation = fields.Nested(Confirmation, allow_none=True)
    receipt_number = fields.String()
    received_at = fields.AwareDateTime()


class DecisionShape(Shape):
    revision = fields.Integer()
    role = fields.String()
    outcome = fields.String()
    from_state = fields.String()
    state = fields.String()
    note = fields.String()
    items = many(DecisionItem)
    decided_at = fields.AwareDateTime()


class SubmissionHistory(Shape):
    id = fields.UUID()
    unit = fields.UUID()
    form = fields.String()
    version = fields.String()
    region_code = fields.String()
    visit = fields.UUID(allow_none=True)
    state = fields.String()
    revision = fields.Integer()
    updated_at = fields.AwareDateTime()
    revisions = many(RevisionShape)
    conflicts = many(RevisionShape)
    findings = many(FindingShape)
    decisions = many(DecisionShape)


class QueueEntryShape(Shape):
    id = fields.UUID()
    unit = fields.UUID()
    unit_name = fields.String()
    form = fields.String()
    version = fields.String()
    region_code = fields.String()
    state = fields.String()
    revision = fields.Integer()
    errors = fields.Integer()
    warnings = fields.Integer()
    unexplained = fields.Integer()
    updated_at = fields.AwareDateTime()


class QueueAnswer(Shape):
    reviews = many(QueueEntryShape)
    cursor = fields.String(allow_none=True)


class UnitSubmission(Shape):
    id = fields.UUID()
    form = fields.String()
    state = fields.String()
    revision = fields.Integer()


class HeldElsewhere(Shape):
    by = fields.String()
    expires_at = fields.AwareDateTime()


class UnitShape(Shape):
    id = fields.UUID()
    kind = fields.String()
    name = fields.String()
    address = fields.String()
    uscc = fields.String(allow_none=True)
    industry_code = fields.String(allow_none=True)
    region_code = fields.String()
    area_code = fields.String(allow_none=True)
    position = fields.Nested(Place, allow_none=True)
    known = _object()
    forms = _texts(metadata={"description": "forms that it must fill"})
    may_forms = _texts(metadata={"description": "forms that hang on an answer not given yet"})
    outcome = fields.String(allow_none=True)
    submissions = many(UnitSubmission)
    held_elsewhere = many(HeldElsewhere, metadata={"description": "offline copies on other people's phones"})


class RemovedUnit(Shape):
    id = fields.UUID()
    why = fields.String(validate=validate.OneOf(["taken", "handed_back"]))
    at = fields.AwareDateTime()


class UnitsAnswer(Shape):
    units = many(UnitShape)
    removed = many(RemovedUnit)
    lease_until = fields.AwareDateTime()
    cursor = fields.String()
    more = fields.Boolean()


class ChangeShape(Shape):
    submission = fields.UUID()
    unit = fields.UUID()
    form = fields.String()
    kind = fields.String()
    state = fields.String()
    revision = fields.Integer()
    note = fields.String()
    items = many(DecisionItem)
    at = fields.AwareDateTime()


class ChangesAnswer(Shape):
    changes = many(ChangeShape)
    cursor = fields.String()
    more = fields.Boolean()


class FormLine(Shape):
    form = fields.String()
    version = fields.String()
    title = fields.String()
    digest = fields.String()
    checks = fields.Integer()


class FormsAnswer(Shape):
    forms = many(FormLine)


class FormShape(Shape):
    form = fields.String()
    version = fields.String()
    title = fields.String()
    digest = fields.String()
    definition = _object()
    rules = _object()


class Named(Shape):
    code = fields.String()
    name = fields.String()


class TransitionShape(Shape):
    state = fields.String()
    outcome = fields.String()
    role = fields.String()
    to = fields.String()


class TransitionsAnswer(Shape):
    states = many(Named)
    outcomes = many(Named)
    roles = many(Named)
    transitions = many(TransitionShape)


class ReasonsAnswer(Shape):
    reasons = many(Named)
