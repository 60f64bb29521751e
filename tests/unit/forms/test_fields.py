"""Forms in HTML: answers survive the way through the fields; the markup carries what script and reader need."""

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from forms.catalogue import catalogue
from forms.codelists import codelist, offered
from forms.definition import Form, Item
from forms.views.client import client_codelist, client_form
from forms.views.fields import answers_from, empty_row, fill, form_class, options, with_ready_made_rows

FORMS = catalogue().forms()
G102 = catalogue().current("G102")
every_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.code)
NUMBER = st.integers(0, 10**6).map(str)


def answers_of(item: Item) -> st.SearchStrategy[Any]:
    codes = [code for code, _ in options(item)]
    match item.type:
        case "multichoice":
            return st.lists(st.sampled_from(codes), min_size=1, unique=True).map(
                lambda chosen: sorted(chosen, key=codes.index)
            )
        case "choice" | "code":
            return st.sampled_from(codes)
        case "yesno":
            return st.booleans()
        case "dms":
            return st.fixed_dictionaries({"d": st.integers(0, 180), "m": st.integers(0, 59), "s": NUMBER})
        case "gps":
            return st.fixed_dictionaries(
                {"lon": NUMBER, "lat": NUMBER}, optional={"accuracy_m": NUMBER, "at": NUMBER, "source": st.just("map")}
            )
        case _:
            return st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)


def some_of(items: list[Item], at_least: int) -> st.SearchStrategy[dict[str, Any]]:
    chosen = st.lists(st.sampled_from(items), min_size=at_least, max_size=6, unique_by=lambda item: item.key)
    return chosen.flatmap(lambda found: st.fixed_dictionaries({item.key: answers_of(item) for item in found}))


def answers(form: Form) -> st.SearchStrategy[dict[str, Any]]:
    main = some_of([item for item in form.items() if not item.rows_key], 0)
    groups = {
        key: st.lists(some_of(list(group.items), 1), min_size=1, max_size=3) for key, group in form.groups().items()
    }
    return st.tuples(main, st.fixed_dictionaries({}, optional=groups)).map(lambda parts: parts[0] | parts[1])


@given(st.sampled_from(FORMS).flatmap(lambda form: st.tuples(st.just(form), answers(form))))
@settings(max_examples=60, deadline=None)
def test_answers_survive_filling_and_reading(drawn: tuple[Form, dict[str, Any]]):
    form, given_answers = drawn
    wtform = form_class(form)()
    fill(form, wtform, given_answers)
    assert answers_from(form, wtform) == given_answers


class Posted(HTMLParser):
    """What a browser would send for a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pairs: list[tuple[str, str]] = []
        self.inputs: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "input":
            self.inputs.append(found)
            if found.get("type") not in {"radio", "checkbox"} or "checked" in found:
                self.pairs.append((found["name"] or "", found.get("value") or ""))


def html_of(form: Form, wtform: Any) -> str:
    main = "".join(str(wtform[item.key]()) for item in form.items() if not item.rows_key)
    rows = "".join(
        str(entry.form[item.key]())
        for key, group in form.groups().items()
        for entry in wtform[key]
        for item in group.items
    )
    return main + rows


@given(st.sampled_from(FORMS).flatmap(lambda form: st.tuples(st.just(form), answers(form))))
@settings(max_examples=25, deadline=None)
def test_answers_survive_the_page_and_the_browser(drawn: tuple[Form, dict[str, Any]]):
    form, given_answers = drawn
    wtform = form_class(form)()
    fill(form, wtform, given_answers)
    posted = MultiDict(Posted(html_of(form, wtform)).pairs)
    assert answers_from(form, form_class(form)(posted)) == given_answers


def test_rows_posted_with_gaps_in_their_numbers_close_up():
    posted = MultiDict([("facility-3-run_hours", "5"), ("facility-7-run_hours", "8"), ("facility-8-run_hours", "")])
    assert answers_from(G102, form_class(G102)(posted)) == {"facility": [{"run_hours": "5"}, {"run_hours": "8"}]}


def test_an_answer_of_a_wrong_type_is_shown_as_it_came():
    wtform = form_class(G102)()
    fill(G102, wtform, {"water_intake_total": 12, "facility": "none", "outlet": ["x", {"outlet_longitude": "113"}]})
    assert answers_from(G102, wtform) == {"water_intake_total": "12"}


def test_what_a_respondent_typed_cannot_become_markup():
    wtform = form_class(G102)()
    fill(G102, wtform, {"unit_name": '"><script>alert(1)</script>'})
    html = html_of(G102, wtform)
    assert "<script>" not in html
    assert 'value="&#34;&gt;&lt;script&gt;' in html or 'value="&quot;&gt;&lt;script&gt;' in html


@every_form
def test_every_input_names_its_item_its_type_and_its_help(form: Form):
    wtform = form_class(form)()
    seen = Posted(html_of(form, wtform)).inputs
    assert all(found.get("data-item") and found.get("name") for found in seen)
    assert {found["data-item"] for found in seen} == {item.key for item in form.items() if not item.rows_key}
    assert all(found.get("aria-describedby") for found in seen if found["type"] != "hidden")


@every_form
def test_every_choice_has_a_label_of_its_own(form: Form):
    html = html_of(form, form_class(form)())
    for found in Posted(html).inputs:
        if found["type"] in {"radio", "checkbox"}:
            assert f'<label for="{found["id"]}">' in html


def test_the_keyboard_fits_the_answer():
    wtform = form_class(catalogue().current("QC-1"))()
    assert 'inputmode="tel"' in str(wtform["contact_mobile"]())
    assert 'inputmode="numeric"' in str(wtform["other_site_count"]())
    assert 'data-codelist="gbt4754"' in str(wtform["industry_code"]())
    assert 'data-offer="industrial"' in str(wtform["industry_code"]())
    assert "readonly" in str(wtform["industry_name"]())


def test_an_empty_row_is_a_template_for_any_number():
    row = empty_row(G102.groups()["facility"])
    assert 'name="facility-__row__-run_hours"' in str(row["run_hours"]())


@every_form
def test_the_phone_gets_every_item_and_the_digests_of_its_code_lists(form: Form):
    found = client_form(form)
    assert [item["key"] for section in found["sections"] for item in section["items"]] == [
        item.key for item in form.items()
    ]
    assert set(found["codelists"]) == {item.codelist for item in form.items() if item.codelist}
    assert all(len(digest) == 64 for digest in found["codelists"].values())
    assert "checks" not in found


def test_a_code_list_for_the_phone_has_a_cell_for_every_column():
    found = client_codelist("gbt4754")
    assert found["columns"][:3] == ["code", "label", "parent"]
    assert {len(row) for row in found["rows"]} == {len(found["columns"])}
    assert len(found["rows"]) == 1971


def test_ready_made_rows_come_one_for_each_code_and_keep_what_is_filled_in():
    form = catalogue().current("J101-3")
    filled = with_ready_made_rows(form, {"pollutants": [{"pollutant": "W03", "influent_avg": "2.5"}]})["pollutants"]
    assert [row["pollutant"] for row in filled] == [
        entry.code for entry in codelist("water_pollutant") if entry.is_selectable
    ]
    assert filled[2] == {"pollutant": "W03", "influent_avg": "2.5"}
    assert all(list(row) == ["pollutant"] for row in (*filled[:2], *filled[3:]))


def test_a_form_without_ready_made_rows_stays_as_it_is():
    assert with_ready_made_rows(G102, {"facility": [{}]}) == {"facility": [{}]}


def test_pickers_get_levels_with_the_headings_above_what_is_offered():
    rows = offered(codelist("gbt4754"), "industrial")
    codes = {str(row[0]): row for row in rows}
    assert codes["3311"][1:] == ["金属结构制造", "jsjgzz", "331", 1]
    assert codes["33"][4] == 0
    assert "A" not in codes
    assert all(not row[3] or row[3] in codes for row in rows)


def test_pickers_of_a_plain_list_get_three_cells():
    assert offered(codelist("water_pollutant"))[0] == ["W01", "化学需氧量", "hxxyl"]
