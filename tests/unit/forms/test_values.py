"""Answers on the wire: what is read, what is refused, what people see, what is digested."""

import hashlib
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.answers.values import blank, canonical, digest, display, parse
from forms.definition import Item
from forms.item_types.numbers import THIN_SPACE, grouped
from forms.item_types.values import Parsed, Position

SHA256 = "0" * 64


def item(item_type: str, **facts: object) -> Item:
    return Item(key="x", name="项", type=item_type, **facts)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("text", "  番禺 ", "番禺"),
        ("integer", "12400", 12400.0),
        ("integer", "-3", -3.0),
        ("decimal", "12.50", 12.5),
        ("year", "2017", 2017.0),
        ("date", "2017-12-31", date(2017, 12, 31)),
        ("yesno", False, False),
        ("multichoice", ["2", "1"], ("2", "1")),
        ("dms", {"d": 113, "m": 30, "s": "36.00"}, 113.51),
        ("gps", {"lon": "113.36", "lat": "22.93"}, Position(113.36, 22.93)),
        (
            "gps",
            {
                "lon": "113.36",
                "lat": "22.93",
                "accuracy_m": "12",
                "at": "2018-08-20T09:12:00+08:00",
                "source": "device",
            },
            Position(113.36, 22.93, 12.0, "2018-08-20T09:12:00+08:00", "device"),
        ),
        ("photo", SHA256, SHA256),
    ],
)
def test_an_answer_of_the_contract_is_read(kind: str, raw: object, value: object):
    assert parse(item(kind), raw) == Parsed(value)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("text", 5),
        ("integer", 12),
        ("integer", "12.0"),
        ("integer", "1,240"),
        ("integer", "１２"),
        ("integer", "1 2"),
        ("decimal", 1.5),
        ("decimal", "1e3"),
        ("decimal", "nan"),
        ("decimal", ".5"),
        ("year", "17"),
        ("date", "2017-02-30"),
        ("date", "20171231"),
        ("yesno", "true"),
        ("yesno", 1),
        ("multichoice", "1"),
        ("multichoice", ["1", "1"]),
        ("multichoice", ["1", 2]),
        ("dms", {"d": 113, "m": 60, "s": "1"}),
        ("dms", {"d": 113, "m": 1, "s": "60"}),
        ("dms", {"d": "113", "m": 1, "s": "1"}),
        ("dms", {"d": 113, "m": 1}),
        ("dms", {"d": True, "m": 1, "s": "1"}),
        ("dms", "113.5"),
        ("gps", {"lon": "181", "lat": "1"}),
        ("gps", {"lon": 113.3, "lat": "1"}),
        ("gps", {"lon": "113", "lat": "22", "source": "guess"}),
        ("gps", {"lon": "113", "lat": "22", "x": 1}),
        ("photo", "abc"),
        ("signature", SHA256.upper().replace("0", "A")),
    ],
)
def test_an_answer_of_another_type_has_no_value(kind: str, raw: object):
    assert parse(item(kind), raw) == Parsed(None, "type")


@pytest.mark.parametrize(("kind", "raw"), [("decimal", "1.234"), ("dms", {"d": 1, "m": 2, "s": "3.456"})])
def test_too_many_decimals_keep_their_value_and_are_told(kind: str, raw: object):
    parsed = parse(item(kind, precision=2), raw)
    assert parsed.problem == "precision"
    assert parsed.value is not None


@pytest.mark.parametrize("raw", [None, "", "  ", [], {}, {"d": None, "m": None, "s": ""}])
def test_nothing_answered_is_blank_for_every_type(raw: object):
    assert blank(raw)
    for kind in ("text", "integer", "yesno", "multichoice", "dms", "gps", "photo"):
        assert parse(item(kind), raw) == Parsed(None)


def test_false_and_zero_are_answers():
    assert not blank(False)
    assert not blank("0")


@pytest.mark.parametrize(
    ("shown", "facts", "raw"),
    [
        (f"12{THIN_SPACE}400", {"item_type": "integer"}, "12400"),
        (f"-1{THIN_SPACE}234{THIN_SPACE}567.50", {"item_type": "decimal"}, "-1234567.50"),
        ("是", {"item_type": "yesno"}, True),
        ("停产", {"item_type": "choice", "options": (("1", "运行"), ("2", "停产"))}, "2"),
        ("无密闭、隔油段密闭", {"item_type": "multichoice", "codelist": "sealing_status"}, ["1", "2"]),
        ("棉纺纱加工（1711）", {"item_type": "code", "codelist": "gbt4754"}, "1711"),
        ("9999", {"item_type": "code", "codelist": "gbt4754"}, "9999"),
        ("2017 年 12 月 31 日", {"item_type": "date"}, "2017-12-31"),
        ("113°22′45.67″", {"item_type": "dms"}, {"d": 113, "m": 22, "s": "45.67"}),
        (
            "经度 113.36，纬度 22.93（精度 12 米，地图点选）",
            {"item_type": "gps"},
            {"lon": "113.36", "lat": "22.93", "accuracy_m": "12", "source": "map"},
        ),
        ("已拍照", {"item_type": "photo"}, SHA256),
        ("十二", {"item_type": "integer"}, "十二"),
        ("", {"item_type": "integer"}, None),
    ],
)
def test_people_read_names_and_grouped_digits(shown: str, facts: dict[str, str], raw: object):
    assert display(item(**facts), raw) == shown


def test_digits_are_grouped_in_threes():
    assert grouped("999") == "999"
    assert grouped("1000") == f"1{THIN_SPACE}000"


def test_the_digest_is_that_of_the_canonical_form():
    answers = {"water_intake_total": "100", "facility": [{"run_hours": "12", "b": True}], "名": "番禺"}
    assert (
        canonical(answers, [])
        == '[{"facility":[{"b":true,"run_hours":"12"}],"water_intake_total":"100","名":"番禺"},[]]'.encode()
    )
    assert digest(answers, []) == hashlib.sha256(canonical(answers, [])).hexdigest()


json_values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | st.integers(-1000, 1000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=5))
def test_the_digest_does_not_depend_on_the_order_of_keys(answers: dict[str, object]):
    backwards = dict(reversed(list(answers.items())))
    assert digest(answers) == digest(backwards)
    assert json.loads(canonical(answers))[0] == answers


def test_an_explanation_changes_the_digest():
    answers = {"total": "1"}
    assert digest(answers) != digest(answers, [{"check": "T1-C01", "path": "/total", "text": "确实如此"}])
