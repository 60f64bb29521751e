from __future__ import annotations

from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from census.db import FULL, now
from census.examples.records import answers_for
from census.models.collect import Draft, Revision, Submission, Visit
from census.models.register import Unit
from census.models.review import Decision
from census.web.collect.addresses import blank_address, definition_address
from census.web.collect.form_pages import pages
from forms.answers.values import digest
from forms.catalogue import catalogue
from forms.views.fields import form_class
from tests.builders.api import an_account, an_assigned_unit
from tests.builders.collect import PlainBrowser
from tests.builders.review import some_regions
from tests.conftest import Databases

VISIT = {"outcome": "done", "second_card": "0174", "lon": "113.36", "lat": "22.93"}


@pytest.fixture
def unit(own_databases: Databases) -> UUID:
    with own_databases.census.transaction(FULL) as session:
        some_regions(session)
        account = an_account(session, "enumerator01")
        return an_assigned_unit(session, account, name="兴盛五金加工厂", address="谢村工业路 18 号", forms=[])


@pytest.fixture
def browser(client: FlaskClient, unit: UUID) -> PlainBrowser:  # noqa: ARG001 - the account comes with its unit
    return PlainBrowser(client).sign_in("enumerator01")


FILLED = ("QC-1", "G102", "G101-2", "G101-3", "G106-1", "G101-1")  # in the order of filling


def fill_all(browser: PlainBrowser, unit: UUID) -> None:
    g102 = answers_for("G102", seed=3)
    records = {"QC-1": answers_for("QC-1", seed=3).answers, "G102": g102.answers, "G101-1": g102.related["G101-1"]}
    for code in ("G101-2", "G101-3", "G106-1"):
        records[code] = answers_for(code, seed=3, related=records).answers
    browser.open(f"/collect/units/{unit}/visit").post(VISIT)
    for code in FILLED:
        browser.fill_form(unit, code, records[code])


def submissions(databases: Databases) -> dict[str, Submission]:
    with databases.census.transaction(FULL) as session:
        return {row.form: row for row in session.scalars(select(Submission))}


def test_the_list_says_what_is_left_and_leads_to_the_unit(browser: PlainBrowser, unit: UUID) -> None:
    assert browser.open("/collect/").text.count("还有 1 户")
    assert "兴盛五金加工厂" in browser.text
    assert "○ 未访" in browser.text
    assert f"/collect/units/{unit}" in browser.html


def test_an_empty_list_says_what_will_appear(client: FlaskClient, own_databases: Databases) -> None:
    with own_databases.census.transaction(FULL) as session:
        an_account(session, "enumerator02")
    browser = PlainBrowser(client).sign_in("enumerator02")
    assert "管理员分配普查小区后" in browser.open("/collect/").text


def test_a_colleagues_unit_is_not_found(client: FlaskClient, unit: UUID, own_databases: Databases) -> None:
    with own_databases.census.transaction(FULL) as session:
        an_account(session, "enumerator02")
    PlainBrowser(client).sign_in("enumerator02")
    for page in ("", "/data", "/visit", "/finish", "/forms/G102/intake"):
        assert client.get(f"/collect/units/{unit}{page}").status_code == 404, page


def test_three_steps_register_that_nobody_was_found(
    browser: PlainBrowser, unit: UUID, own_databases: Databases
) -> None:
    browser.open(f"/collect/units/{unit}/visit").post({"outcome": "not_found", "second_card": "0174"})
    assert "都完成了" in browser.text
    with own_databases.census.transaction(FULL) as session:
        visit = session.scalars(select(Visit)).one()
        assert (visit.outcome, visit.cards) == ("not_found", ["440113-0173", "0174"])
        assert session.get_one(Unit, unit).outcome == "not_found"


def test_one_enumerator_alone_is_no_visit(browser: PlainBrowser, unit: UUID) -> None:
    browser.open(f"/collect/units/{unit}/visit").post({"outcome": "done", "second_card": "440113-0173"})
    assert "入户要有两名普查员" in browser.text


def test_the_whole_way_works_without_scripts(browser: PlainBrowser, unit: UUID, own_databases: Databases) -> None:
    fill_all(browser, unit)
    browser.open(f"/collect/units/{unit}/finish")
    assert browser.text.count("✓ 填好了") == len(FILLED), browser.text
    browser.post({"signed_name": "李小姐", "on_paper": "1", "how": "paper"})
    assert browser.text.count("回执 R") == len(FILLED)
    stored = submissions(own_databases)
    assert set(stored) == set(FILLED)
    with own_databases.census.transaction(FULL) as session:
        revisions = session.scalars(select(Revision)).all()
        assert [revision.findings for revision in revisions] == [[]] * len(FILLED)
        visit = session.scalars(select(Visit)).one()
        assert sorted(visit.signed_digests) == sorted(revision.digest for revision in revisions)
        assert all(revision.digest == digest(revision.answers, revision.explanations) for revision in revisions)
        assert not session.scalars(select(Draft)).all()
    assert "已完成 1 / 1 户" in browser.open("/collect/").text


def test_errors_stand_under_their_item_and_bar_the_signature(browser: PlainBrowser, unit: UUID) -> None:
    browser.open(f"/collect/units/{unit}/forms/G102/intake")
    browser.post(
        {
            "water_intake_total": "12400",
            "tap_water_intake": "10000",
            "self_supplied_intake": "3400",
            "hydraulic_project_intake": "0",
            "other_enterprise_intake": "0",
            "go": "next",
        }
    )
    assert browser.address.endswith("/intake")
    assert "13\u2060\u2009\u2060400" in browser.html
    assert 'class="message red"' in browser.html
    browser.open(f"/collect/units/{unit}/finish").post({"signed_name": "李小姐", "on_paper": "1", "how": "paper"})
    assert "处理完才能签字" in browser.text


def test_a_reader_who_saw_the_errors_may_go_on(browser: PlainBrowser, unit: UUID) -> None:
    browser.open(f"/collect/units/{unit}/forms/G102/intake")
    browser.post({"water_intake_total": "abc", "go": "next"}).post({"go": "next"})
    assert browser.address.endswith("/treat_head")


def test_what_a_page_does_not_show_stays_as_it_was(browser: PlainBrowser, unit: UUID, own_databases: Databases) -> None:
    browser.open(f"/collect/units/{unit}/forms/G102/intake").post({"water_intake_total": "12400", "go": "check"})
    browser.open(f"/collect/units/{unit}/forms/G102/treat_head").post({"treatment_facility_count": "2", "go": "check"})
    with own_databases.census.transaction(FULL) as session:
        answers = session.scalars(select(Draft)).one().answers
        assert (answers["water_intake_total"], answers["treatment_facility_count"]) == ("12400", "2")


def test_rows_are_added_copied_and_deleted(browser: PlainBrowser, unit: UUID) -> None:
    here = f"/collect/units/{unit}/forms/G102/facility"
    browser.open(f"/collect/units/{unit}/forms/G102/treat_head").post({"treatment_facility_count": "2", "go": "check"})
    browser.open(here).post({"go": "add"})
    assert browser.address == f"{here}/0"
    browser.post({"facility-0-facility_id": "TW001", "go": "next"}).post({"go": "next"})
    browser.post({"go": "copy"})
    assert browser.address == f"{here}/1"
    assert 'value="TW001"' in browser.html
    browser.open(here).post({"go": "delete:0"})
    assert browser.html.count("TW001") == 1


def test_a_warning_is_explained_where_it_stands(browser: PlainBrowser, unit: UUID, own_databases: Databases) -> None:
    example = answers_for("G101-1", breaking="G101-1-C13", seed=1)
    browser.fill_form(unit, "QC-1", answers_for("QC-1", seed=1).answers)
    browser.fill_form(unit, "G101-1", example.answers)
    browser.open(f"/collect/units/{unit}/forms/G101-1/basic?checked=1")
    name = next(name for name in browser.fields if name.startswith("explain:G101-1-C13"))
    browser.post({name: "全年只做来料加工，无产值。", "go": "check"})
    with own_databases.census.transaction(FULL) as session:
        draft = session.scalars(select(Draft).where(Draft.form == "G101-1")).one()
        assert [(one["check"], one["text"]) for one in draft.explanations] == [
            ("G101-1-C13", "全年只做来料加工，无产值。")
        ]


def test_a_returned_record_shows_the_reviewers_words_at_its_item_and_becomes_the_next_revision(
    browser: PlainBrowser,
    unit: UUID,
    own_databases: Databases,
) -> None:
    fill_all(browser, unit)
    browser.open(f"/collect/units/{unit}/finish").post({"signed_name": "李小姐", "on_paper": "1", "how": "paper"})
    with own_databases.census.transaction(FULL) as session:
        sent = session.scalars(select(Submission).where(Submission.form == "G102")).one()
        sent.state = "returned"
        session.add(
            Decision(
                submission_id=sent.id,
                revision=1,
                region_code=sent.region_code,
                role="supervisor",
                outcome="return",
                from_state="checked",
                to_state="returned",
                note="请对照水费单",
                items=[{"path": "/water_intake_total", "reason": "evidence", "text": "与水费单差一位"}],
            )
        )
    assert "普查指导员退回 1 项：取水量" in browser.open("/collect/").text
    assert "与水费单差一位" in browser.open(f"/collect/units/{unit}").text
    assert "退回：与水费单差一位" in browser.open(f"/collect/units/{unit}/forms/G102/intake").text
    browser.post({"go": "check"})
    browser.open(f"/collect/units/{unit}/finish").post({"signed_name": "李小姐", "how": "phone"})
    assert "回执 R" in browser.text
    with own_databases.census.transaction(FULL) as session:
        again = session.scalars(select(Revision).where(Revision.number == 2)).one()
        assert again.confirmation is not None
        assert (again.confirmation["name"], again.confirmation["how"]) == ("李小姐", "phone")


def test_a_new_unit_is_asked_for_twice_when_the_register_has_one_like_it(
    browser: PlainBrowser, own_databases: Databases
) -> None:
    new = {"name": "兴盛五金加工厂二车间", "address": "谢村工业路 20 号", "kind": "industrial", "second_card": "0174"}
    browser.open("/collect/new").post(new)
    assert "名称相近" in browser.text
    browser.post({**new, "sure": "1"})
    assert browser.address.startswith("/collect/units/")
    with own_databases.census.transaction(FULL) as session:
        found = session.scalars(select(Unit).where(Unit.source == "found")).one()
        assert (found.name, found.region_code) == (new["name"], "440113011")


def test_the_phone_gets_a_token_of_its_own_and_the_key_of_its_receipts(browser: PlainBrowser, unit: UUID) -> None:
    browser.open(f"/collect/units/{unit}/visit")
    client = browser.client
    assert client.post("/collect/token").status_code == 400
    given = client.post("/collect/token", headers={"X-CSRF-Token": browser.fields["csrf_token"][0]}).get_json()
    answer = client.get("/api/v1/changes", headers={"Authorization": f"Bearer {given['token']}"})
    assert answer.status_code == 200
    assert given["receipt_key"]


@pytest.mark.parametrize("code", ["QC-1", "G101-1", "G102", "scattered"])
def test_the_blank_page_holds_every_field_and_nobodys_data(client: FlaskClient, code: str) -> None:
    form = catalogue().current(code)
    response = client.get(blank_address(form))
    assert "immutable" in response.headers["Cache-Control"]
    html = response.get_data(as_text=True)
    assert "csrf" not in html
    for page in pages(form):
        names = [f"{page.key}-__row__-{item.key}" if page.group else item.key for item in page.items]
        assert all(f'id="at-{name}"' in html for name in names), page.key
    assert client.get(blank_address(form)).get_data() == response.get_data()


@pytest.mark.parametrize("code", ["QC-1", "G101-1", "G102"])
def test_the_blank_page_and_the_filled_page_have_the_same_controls(
    browser: PlainBrowser, unit: UUID, code: str
) -> None:
    form = catalogue().current(code)
    names = {field.name for field in form_class(form)() if field.type != "FieldList"}
    blank = browser.client.get(blank_address(form)).get_data(as_text=True)
    assert all(f'at-{name}"' in blank for name in names if "reviewer" not in name and name != "reviewed_at")
    browser.open(f"/collect/units/{unit}/forms/{code}")
    for name in browser.fields.get("shown", []):
        assert f'id="at-{name}"' in blank


def test_an_old_address_of_a_form_is_answered_but_not_kept(client: FlaskClient) -> None:
    form = catalogue().current("G102")
    for address in (blank_address(form), definition_address(form)):
        old = client.get(address.rpartition("/")[0] + "/0000000000000000")
        assert (old.status_code, old.headers["Cache-Control"]) == (200, "no-cache")


def test_pages_hold_no_inline_script_style_or_handler(browser: PlainBrowser, unit: UUID) -> None:
    addresses = ["/collect/", "/collect/new", "/collect/me"] + [
        f"/collect/units/{unit}{page}"
        for page in ("", "/visit", "/finish", "/forms/G102/intake", "/forms/G102/facility")
    ]
    for page in addresses:
        html = browser.open(page).html
        assert html.count("<h1") == 1, page
        assert "<style" not in html, page
        assert " style=" not in html, page
        assert " onclick" not in html, page
        assert html.count("<script") == html.count("<script src") + html.count('<script type="module" src'), page


def test_a_sent_form_is_taken_back_until_a_reviewer_opens_it(
    browser: PlainBrowser, unit: UUID, own_databases: Databases
) -> None:
    fill_all(browser, unit)
    browser.open(f"/collect/units/{unit}/finish").post({"signed_name": "李小姐", "on_paper": "1", "how": "paper"})
    with own_databases.census.transaction(FULL) as session:
        sent = session.scalars(select(Submission).where(Submission.form == "G102")).one().id
        session.scalars(select(Submission).where(Submission.form == "G101-1")).one().opened_at = now()
        forms = len(session.scalars(select(Submission.id)).all())
    asked = {"submission": str(sent), "revision": "1"}
    browser.open(f"/collect/units/{unit}")
    assert browser.html.count(">撤回<") == forms - 1  # the one that was opened has no button
    browser.post(asked, to=f"/collect/units/{unit}/withdraw")
    assert "已撤回。改好后再签字提交" in browser.text
    browser.post(asked, to=f"/collect/units/{unit}/withdraw")
    assert "不用再撤回" in browser.text
    with own_databases.census.transaction(FULL) as session:
        assert session.get_one(Submission, sent).state == "withdrawn"
