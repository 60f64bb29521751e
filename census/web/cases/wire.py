"""The shapes of the 散乱污 part of the API."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import fields, validate

from census.services.cases.states import LEAD_SOURCES, STATE_NAMES, STEPS
from census.web.wire import LARGEST_NUMBER, Shape

STEP_KINDS: Final = [kind for kind in STEPS if kind != "find"]


def many(shape: type[Shape]) -> fields.List[Any]:
    return fields.List(fields.Nested(shape))


def texts(**options: Any) -> fields.List[Any]:
    return fields.List(fields.String(), **options)


def objects() -> fields.List[Any]:
    return fields.List(fields.Dict(keys=fields.String()))


class Position(Shape):
    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))


class CaseRequest(Shape):
    """A place that was found. ``evidence`` holds the SHA-256 of at least one photo, which may be uploaded later."""

    name = fields.String(required=True)
    address = fields.String(required=True)
    region_code = fields.String(required=True, metadata={"description": "town (9 digits) or village (12 digits)"})
    lead_source = fields.String(required=True, validate=validate.OneOf(list(LEAD_SOURCES)))
    lead_no = fields.String(allow_none=True, load_default=None)
    position = fields.Nested(Position, allow_none=True, load_default=None)
    industry_code = fields.String(allow_none=True, load_default=None)
    is_industrial = fields.Boolean(allow_none=True, load_default=None)
    river_code = fields.String(allow_none=True, load_default=None)
    operation_no = fields.String(allow_none=True, load_default=None)
    follows = fields.String(
        allow_none=True,
        load_default=None,
        metadata={"description": "case number of the earlier case at the same address"},
    )
    found_on = fields.Date(allow_none=True, load_default=None)
    evidence = texts(load_default=list)
    note = fields.String(allow_none=True, load_default="")


class EventRequest(Shape):
    """One step. ``facts`` are those that ``GET /cases/{id}`` names under ``next``."""

    kind = fields.String(required=True, metadata={"description": "one of " + ", ".join(STEP_KINDS)})
    expected_version = fields.Integer(required=True, strict=True, validate=validate.Range(0, LARGEST_NUMBER))
    evidence = texts(allow_none=True, load_default=None)
    note = fields.String(allow_none=True, load_default="")
    facts = fields.Dict(keys=fields.String(), allow_none=True, load_default=None)
    occurred_on = fields.Date(allow_none=True, load_default=None)


class OperationRequest(Shape):
    operation_no = fields.String(required=True, validate=validate.Length(1, 100))
    kind = fields.String(load_default="slw", validate=validate.OneOf(["slw", "shawan"]))
    region_code = fields.String(required=True, validate=validate.Regexp(r"[0-9]{6,12}\Z"))
    held_on = fields.Date(required=True)
    person_times = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, LARGEST_NUMBER))
    places_checked = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, LARGEST_NUMBER))
    led_by_leader = fields.Boolean(load_default=False)
    closed_places = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, LARGEST_NUMBER))
    demolished_m2 = fields.Float(load_default=0, validate=validate.Range(0, 1e9))
    counts = fields.Dict(
        keys=fields.String(
            validate=validate.OneOf(["sorties", "intakes", "ships", "ship_fish", "ship_wash", "ship_berth"])
        ),
        values=fields.Integer(strict=True, validate=validate.Range(0, LARGEST_NUMBER)),
        load_default=dict,
    )


class OperationAnswer(Shape):
    id = fields.UUID()
    operation_no = fields.String()


class CaseShape(Shape):
    id = fields.UUID()
    case_no = fields.String()
    name = fields.String()
    address = fields.String()
    region_code = fields.String()
    position = fields.Nested(Position, allow_none=True)
    state = fields.String(validate=validate.OneOf(list(STATE_NAMES)))
    version = fields.Integer()
    lead_source = fields.String()
    category = fields.String(allow_none=True)
    mode = fields.String(allow_none=True)
    found_on = fields.Date()
    deadline = fields.Date(allow_none=True)
    done_on = fields.Date(allow_none=True)
    accepted_on = fields.Date(allow_none=True)
    overdue = fields.Boolean()


class CasesAnswer(Shape):
    cases = many(CaseShape)
    cursor = fields.String(allow_none=True)


class EventShape(Shape):
    number = fields.Integer()
    kind = fields.String()
    from_state = fields.String()
    to_state = fields.String()
    occurred_on = fields.Date()
    recorded_at = fields.AwareDateTime()
    by = fields.String(allow_none=True)
    note = fields.String()
    facts = fields.Dict(keys=fields.String())
    evidence = texts()


class FactShape(Shape):
    key = fields.String()
    label = fields.String()
    kind = fields.String(validate=validate.OneOf(["text", "date", "number", "choice", "yesno", "names"]))
    required = fields.Boolean()
    options = fields.Dict(keys=fields.String(), values=fields.String())


class StepShape(Shape):
    kind = fields.String()
    title = fields.String()
    to_state = fields.String(allow_none=True)
    needs = fields.String()
    evidence = fields.Integer(metadata={"description": "files of evidence at least"})
    note = fields.Boolean(metadata={"description": "whether a note is needed"})
    facts = many(FactShape)
    may = fields.Boolean(metadata={"description": "whether the caller's role takes this step"})


class OneCaseAnswer(CaseShape):
    events = many(EventShape)
    next = many(StepShape)


class FigureShape(Shape):
    id = fields.String()
    label = fields.String()
    value = fields.Float(allow_none=True)
    unit = fields.String()
    precision = fields.String(validate=validate.OneOf(["exact", "at_least", "about"]))
    numerator = fields.Float()
    denominator = fields.Float()
    cases_url = fields.String(metadata={"description": "the rows that the figure counts"})


class ReportAnswer(Shape):
    report = fields.String()
    title = fields.String()
    as_of = fields.Date()
    year = fields.Integer()
    region = fields.String()
    figures = many(FigureShape)
    paragraph = fields.String()
    columns = objects()
    rows = objects()


class RowsAnswer(Shape):
    figure = fields.String()
    columns = objects()
    rows = objects()
    cursor = fields.String(allow_none=True)
