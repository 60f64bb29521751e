"""The shapes of the API about what comes from the field: visits, submissions, their history, and forms."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import fields, validate

from census.models.collect import OUTCOMES
from census.web.wire import LARGEST_NUMBER, MOST_PER_REQUEST, SHA256, Place, Shape, anything, many, texts

MOST_POINTS: Final = 500


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
    path = fields.String(
        required=True,
        validate=validate.Length(1, 300),
        metadata={"description": "JSON Pointer to the position, or to its longitude"},
    )
    device = fields.Nested(
        Seen, allow_none=True, load_default=None, metadata={"description": "where satellites put the phone"}
    )
    map = fields.Nested(
        Seen, allow_none=True, load_default=None, metadata={"description": "where somebody tapped the map"}
    )


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


class NewUnit(Shape):
    id = fields.UUID(
        load_default=None, metadata={"description": "Default: the visit's id, so that an offline phone knows it."}
    )
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
    enumerators = fields.List(
        fields.String(validate=validate.Length(1, 40)), required=True, validate=validate.Length(2, 6)
    )
    started_at = fields.AwareDateTime(allow_none=True, load_default=None)
    finished_at = fields.AwareDateTime(allow_none=True, load_default=None)
    position = fields.Nested(Place, allow_none=True, load_default=None)
    signature = fields.Nested(Signature, allow_none=True, load_default=None)
    device = fields.String(allow_none=True, load_default=None)


class VisitsRequest(Shape):
    visits = many(VisitShape, required=True, validate=validate.Length(1, MOST_PER_REQUEST))


class VisitResult(Shape):
    similar: fields.List[Any] = fields.List(
        anything(), metadata={"description": "units that a new one may be the same as: see /units/similar"}
    )
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


class RevisionShape(Shape):
    revision = fields.Integer()
    answers = anything()
    explanations = many(Explanation)
    files = texts()
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
    definition = anything()
    rules = anything()
