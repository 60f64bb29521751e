"""The shapes of the API about review: decisions, the queue, and what may be decided."""

from __future__ import annotations

from marshmallow import fields, validate

from census.web.collect.wire import DecisionItem
from census.web.wire import LARGEST_NUMBER, Named, Shape, many


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
