"""Phone, record and batch give the same verdict on drawn forms, checks and records, and on all real checks."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from census.examples.records import answers_for
from forms.catalogue import Catalogue, catalogue
from forms.definition import Check, Form, Item, Repeat, Section
from tests.evaluators import Browser, Case, by_batch, by_record
from validation.language.nodes import Compare
from validation.rulebook import RuleBook, compile_form

NEAR = 1e-9


@dataclass
class Count:
    """How many drawn records were compared, and how many lay too near a limit to be."""

    compared: int = 0
    skipped: int = 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    started = Browser()
    yield started
    started.close()


@pytest.fixture(scope="module")
def count() -> Iterator[Count]:
    drawn = Count()
    yield drawn
    assert drawn.compared, "nothing was compared"
    few = max(3, 0.01 * (drawn.compared + drawn.skipped))  # a process may have drawn for one form only
    assert drawn.skipped <= few, f"{drawn.skipped} of {drawn.compared + drawn.skipped} draws lay within 1e-9 of a limit"


def shifted(value: Any, by: float) -> Any:
    """Give the same rules with every limit moved a hair's breadth."""
    if isinstance(value, tuple):
        return tuple(shifted(each, by) for each in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    moved = replace(value, **{each.name: shifted(getattr(value, each.name), by) for each in fields(value)})
    return (
        replace(moved, tolerance=moved.tolerance + by)
        if isinstance(moved, Compare) and moved.tolerance is not None
        else moved
    )


@lru_cache(maxsize=16)
def hairs_breadth(book: RuleBook) -> tuple[RuleBook, ...]:
    """Give the rule book with its limits a little wider, and a little narrower."""
    return tuple(
        replace(book, rules=tuple(replace(rule, node=shifted(rule.node, by)) for rule in book.rules))
        for by in (NEAR, -NEAR)
    )


def clear_of_limits(book: RuleBook, cases: list[Case], count: Count) -> list[Case]:
    """Leave out the records whose verdict hangs on the last bit of a double."""
    verdicts = zip(*(by_record(each, cases) for each in hairs_breadth(book)), strict=True)
    clear = [case for case, (above, below) in zip(cases, verdicts, strict=True) if above == below]
    count.compared += len(clear)
    count.skipped += len(cases) - len(clear)
    return clear


# Expressions, by kind of result. Names: n numbers, t texts, b yes/no, m multiple choice, d dates; r… the same in rows.
NUMBERS, TEXTS, FLAGS, DAYS = ("n0", "n1", "n2", "gps.lon", "angle"), ("t0", "t1", "c0"), ("b0", "b1"), ("d0", "d1")
ROW_NUMBERS, ROW_TEXTS, ROW_FLAGS, ROW_DAYS = ("rn0", "rn1"), ("rt0",), ("rb0",), ("rd0",)
LITERAL_TEXTS = ("a", "b", "ab", "é", "🦆x", "440113", "91440113MA59ABCD1X", "123456789")


@dataclass(frozen=True)
class Names:
    """The names that an expression may use at its place."""

    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    flags: tuple[str, ...]
    days: tuple[str, ...]
    rows: bool = True  # whether a generator may stand here
    main: bool = True


def _prefixed(prefix: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(prefix + name for name in names)


MAIN = Names((*NUMBERS, "baseline.n0", "O_1.n0"), (*TEXTS, "baseline.t0", "O_1.t0"), (*FLAGS, "O_1.b0"), DAYS)
IN_ROW = Names((*NUMBERS, *ROW_NUMBERS), (*TEXTS, *ROW_TEXTS), (*FLAGS, *ROW_FLAGS), (*DAYS, *ROW_DAYS))
LOOP = Names(
    ("n0", *_prefixed("r.", ROW_NUMBERS)),
    ("t0", *_prefixed("r.", ROW_TEXTS)),
    ("b0", *_prefixed("r.", ROW_FLAGS)),
    ("d0", *_prefixed("r.", ROW_DAYS)),
    rows=False,
)


def numbers(names: Names, depth: int) -> st.SearchStrategy[str]:
    leaves = st.one_of(
        st.sampled_from(names.numbers), st.integers(0, 30).map(str), st.sampled_from(("0.5", "1.25", "100", "8760"))
    )
    if depth == 0:
        return leaves
    inner, texts, flags, days = (
        numbers(names, depth - 1),
        texts_of(names),
        bools(names, depth - 1),
        st.sampled_from(names.days),
    )
    made = [
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda part: f"({part[0]} {part[1]} {part[2]})"),
        inner.map(lambda one: f"abs({one})"),
        st.tuples(st.sampled_from(("min", "max", "coalesce")), inner, inner).map(
            lambda part: f"{part[0]}({part[1]}, {part[2]})"
        ),
        st.tuples(inner, flags, inner).map(lambda part: f"({part[0]} if {part[1]} else {part[2]})"),
        texts.map(lambda one: f"length({one})"),
        texts.map(lambda one: f"number({one})"),
        days.map(lambda one: f"year({one})"),
        st.tuples(days, days).map(lambda part: f"({part[0]} - {part[1]})"),
        st.just("count(m0)"),
        st.tuples(inner, inner, inner, inner).map(
            lambda part: f"distance_m({part[0]}, {part[1]}, {part[2]}, {part[3]})"
        ),
    ]
    if names.rows:
        element, condition = numbers(LOOP, depth - 1), bools(LOOP, depth - 1)
        over = st.sampled_from(("rows", "O_1.others"))
        made += [
            st.tuples(
                st.sampled_from(("sum", "min", "max")),
                element,
                over,
                st.one_of(st.just(""), condition.map(lambda one: f" if {one}")),
            ).map(_generator),
            st.tuples(
                st.just("count"),
                st.just("r"),
                st.just("rows"),
                st.one_of(st.just(""), condition.map(lambda one: f" if {one}")),
            ).map(_generator),
            st.just("count(rows)"),
            st.just("count(O_1.others)"),
            st.just('preset_rows["a"].pn'),
        ]
    return st.one_of(leaves, *made)


def _generator(part: tuple[str, str, str, str]) -> str:
    name, element, over, condition = part
    text = f"{name}({element} for r in {over}{condition})"
    return (
        text
        if over == "rows"
        else text.replace("r.rn1", "r.rn0").replace("r.rt0", "t0").replace("r.rb0", "b0").replace("r.rd0", "d0")
    )


def texts_of(names: Names) -> st.SearchStrategy[str]:
    leaf = st.one_of(st.sampled_from(names.texts), st.sampled_from(LITERAL_TEXTS).map(repr))
    return st.one_of(
        leaf,
        st.tuples(leaf, st.integers(0, 3)).map(lambda part: f"prefix({part[0]}, {part[1]})"),
        st.tuples(leaf, leaf).map(lambda part: f"coalesce({part[0]}, {part[1]})"),
        st.sampled_from(("code(c0).label", "code(c0).parent")),
    )


def bools(names: Names, depth: int) -> st.SearchStrategy[str]:
    number, text, day = (
        numbers(names, max(0, depth - 1)),
        texts_of(names),
        st.sampled_from((*names.days, 'date("2017-12-31")', "date(n0, n1, 3)", "date(2017, n1, n2)")),
    )
    compared = st.sampled_from(("==", "!=", "<", "<=", ">", ">="))
    leaves = [
        st.sampled_from(names.flags),
        st.tuples(number, compared, number).map(" ".join),
        st.tuples(text, st.sampled_from(("==", "!=")), text).map(" ".join),
        st.tuples(day, compared, day).map(" ".join),
        st.tuples(text, st.lists(st.sampled_from(LITERAL_TEXTS), min_size=1)).map(
            lambda part: f"{part[0]} in ({', '.join(map(repr, part[1]))},)"
        ),
        st.tuples(text, text, text).map(lambda part: f"{part[0]} in ({part[1]}, {part[2]})"),
        st.sampled_from(
            ("'a' in m0", "t0 in m0", "any_of(m0, ('a', 'b'))", "any_of((t0, t1), m0)", "unique((t0, t1, c0))")
        ),
        text.map(lambda one: f"matches({one}, '[0-9]{{2,6}}|(a|b)+.?')"),
        st.sampled_from(("valid_uscc", "valid_org_code", "valid_person_id")).flatmap(
            lambda name: text.map(lambda one: f"{name}({one})")
        ),
        st.one_of(number, text, day).map(lambda one: f"blank({one})"),
        st.sampled_from(("blank(gps)", "blank(m0)", "present('O-1')", "present('X-9')", "X_9.anything > 3", "True")),
        st.tuples(number, number).map(lambda part: f"inside({part[0]}, {part[1]}, prefix(t0, 6))"),
        st.just("inside(gps.lon, gps.lat, '440113')"),
    ]
    if depth == 0:
        return st.one_of(leaves)
    inner = bools(names, depth - 1)
    made = [
        inner.map(lambda one: f"(not {one})"),
        st.tuples(inner, st.sampled_from(("and", "or")), inner).map(lambda part: f"({part[0]} {part[1]} {part[2]})"),
        st.tuples(inner, inner, inner).map(lambda part: f"({part[0]} if {part[1]} else {part[2]})"),
        st.tuples(number, number, number).map(lambda part: f"{part[0]} <= {part[1]} < {part[2]}"),
        st.tuples(inner, inner).map(lambda part: f"(({part[0]}) == ({part[1]}))"),
    ]
    if names.rows:
        over = st.tuples(
            st.sampled_from(("any", "all")),
            bools(LOOP, depth - 1),
            st.just("rows"),
            st.one_of(st.just(""), bools(LOOP, 0).map(lambda one: f" if {one}")),
        )
        made += [
            over.map(_generator),
            st.sampled_from(
                (
                    "unique(r.rt0 for r in rows)",
                    "unique(r.rn0 for r in rows if r.rb0)",
                    "unique(r.rd0 for r in rows)",
                    "unique((r.rt0, r.rn0) for r in rows)",
                    "unique((r.rd0, r.rb0) for r in rows if r.rb0)",
                )
            ),
        ]
    return st.one_of(*leaves, *made)


@st.composite
def forms(draw: st.DrawFn) -> Catalogue:
    """Draw a form with hidden items and sections, rows, ready-made rows, and another form of the unit beside it."""
    precision = st.one_of(st.none(), st.integers(0, 3))
    when = st.one_of(
        st.just(""), st.just(""), st.sampled_from(("b1", "n0 > 3", "not blank(t1)", "O_1.n0 > 2", "b1 or n1 < 5"))
    )
    items = (
        Item("b1", "乙", "yesno"),
        Item("n0", "零", "integer", minimum=-5, maximum=20),
        Item("n1", "一", "decimal", precision=draw(precision)),
        Item("t1", "文一", "text"),
        Item("n2", "二", "decimal", precision=draw(precision), when=draw(when), required="b1"),
        Item("t0", "文零", "text", when=draw(when), required=True),
        Item("b0", "甲", "yesno", when=draw(when)),
        Item("c0", "码", "code", codelist="operation_status"),
        Item("m0", "多选", "multichoice", options=(("a", "甲"), ("b", "乙")), when=draw(when)),
        Item("d0", "日零", "date", when=draw(when)),
        Item("d1", "日一", "date"),
        Item("gps", "位", "gps"),
        Item("angle", "角", "dms", precision=2),
        Item("u", "码", "text", format="uscc"),
    )
    rows = (
        Item("rn0", "行零", "integer", rows_key="rows", required="rn1 > 2"),
        Item("rn1", "行一", "decimal", precision=draw(precision), rows_key="rows"),
        Item("rt0", "行文", "text", rows_key="rows"),
        Item("rb0", "行是", "yesno", rows_key="rows", when=draw(st.sampled_from(("", "rn0 > 3", "b1")))),
        Item("rd0", "行日", "date", rows_key="rows"),
    )
    preset = (
        Item("pc", "码", "code", codelist="operation_status", rows_key="preset_rows"),
        Item("pn", "数", "decimal", precision=1, rows_key="preset_rows"),
    )
    sections = (
        Section("main", "主表", items),
        Section("rows", "行", rows, Repeat("rows", "行", minimum=draw(st.integers(0, 1)), maximum=3), when=draw(when)),
        Section("preset", "现成", preset, Repeat("preset_rows", "现成", preset="operation_status")),
    )
    checks: list[Check] = []
    for number in range(draw(st.integers(1, 4))):
        in_row = draw(st.booleans())
        expression = draw(bools(IN_ROW if in_row else MAIN, draw(st.integers(0, 2))))
        shown = "{" + draw(numbers(IN_ROW if in_row else MAIN, 0)) + "}，{t0}，{d0}，{b1}，{m0}"
        checks.append(Check(f"C{number}", "error", expression, shown, ("n0",), each="rows" if in_row else ""))
    other_when = draw(st.sampled_from(("", "b0", "D_1.n0 > 1")))
    other = Form(
        "O-1",
        "1",
        "别表",
        "census",
        "listing",
        "object",
        (
            Section(
                "main",
                "主表",
                (
                    Item("b0", "甲", "yesno"),
                    Item("n0", "零", "decimal", precision=2),
                    Item("t0", "文", "text", when=other_when),
                ),
            ),
            Section("others", "行", (Item("rn0", "零", "integer", rows_key="others"),), Repeat("others", "行")),
        ),
        (),
    )
    return Catalogue(
        (Form("D-1", "1", "所画", "census", "listing", "object", sections, tuple(checks), baseline=("n0", "t0")), other)
    )


WHOLE = st.one_of(st.integers(-3, 12).map(str), st.sampled_from(("2017", "113", "9999", "1.5", "x", "")))
DECIMAL = st.one_of(
    st.integers(-300, 3000).map(lambda number: f"{number / 100:.2f}3"),
    st.integers(0, 9).map(str),
    st.sampled_from(("22.935", "113.3612345", "1e3", None)),
)
TEXT = st.one_of(
    st.sampled_from((*LITERAL_TEXTS, " a ", "", "e\u0301", "\u3000", "11010519491231002X", "911101080000000000")),
    st.text(alphabet="ab🦆é9", max_size=3),
)
DAY = st.one_of(
    st.sampled_from(("2017-12-31", "2017-01-01", "2016-02-29", "2017-02-29", "31.12.2017", None)),
    st.dates().map(lambda day: day.isoformat()),
)
YES = st.sampled_from((True, False, None, "1"))
SECONDS = st.sampled_from(("0", "30.25", "59.999", "61"))


def answers(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=parts)


ROW = st.one_of(
    answers(rn0=WHOLE, rn1=DECIMAL, rt0=TEXT, rb0=YES, rd0=DAY),
    answers(rn0=WHOLE, rn1=DECIMAL, rt0=TEXT, rb0=YES, rd0=DAY, stray=WHOLE),
)
RECORD = answers(
    b0=YES,
    b1=YES,
    n0=WHOLE,
    n1=DECIMAL,
    n2=DECIMAL,
    t0=TEXT,
    t1=TEXT,
    c0=st.sampled_from(("1", "2", "9", "a")),
    m0=st.lists(st.sampled_from(("a", "b", "c", ""))),
    d0=DAY,
    d1=DAY,
    u=TEXT,
    gps=st.one_of(
        st.none(),
        st.fixed_dictionaries(
            {"lon": st.sampled_from(("113.36", "114", "x")), "lat": st.sampled_from(("22.93", "24"))},
            optional={"accuracy_m": WHOLE},
        ),
    ),
    angle=st.fixed_dictionaries({"d": st.sampled_from((22, 113, 200)), "m": st.integers(0, 60), "s": SECONDS}),
    rows=st.one_of(st.lists(ROW, max_size=4), st.lists(st.one_of(ROW, st.just(3)), max_size=2), st.just("x")),
    preset_rows=st.lists(answers(pc=st.sampled_from(("1", "2", "a")), pn=DECIMAL), max_size=3),
    stray=st.sampled_from((None, "1")),
)
OTHER = answers(b0=YES, n0=DECIMAL, t0=TEXT, others=st.lists(answers(rn0=WHOLE), max_size=3))
CASE = st.builds(
    Case, RECORD, st.one_of(st.just({}), st.fixed_dictionaries({"O-1": OTHER})), answers(n0=WHOLE, t0=TEXT)
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(catalogue=forms(), cases=st.lists(CASE, min_size=1, max_size=8))
def test_drawn_checks_mean_the_same_everywhere(browser: Browser, count: Count, catalogue: Catalogue, cases: list[Case]):
    book = compile_form(catalogue.current("D-1"), catalogue)
    note("\n".join(f"{check.each or 'record'}: {check.expr}" for check in book.form.checks))
    cases = clear_of_limits(book, cases, count)
    expected = by_record(book, cases)
    assert browser.findings(book, cases) == expected
    assert by_batch(book, cases) == expected


BOOKS = {form.code: compile_form(form, catalogue(), form.stages) for form in catalogue().forms()}
ODD = st.sampled_from(
    (
        None,
        "",
        "0",
        "1",
        "-1",
        "99999999",
        "12.34",
        "x",
        "2017-13-01",
        "2018-01-01",
        True,
        False,
        [],
        ["1"],
        ["x-01", "1"],
        {"d": 113, "m": 20, "s": "1.5"},
        {"lon": "113.9", "lat": "22.9"},
        7,
    )
)


@st.composite
def mutated(draw: st.DrawFn, code: str) -> Case:
    """Draw a valid record of a real form and change a few answers, in rows and beside it too."""
    example = answers_for(code, seed=draw(st.integers(0, 30)))
    case = Case(copy.deepcopy(example.answers), copy.deepcopy(example.related), copy.deepcopy(example.baseline))
    items = sorted((item.rows_key, item.key) for item in BOOKS[code].form.items())
    for _ in range(draw(st.integers(0, 8))):
        group, key = draw(st.sampled_from(items))
        rows = case.answers.setdefault(group, [{}]) if group else [case.answers]
        if isinstance(rows, list) and rows and isinstance(rows[-1], dict):
            same = [row[key] for row in rows if key in row]
            rows[-1][key] = draw(st.one_of(ODD, st.sampled_from(same)) if same else ODD)
    for beside in (case.related, case.baseline):
        if beside and draw(st.booleans()):
            beside.pop(draw(st.sampled_from(sorted(beside))))
    return case


@pytest.mark.parametrize("code", sorted(BOOKS))
def test_all_real_checks_mean_the_same_everywhere(browser: Browser, count: Count, code: str):
    """A batch of many records costs hardly more than one of few: planning hundreds of checks takes the time."""

    @settings(
        max_examples=3,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    @given(cases=st.lists(mutated(code), min_size=36, max_size=48))
    def agree(cases: list[Case]) -> None:
        book = BOOKS[code]
        clear = clear_of_limits(book, cases, count)
        expected = by_record(book, clear)
        assert browser.findings(book, clear, keep=True) == expected
        assert by_batch(book, clear) == expected

    agree()
