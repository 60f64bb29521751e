from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from census.db import FULL, Database, set_scope
from census.demo.scattered import load_district, load_scattered
from census.demo.scattered_plan import read_plan, spread
from census.errors import InvalidInput, NotFound
from census.models.cases import Case, Operation
from census.services.cases import reports, steps
from census.services.cases.figures import FIGURES, Figure
from census.services.cases.replay import COLUMNS
from tests.builders.cases import COUNTY, OTHER_TOWN, TO_ACCEPTED, TO_DONE, TOWN, Office, a_person, a_small_plan
from tests.conftest import Databases

PUBLISHED = {
    "slw.operations": 677,
    "slw.person_times": 4737,
    "slw.found": 1287,
    "slw.done": 1225,
    "slw.done_stop": 547,
    "slw.done_move": 413,
    "slw.done_demolish": 9,
    "slw.done_inplace": 256,
    "slw.outstanding": 62,
    "slw.done_rate": 95.18,
    "slw.self_found": 381,
    "slw.self_done": 362,
    "slw.self_outstanding": 19,
    "slw.other_found": 906,
    "slw.other_done": 863,
    "slw.demolish_area": 150000,
    "slw.leader_trips": 4,
    "slw.river_found": 420,
    "river.total": 49,
    "river.pilot": 4,
    "river.phase2": 45,
    "shawan.zini_found": 67,
    "shawan.zini_done": 24,
    "shawan.zone2_checked": 541,
    "shawan.zone2_found": 45,
    "shawan.joint_ops": 50,
    "shawan.sorties": 232,
    "shawan.person_times": 1578,
    "shawan.intakes": 936,
    "shawan.ships": 329,
    "shawan.ship_fish": 203,
    "shawan.ship_wash": 38,
    "shawan.ship_berth": 20,
    "insp.cases": 124,
    "insp.closed_items": 118,
    "insp.closed_groups": 105,
    "insp.open_items": 6,
    "insp.open_groups": 1,
    "insp.rectified": 107,
    "insp.rectifying": 17,
    "insp.river_filed": 8,
    "insp.riverside_demolish": 95234,
    "insp.breeding": 24,
    "enf.person_times": 67028,
    "enf.checks": 26896,
    "enf.ops": 382,
    "enf.remote": 111000,
    "enf.violations": 872,
    "enf.penalties": 887,
    "enf.closures": 773,
    "enf.water_exceed": 108,
    "enf.seal": 1,
    "enf.transfer": 13,
    "enf.detained": 26,
    "enf.arrested": 16,
    "enf.gangs": 4,
    "pet.total": 11610,
    "pet.new": 2174,
    "pet.city": 690,
    "pet.hotline": 7890,
    "pet.web": 115,
    "pet.phone": 2612,
    "pet.other": 303,
    "pet.problems": 7952,
    "pet.p_water": 672,
    "pet.p_air": 4834,
    "pet.p_noise": 1841,
    "pet.p_other": 605,
    "pet.cased": 391,
    "pet.letters": 1007,
    "pet.deadline_notice": 35,
    "pet.to_saic": 771,
    "pet.accept_rate": 100,
    "pet.close_rate": 98.92,
}
"""The bureau's report of 2017, all but the one figure it gives as a lower bound."""


@pytest.fixture(scope="module")
def panyu(make_databases: Callable[[Path], Databases], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """The district of 2017 in a database of its own, only read from."""
    database = make_databases(tmp_path_factory.mktemp("panyu")).scattered
    load_scattered(database, seed=1)
    with database.transaction(FULL) as session:
        yield session


@pytest.fixture
def small(scattered_session: Session) -> Session:
    """Another district, another year, other numbers."""
    load_district(scattered_session, a_small_plan(), seed=7)
    return scattered_session


def values(session: Session, region: str = COUNTY, **window: Any) -> dict[str, Any]:
    counted = reports.count_figures(session, reports.window_of(session, region, **window))
    return {figure.id: figure.value for figure in counted}


# --- the district of 2017 -------------------------------------------------------------------------------------------


def test_the_published_figures_come_back_exactly(panyu: Session) -> None:
    figures = values(panyu, as_of=date(2017, 12, 31))
    assert {key: value for key, value in figures.items() if key != "slw.leader_closed"} == PUBLISHED
    assert figures["slw.leader_closed"] >= 60


def test_the_paragraph_reads_like_the_published_one(panyu: Session) -> None:
    text_ = reports.report(panyu, "R8", reports.window_of(panyu, COUNTY, year=2017)).paragraph
    assert text_.startswith(
        "2017年，开展打击违法小作坊和清理整治“散乱污”专项行动677次，出动4737人次，共排查“散乱污”工业企业1287家，完成清理整治1225家，"
        "其中停产停业547间、搬迁413间、拆除9间、就地整治256间；镇（街）自查排查企业381家，完成整治362家。"
        "拆除“五违散乱污”场所15万平方米。区领导先后4次分别带队开展清理整治行动，共取缔企业60多间。"
    )
    assert "占86.3%（107/124）" in text_
    assert "结案率98.92%（11485/11610）" in text_


def test_the_towns_add_up_to_the_district(panyu: Session) -> None:
    towns = [values(panyu, town.code, year=2017) for town in read_plan().towns]
    for key in ("slw.found", "slw.done", "slw.operations", "slw.person_times", "slw.self_found", "slw.demolish_area"):
        assert sum(town[key] for town in towns) == PUBLISHED[key]


def test_a_town_is_not_credited_with_the_districts_own_lists(panyu: Session) -> None:
    assert not {"pet.total", "river.total", "shawan.zini_found"} & values(panyu, TOWN, year=2017).keys()


@pytest.mark.parametrize(
    "figure",
    [figure for figure in FIGURES if isinstance(figure, Figure) and figure.source == "cases"],
    ids=lambda figure: figure.id,
)
def test_behind_a_figure_stand_as_many_cases_as_it_counts(panyu: Session, figure: Figure) -> None:
    window = reports.window_of(panyu, COUNTY, year=2017)
    ids = panyu.execute(text(reports.case_ids_sql(figure.id)), window.parameters()).all()
    assert len(ids) == PUBLISHED[figure.id]


def test_rivers_have_420_cases_in_their_basins_and_each_at_least_one(panyu: Session) -> None:
    rows = panyu.execute(
        text("""select count(*), count(distinct river_code) from "case" where river_code is not null""")
    ).one()
    assert tuple(rows) == (420, 49)


def test_columns_of_the_demos_cases_follow_from_their_events(panyu: Session) -> None:
    for case in panyu.scalars(select(Case).order_by(Case.case_no).limit(60)):
        rebuilt = steps.rebuilt(panyu, case.id)
        assert {name: getattr(case, name) for name in COLUMNS} == {name: getattr(rebuilt, name) for name in COLUMNS}


def test_an_earlier_day_gives_the_state_of_that_day(panyu: Session) -> None:
    june, end = values(panyu, as_of=date(2017, 6, 30)), values(panyu, as_of=date(2017, 12, 31))
    assert june["slw.done"] < june["slw.found"] < end["slw.found"]
    assert june["slw.found"] - june["slw.done"] == june["slw.outstanding"]
    assert (june["shawan.zini_found"], june["shawan.zone2_found"]) == (67, 0)


def test_a_year_without_anything_has_a_sentence_of_its_own(panyu: Session) -> None:
    window = reports.window_of(panyu, TOWN, year=2016)
    assert reports.report(panyu, "R8", window).paragraph == "2016年没有登记“散乱污”案件和专项行动。"


# --- other numbers --------------------------------------------------------------------------------------------------


def test_another_district_gives_its_own_figures(small: Session) -> None:
    figures = values(small)
    assert {
        key: figures[key] for key in ("slw.operations", "slw.person_times", "slw.found", "slw.done", "slw.self_done")
    } == {
        "slw.operations": 9,
        "slw.person_times": 65,
        "slw.found": 18,
        "slw.done": 13,
        "slw.self_done": 6,
    }
    assert (figures["river.total"], figures["shawan.zini_found"], figures["insp.closed_groups"]) == (3, 5, 3)
    assert (figures["slw.leader_closed"], figures["pet.close_rate"]) == (7, 92.31)


def test_an_exact_number_is_not_written_as_a_lower_bound(small: Session) -> None:
    assert "共取缔企业7间" in reports.report(small, "R8", reports.window_of(small, COUNTY)).paragraph


def test_a_deleted_case_is_missing_from_the_paragraph(own_databases: Databases) -> None:
    """Deleting is the owner's alone: the application may not."""
    with own_databases.scattered.transaction(FULL) as session:
        load_district(session, a_small_plan(), seed=7)
        before = paragraph_of(session)
        case_id = session.scalars(select(Case.id).where(Case.mode == "move")).first()
    owner = Database(own_databases.settings.scattered_owner_database_url)
    with owner.transaction(FULL) as session:
        session.execute(text("delete from case_event where case_id = :id"), {"id": case_id})
        session.execute(text('delete from "case" where id = :id'), {"id": case_id})
        after = paragraph_of(session)
    owner.close()
    assert "工业企业18家，完成清理整治13家" in before
    assert "搬迁4间" in before
    assert "工业企业17家，完成清理整治12家" in after
    assert "搬迁3间" in after


def paragraph_of(session: Session) -> str:
    return reports.report(session, "R8", reports.window_of(session, COUNTY)).paragraph


# --- counting rules -------------------------------------------------------------------------------------------------


@pytest.fixture
def office(scattered_session: Session) -> Office:
    return Office(scattered_session)


def test_an_operation_counts_once_and_its_people_are_added_over_operations(office: Office) -> None:
    for number, people in enumerate((5, 9), start=1):
        steps.record_operation(
            office.session,
            office.inspector,
            Operation(
                operation_no=f"ZX{number}",
                kind="slw",
                region_code=TOWN,
                held_on=date(2017, 5, number),
                person_times=people,
            ),
        )
    for _ in range(3):
        office.open_case(operation_no="ZX1")
    figures = values(office.session, year=2017)
    assert (figures["slw.operations"], figures["slw.person_times"], figures["slw.found"]) == (2, 14, 3)


def test_found_and_done_belong_to_the_year_of_their_own_day(office: Office) -> None:
    case = office.take_all(office.open_case(date(2017, 12, 1)), *TO_DONE[:-1], on=date(2017, 12, 20))
    office.take(case, "done", on=date(2018, 1, 9))
    first, second = values(office.session, year=2017), values(office.session, year=2018)
    assert (first["slw.found"], first["slw.done"], first["slw.outstanding"]) == (1, 0, 1)
    assert (second["slw.found"], second["slw.done"], second["slw.outstanding"]) == (0, 1, 0)


def test_a_rebound_leaves_the_completion_in_its_year(office: Office) -> None:
    case = office.take_all(office.open_case(), *TO_ACCEPTED)
    before = values(office.session, year=2017)
    office.take(case, "rebound", on=date(2017, 11, 1))
    office.take(case, "reopen", on=date(2017, 11, 2))
    assert values(office.session, year=2017)["slw.done"] == before["slw.done"] == 1
    total = reports.report(office.session, "R2", reports.window_of(office.session, COUNTY, year=2017)).rows[-1]
    assert (total["done"], total["rebounded"], total["net_done"]) == (1, 1, 0)


def test_a_returned_completion_is_not_counted(office: Office) -> None:
    office.take_all(office.open_case(), *TO_DONE, "return")
    assert values(office.session, year=2017)["slw.done"] == 0


def test_a_rejected_lead_is_no_scattered_workshop(office: Office) -> None:
    office.take_all(office.open_case(), "propose_reject", "reject")
    figures = values(office.session, year=2017)
    assert (figures["slw.found"], figures["slw.outstanding"]) == (0, 0)


def test_what_was_recorded_after_a_report_was_printed_can_be_left_out(office: Office) -> None:
    office.open_case()
    long_ago = datetime.fromisoformat("2018-01-01T00:00:00+08:00")
    assert values(office.session, year=2017)["slw.found"] == 1
    assert values(office.session, year=2017, known_at=long_ago)["slw.found"] == 0


def test_a_percentage_of_nothing_has_no_value(office: Office) -> None:
    rate = {
        f.id: f for f in reports.count_figures(office.session, reports.window_of(office.session, COUNTY, year=2017))
    }
    assert (rate["slw.done_rate"].value, rate["slw.done_rate"].denominator) == (None, 0)


# --- tables ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["R1", "R2", "R3", "R4", "R5", "R6", "R7"])
def test_a_table_gives_every_column_it_names(panyu: Session, code: str) -> None:
    table = reports.report(panyu, code, reports.window_of(panyu, COUNTY, as_of=date(2017, 9, 29)))
    assert {key for key, _ in table.columns} <= table.rows[0].keys()


def test_the_weekly_tables_last_row_is_the_total(panyu: Session) -> None:
    *towns, total = reports.report(panyu, "R2", reports.window_of(panyu, COUNTY, year=2017)).rows
    assert (total["town"], total["found"], total["done"], float(total["done_rate"])) == ("合计", 1287, 1225, 95.18)
    assert sum(town["done"] for town in towns) == 1225


def test_only_industry_is_reported_to_the_province(small: Session) -> None:
    window = reports.window_of(small, COUNTY)
    listed = reports.report(small, "R5", window).rows[0]["listed"]
    assert 0 < listed < reports.report(small, "R2", window).rows[-1]["found"]


def test_unknown_reports_and_years_are_refused(office: Office) -> None:
    window = reports.window_of(office.session, COUNTY, year=2017)
    with pytest.raises(NotFound):
        reports.report(office.session, "R9", window)
    with pytest.raises(NotFound):
        reports.find_figure("slw.nothing")
    with pytest.raises(InvalidInput):
        reports.window_of(office.session, COUNTY, year=17)


def test_a_towns_inspector_counts_only_his_town(small: Session) -> None:
    actor = a_person(small, region=OTHER_TOWN)
    set_scope(small, actor.scope)
    assert values(small, COUNTY)["slw.found"] == 7


def test_parts_of_a_whole_add_up() -> None:
    assert spread(10, [1, 1, 1]) == [4, 3, 3]
    assert sum(spread(4737, [0.1, 2.7, 3.3, 0.9])) == 4737
