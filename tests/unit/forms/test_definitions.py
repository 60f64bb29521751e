"""Every packaged definition and code list, and what the loader says about a broken one."""

import gzip
import re
import time
from collections import Counter
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import orjson
import pytest

from census.schema import ROOT
from forms.boundaries import boundary
from forms.catalogue import Catalogue, UnknownForm, catalogue
from forms.codelists import FOLDER, LEVELS, UnknownCodeList, codelist, names, read
from forms.definition import PREFILLS, Check, DefinitionError, Form, Item, Repeat, Section, TableCheck, load
from forms.formats import FORMATS
from forms.item_types.registry import TYPES
from forms.views.client import client_form
from forms.views.fields import AnswersForm, form_class
from validation.evaluators.browser import rules_json
from validation.rulebook import compile_form

FORMS = catalogue().forms()
every_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.code)
RESERVED = {"prefix", "obj", "formdata", "data", "meta", "extra_filters", "self"}  # arguments of WTForms

SMALL = """
code = "T1"
version = "2017.1"
title = "试表"
programme = "census"
source_kind = "industrial"
subject = "object"

[[section]]
key = "main"
title = "一、主体"
items = [
    {no = "01", key = "total", name = "合计", type = "integer", unit = "吨", required = true, minimum = 0},
    {key = "status", name = "状态", type = "choice", options = {"1" = "运行", "2" = "停产"}},
]

[[section]]
key = "rows"
title = "二、明细"
repeat = {key = "row", title = "明细", maximum = 3}
items = [
    {key = "amount", name = "数量", type = "decimal", precision = 2},
]

[[check]]
id = "T1-C01"
severity = "error"
expr = "total >= 0"
message = "合计不对。"
items = ["total"]
"""


def definition(folder: Path, text: str) -> Form:
    path = folder / "t1.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def problems(folder: Path, text: str) -> str:
    with pytest.raises(DefinitionError) as caught:
        definition(folder, text)
    return str(caught.value)


def test_every_official_form_is_there_with_a_thousand_checks_and_more():
    checks = [check.id for form in FORMS for check in (*form.checks, *form.table_checks)]
    print(f"{len(FORMS)} forms, {sum(1 for form in FORMS for _ in form.items())} items, {len(checks)} written checks")  # noqa: T201 - the count is the report
    series = Counter(form.source_kind for form in FORMS)
    official = {
        "listing": 5,
        "industrial": 25,
        "agricultural": 7,
        "domestic": 8,
        "centralized": 10,
        "mobile": 10,
        "scattered": 1,
    }
    assert series >= Counter(official)  # a province adds forms of its own: docs/how-to/add-a-form.md
    assert len(checks) == len(set(checks)) >= 1_000


def test_a_form_and_its_rules_fit_a_bad_line():
    sizes = {
        form.code: len(gzip.compress(orjson.dumps([client_form(form), rules_json(compile_form(form, catalogue()))])))
        for form in FORMS
    }
    largest = max(sizes, key=sizes.__getitem__)
    print(f"largest definition: {largest}, {sizes[largest]} bytes compressed")  # noqa: T201 - the figure is the report
    assert {code: size for code, size in sizes.items() if size > 80_000} == {}


def test_reading_all_definitions_takes_a_small_part_of_a_second():
    start = time.perf_counter()
    Catalogue.load()
    assert time.perf_counter() - start < 1


@every_form
def test_a_message_ends_as_a_sentence_and_keeps_to_full_width_punctuation(form: Form):
    for check in (*form.checks, *form.table_checks):
        words = re.sub(r"\{[^}]*\}", "", check.message)
        assert words.endswith("。"), check.id
        assert not re.search(r"[,;:()!?]", words), check.id


@every_form
def test_a_warning_tells_the_enumerator_that_an_explanation_may_stand(form: Form):
    for check in form.checks:
        if check.severity == "warning":
            assert re.search("写明|说明|请把原名", check.message), check.id


@every_form
def test_item_keys_are_names_that_expressions_and_fields_can_use(form: Form):
    for item in form.items():
        assert re.fullmatch("[a-z][a-z0-9_]*", item.key), item.key
        assert item.key not in RESERVED


@every_form
def test_people_read_only_full_width_punctuation_in_names_and_options(form: Form):
    for item in form.items():
        for text in (item.name, item.help, *(label for _, label in item.options)):
            assert not re.search(r"[,;:]|[\u4e00-\u9fff]\(", text), f"{item.key}: {text}"


@every_form
def test_a_form_becomes_a_wtforms_class_without_instances_sharing_answers(form: Form):
    first, second = form_class(form)(), form_class(form)()
    assert isinstance(first, AnswersForm)
    assert first is not second


@every_form
def test_personal_items_are_marked(form: Form):
    marked = {item.key for item in form.items() if item.personal}
    named = {
        item.key
        for item in form.items()
        if re.search("phone|mobile|operator_id_no|landlord_id$|contact_person", item.key)
    }
    assert named <= marked


def test_a_small_definition_is_read_into_frozen_values(tmp_path: Path):
    form = definition(tmp_path, SMALL)
    assert form.name == "T1"
    assert form.item("total").unit == "吨"
    assert form.item("amount", "row").rows_key == "row"
    assert form.item("status").options == (("1", "运行"), ("2", "停产"))
    assert form.groups()["row"].maximum == 3
    assert len(form.digest) == 64


def test_sections_of_one_repeat_key_are_one_group(tmp_path: Path):
    more = (
        SMALL
        + """
[[section]]
key = "rows_2"
title = "三、续"
repeat = {key = "row", title = "明细"}
items = [{key = "note", name = "说明", type = "text"}]
"""
    )
    assert [item.key for item in definition(tmp_path, more).groups()["row"].items] == ["amount", "note"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('unit = "吨"', 'units = "吨"', "t1.toml: section main, item total: unknown key units (did you mean unit?)"),
        ('type = "integer"', 'type = "number"', "item total: type = 'number': expected one of text, choice"),
        ("required = true", "required = 1", "item total: required = 1: expected true, false or an expression"),
        ('key = "status"', 'key = "total"', "item total stands 2 times: expected once"),
        ('items = ["total"]', 'items = ["totl"]', "check T1-C01: items names the unknown item totl"),
        ('items = ["total"]', "", "check T1-C01: items is missing"),
        (
            'type = "choice", options = {"1" = "运行", "2" = "停产"}',
            'type = "choice", codelist = "nowhere"',
            "item status: unknown code list nowhere",
        ),
        ('"2" = "停产"', '"2" = ""', "item status: options: bad option '2' = ''"),
        (', options = {"1" = "运行", "2" = "停产"}', "", "item status: a choice needs options or a codelist"),
        ("minimum = 0", "minimum = 9, maximum = 1", "item total: minimum 9 is above maximum 1"),
        ("minimum = 0", 'minimum = "0"', "item total: minimum = '0': expected a number"),
        ("minimum = 0", "precision = 2", "item total: precision belongs to decimal and dms, not to integer"),
        ("minimum = 0", 'format = "e-mail"', "item total: unknown format e-mail"),
        ("minimum = 0", 'prefill = "unit.nmae"', "item total: unknown prefill unit.nmae"),
        (
            'severity = "error"',
            'severity = "fatal"',
            "check T1-C01: severity = 'fatal': expected one of error, warning",
        ),
        ('expr = "total >= 0"', 'expr = ""', "check T1-C01: expr is empty: expected text"),
        ('items = ["total"]', 'items = ["total"]\neach = "rwo"', "check T1-C01: each names the unknown group rwo"),
        ('title = "试表"', "", "t1.toml: title is missing: expected text"),
        ('title = "试表"', 'title = "试表', "t1.toml: not a TOML file in UTF-8"),
        ('programme = "census"', 'programme = "both"', "programme = 'both': expected one of census, scattered"),
        ('key = "row", title', 'key = "total", title', "item total: a repeating group has the same key"),
    ],
)
def test_a_fault_is_named_by_file_key_and_what_was_expected(tmp_path: Path, old: str, new: str, said: str):
    assert old in SMALL
    assert said in problems(tmp_path, SMALL.replace(old, new))


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path):
    text = SMALL.replace('unit = "吨"', 'units = "吨"').replace('severity = "error"', 'severity = "fatal"')
    assert len(problems(tmp_path, text).splitlines()) == 2


def test_the_catalogue_keeps_versions_apart_and_knows_the_newest(tmp_path: Path):
    for version in ("2017.2", "2017.10", "2017.1"):
        (tmp_path / f"t1-{version}.toml").write_text(SMALL.replace("2017.1", version), encoding="utf-8")
    forms = Catalogue.load(tmp_path)
    assert forms.current("T1").version == "2017.10"
    assert forms.get("T1", "2017.1").version == "2017.1"
    assert "T1" in forms
    assert "T2" not in forms


def test_an_unknown_form_or_version_is_refused():
    with pytest.raises(UnknownForm):
        catalogue().current("G999")
    with pytest.raises(UnknownForm):
        catalogue().get("G102", "1999.1")


@pytest.mark.parametrize("name", names())
def test_a_code_list_has_unique_codes_whose_parents_exist(name: str):
    listed = codelist(name)
    assert len(listed) > 1
    for entry in listed:
        assert name in LEVELS or not entry.parent or listed.get(entry.parent), entry


def test_code_lists_have_the_size_of_their_sources():
    sizes = {
        name: sum(entry.is_selectable for entry in codelist(name))
        for name in ("gbt4754", "regions", "towns", "villages", "river_panyu_49", "hw_category_2016")
    }
    assert sizes == {
        "gbt4754": 1381,
        "regions": 274,
        "towns": 16,
        "villages": 274,
        "river_panyu_49": 49,
        "hw_category_2016": 46,
    }


def test_only_classes_are_answers_and_industry_means_divisions_06_to_46():
    industries = codelist("gbt4754")
    assert industries.contains("1711")
    assert not industries.contains("17")
    assert {entry.attributes["division"] for entry in industries if entry.attributes["industrial"] == "1"} - {""} == {
        f"{n:02d}" for n in range(6, 47)
    }


def test_placeholder_codes_are_known_as_such():
    assert codelist("wastewater_type").is_placeholder("x-01")
    assert codelist("river_panyu_49").is_placeholder("R30")
    assert not codelist("gbt4754").is_placeholder("1711")


def test_a_code_is_found_by_its_beginning_and_by_words_of_its_name():
    industries = codelist("gbt4754")
    assert industries.search("171")[0].code == "1711"
    assert "3021" in [entry.code for entry in industries.search("水泥 制品")]
    assert industries.search("  ") == []
    assert len(industries.search("制造", 5)) == 5


def test_an_alias_names_the_same_list():
    assert codelist("gbt2260_12") is codelist("regions")


def test_an_unknown_code_list_is_refused():
    with pytest.raises(UnknownCodeList):
        codelist("nowhere")


def test_a_code_list_with_a_repeated_code_is_refused(tmp_path: Path):
    path = tmp_path / "twice.csv"
    path.write_text("code,label,parent\n1,甲,\n1,乙,\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 3"):
        read(path)


def test_the_district_outline_is_one_closed_ring_of_degrees():
    rings = boundary("440113")
    assert rings is not None
    assert len(rings) == 1
    assert all(113.2 < lon < 113.6 and 22.7 < lat < 23.1 for lon, lat in rings[0])
    assert any(first != second for first, second in pairwise(rings[0]))
    assert boundary("440114") is None


def test_code_list_files_are_utf_8_with_unix_lines():
    for path in FOLDER.glob("*.csv"):
        assert b"\r" not in path.read_bytes(), path.name


def test_every_key_of_a_definition_is_documented():
    text = (ROOT / "docs" / "reference" / "definition-format.md").read_text(encoding="utf-8")
    set_by_the_loader = {"rows_key", "kind", "digest", "sections", "checks", "table_checks", "_items", "_groups"}
    for part in (Form, Section, Repeat, Item, Check, TableCheck):
        for found in fields(part):
            assert (
                found.name in set_by_the_loader
                or f"`{found.name}`" in text
                or f"{found.name}," in text
                or f"{found.name}}}" in text
            ), found.name
    for name in (*FORMATS, *TYPES, *(source.rpartition(".")[2] for source in PREFILLS)):
        assert f"{name}`" in text, name
