"""The shapes of the API about the register: areas, assignments, hand-backs."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from census.services.register.assignments import HAND_BACK_REASONS, MOST_AT_ONCE
from census.web.wire import Place, Shape, anything, many, texts


class AreaShape(Shape):
    code = fields.String()
    name = fields.String()
    region_code = fields.String()
    boundary = fields.Dict(keys=fields.String(), allow_none=True, metadata={"description": "GeoJSON geometry, WGS-84"})
    is_schematic = fields.Boolean(metadata={"description": "drawn without a source: mark it 示意 on a map"})


class AreasAnswer(Shape):
    areas = many(AreaShape)


class AlikeShape(Shape):
    id = fields.UUID()
    name = fields.String()
    address = fields.String()
    kind = fields.String()
    outcome = fields.String(allow_none=True)
    reasons = fields.List(fields.String(validate=validate.OneOf(["code", "name", "position"])))
    away_m = fields.Integer(allow_none=True)


class AlikeAnswer(Shape):
    units = many(AlikeShape)


class IndexAnswer(Shape):
    units = fields.List(
        fields.List(fields.Raw()), metadata={"description": "[id, name, address, initials, code tail, lon, lat]"}
    )


class NearUnit(Shape):
    id = fields.UUID()
    name = fields.String()
    address = fields.String()
    area_code = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True)
    away_m = fields.Integer()


class NearAnswer(Shape):
    units = many(NearUnit)


class HandBackRequest(Shape):
    reason = fields.String(required=True, validate=validate.OneOf(list(HAND_BACK_REASONS)))
    note = fields.String(load_default="", allow_none=True, validate=validate.Length(0, 500))


class AssignRequest(Shape):
    units = fields.List(fields.UUID(), required=True, validate=validate.Length(1, MOST_AT_ONCE))
    account = fields.UUID(load_default=None, allow_none=True)
    team = fields.UUID(load_default=None, allow_none=True)
    note = fields.String(load_default="", allow_none=True, validate=validate.Length(0, 500))


class AssignAnswer(Shape):
    changed = fields.Integer(metadata={"description": "units that changed hands"})


class ListLine(Shape):
    name = fields.String()
    digest = fields.String(metadata={"description": "SHA-256 of the JSON text of the rows"})
    size = fields.Integer(metadata={"description": "bytes of that text"})


class ListsAnswer(Shape):
    lists = many(ListLine)


class ListAnswer(Shape):
    name = fields.String()
    digest = fields.String()
    from_ = fields.String(
        data_key="from", allow_none=True, metadata={"description": "the version that the steps start from"}
    )
    rows: fields.List[Any] = fields.List(fields.List(fields.String()), allow_none=True)
    steps: fields.List[Any] = fields.List(
        fields.List(fields.Raw()),
        allow_none=True,
        metadata={"description": "[row, how many go, rows that come], in the order to apply"},
    )


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
    known = anything()
    forms = texts(metadata={"description": "forms that it must fill"})
    may_forms = texts(metadata={"description": "forms that hang on an answer not given yet"})
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
