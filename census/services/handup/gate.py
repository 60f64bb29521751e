"""The gate before a region is handed up: four doors, each with its figures, and the one sentence that sums them up.

Figures come from the database as it stands now; only the fourth door looks at the last full check, and it counts only
if that check judged exactly these revisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from census.clock import CHINA
from census.errors import NotFound
from census.models.register import Region
from census.models.work import ValidationRun
from census.services.handup.keys import LEVEL_NAMES
from census.services.register.my_units import NOTHING_TO_FILL
from census.services.review.verdicts import LEFT_OUT
from forms.catalogue import Catalogue, catalogue

APPROVED: Final = {
    "county": ("county_approved", "handed_up", "accepted"),
    "city": ("city_approved", "handed_up", "accepted"),
    "province": ("province_approved",),
}
"""By level of the instance: states whose records leave in its packages."""
SENT: Final = ("handed_up", "accepted")

UNITS: Final = text("""
    with sent as (
        select unit_id, form, state = any(:approved) as passed from submission
         where region_code ^@ :region and state <> 'withdrawn' and applies
    ), per_unit as (
        select unit_id, bool_and(passed) as all_passed, array_agg(form) filter (where passed) as passed
          from sent group by unit_id
    ), judged as (
        select unit.outcome, per_unit.unit_id is not null as has_records,
               coalesce(per_unit.all_passed, true) as all_passed,
               unit.outcome = any(:nothing_to_fill) as owes_nothing,
               coalesce(array(select jsonb_array_elements_text(unit.forms)
                               intersect select unnest(cast(:forms as text[])))
                        <@ coalesce(per_unit.passed, '{}'), false) as has_forms
          from unit left join per_unit on per_unit.unit_id = unit.id
         where unit.region_code ^@ :region
    )
    select count(*) as units,
           count(*) filter (where outcome is null) as unvisited,
           count(*) filter (where outcome is not null and not owes_nothing
                              and (not has_forms or not has_records)) as lacking,
           count(*) filter (where all_passed and outcome is not null
                              and (owes_nothing or (has_forms and has_records))) as done
      from judged
""")
RECORDS: Final = text("""
    select count(*) as records,
           count(*) filter (where state = any(:approved)) as approved,
           count(*) filter (where state = any(:approved) and state <> all(:sent)) as fresh,
           count(*) filter (where judge_due) as due,
           coalesce(sum(error_count) filter (where state <> all(:left_out)), 0) as errors,
           coalesce(sum(warning_count) filter (where state <> all(:left_out)), 0) as warnings,
           coalesce(sum(unexplained_count) filter (where state <> all(:left_out)), 0) as unexplained
      from submission where region_code ^@ :region and state <> 'withdrawn' and applies
""")
EXEMPT: Final = text("""
    select count(*) from finding join submission on submission.id = finding.submission_id
     where finding.region_code ^@ :region and finding.state = 'exempt' and submission.state <> all(:left_out)
       and applies
""")
LACKING: Final = text("""
    select unit.id, array(select jsonb_array_elements_text(unit.forms) intersect select unnest(cast(:forms as text[]))
                          except select form from submission
                                  where submission.unit_id = unit.id and state <> 'withdrawn' order by 1) as codes
      from unit where unit.region_code ^@ :region
       and exists (select from submission where submission.unit_id = unit.id and state <> all(:left_out))
     order by unit.id
""")
BROKEN: Final = text("""
    select count(distinct crashed.id) from submission
      join lateral (select crashed, is_complete from validation_run run
                     where run.kind = 'batch' and run.form = submission.form and run.version = submission.version
                     order by started_at desc limit 1) last on not last.is_complete,
      lateral jsonb_array_elements_text(last.crashed) as crashed(id)
     where submission.region_code ^@ :region and submission.judge_due
""")
CONTENT: Final = text("""
    select encode(sha256(convert_to(coalesce(string_agg(
               submission.id || ' ' || submission.revision || ' ' || revision.digest,
               E'\\n' order by submission.id), ''), 'UTF8')), 'hex')
      from submission join revision on revision.submission_id = submission.id and revision.number = submission.revision
     where submission.region_code ^@ :region and submission.state <> all(:left_out)
""")


@dataclass(frozen=True, slots=True)
class Door:
    """One condition: whether it is met, its figure, and what the figure says."""

    name: str
    is_open: bool
    figure: str
    says: str


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a region may be handed up, and why not."""

    region: Region
    units: int
    records: int
    fresh: int  # of the records: approved and not handed up yet
    doors: tuple[Door, ...]
    only_check_missing: bool  # all that is left to do is the full check, which a machine does
    run: ValidationRun | None

    @property
    def is_open(self) -> bool:
        return all(door.is_open for door in self.doors)

    @property
    def closed(self) -> tuple[Door, ...]:
        return tuple(door for door in self.doors if not door.is_open)

    @property
    def sentence(self) -> str:
        if self.is_open and not self.fresh:
            return "已经上报：没有新通过的记录"
        if self.is_open:
            return "可以上报：四道关都通过了"
        if self.only_check_missing:
            return "还差一步：请先做全量校验"
        return f"还不能上报：{'、'.join(door.name for door in self.closed)}没有通过"

    def detail(self) -> dict[str, Any]:
        """The gate as plain data, for the command line and for a refusal."""
        return {
            "region": self.region.code,
            "open": self.is_open,
            "units": self.units,
            "records": self.records,
            "fresh": self.fresh,
            "doors": [
                {"name": door.name, "open": door.is_open, "figure": door.figure, "says": door.says}
                for door in self.doors
            ],
        }


def gate(session: Session, region_code: str, level: str = "county", forms: Catalogue | None = None) -> Gate:
    """Look at all four doors of a region. Raises NotFound for a region that is not there."""
    region = session.get(Region, region_code)
    if region is None:
        raise NotFound("没有这个行政区划。请从列表中选择。")
    approved = list(APPROVED[level])
    left_out = list(LEFT_OUT)
    units = session.execute(
        UNITS,
        {
            "region": region_code,
            "approved": approved,
            "nothing_to_fill": list(NOTHING_TO_FILL),
            "forms": sorted(owed_forms(forms or catalogue())),
        },
    ).one()
    records = session.execute(
        RECORDS, {"region": region_code, "approved": approved, "left_out": left_out, "sent": list(SENT)}
    ).one()
    exempt = session.execute(EXEMPT, {"region": region_code, "left_out": left_out}).scalar_one()
    broken = 0
    if records.due:
        broken = int(session.execute(BROKEN, {"region": region_code}).scalar_one())
    run = latest_check(session, region_code)
    # A check of other revisions than today's says nothing about what would leave.
    is_current = run is not None and run.content_digest == content_digest(session, region_code)
    doors = (
        _review(units, records, level),
        _errors(int(records.errors), int(exempt), int(records.due), broken),
        _warnings(int(records.warnings), int(records.unexplained)),
        _check(run, is_current=is_current),
    )
    return Gate(
        region,
        int(units.units),
        int(records.approved),
        int(records.fresh),
        doors,
        only_check_missing=all(door.is_open for door in doors[:3]) and not is_current,
        run=run if is_current else None,
    )


def owed_forms(forms: Catalogue) -> frozenset[str]:
    """Forms that a unit may owe at the hand-up. The listing 清查 came before the census and was handed in by itself."""
    return frozenset(
        form.code
        for form in forms.forms()
        if form.programme == "census" and form.subject == "object" and form.source_kind != "listing"
    )


def lacking_units(session: Session, region_code: str, forms: Catalogue) -> dict[str, list[str]]:
    """Units with records that, going by what they answered, owe a form that nobody filled; by unit id."""
    rows = session.execute(
        LACKING, {"region": region_code, "forms": sorted(owed_forms(forms)), "left_out": list(LEFT_OUT)}
    )
    return {str(row.id): list(row.codes) for row in rows if row.codes}


def latest_check(session: Session, region_code: str) -> ValidationRun | None:
    """The last full check of exactly this region that has ended."""
    return session.scalar(
        select(ValidationRun)
        .where(
            ValidationRun.kind == "gate",
            ValidationRun.region_code == region_code,
            ValidationRun.finished_at.is_not(None),
        )
        .order_by(ValidationRun.started_at.desc())
        .limit(1)
    )


def content_digest(session: Session, region_code: str) -> str:
    """Which revisions a full check would judge now; the same as ``verdicts.content_digest`` of them."""
    return str(session.execute(CONTENT, {"region": region_code, "left_out": list(LEFT_OUT)}).scalar_one())


def number(value: int) -> str:
    """Group digits in threes by thin spaces."""
    return f"{value:,}".replace(",", "\u2009")


def _review(units: Any, records: Any, level: str) -> Door:
    if not units.units:
        return Door("审核", is_open=False, figure="—", says="这个区划里没有普查对象")
    is_open = units.done == units.units and records.approved == records.records
    share = f"{100 * units.done // units.units}%"
    parts = [f"{number(units.done)} / {number(units.units)} 个对象已{LEVEL_NAMES[level]}通过"]
    waiting = records.records - records.approved
    parts += [
        f"{number(count)} {words}"
        for count, words in (
            (units.unvisited, "个没有入户结果"),
            (units.lacking, "个缺应填的表"),
            (waiting, "张表还没通过"),
        )
        if count
    ]
    return Door("审核", is_open, share, "，".join(parts))


def _errors(errors: int, exempt: int, due: int, broken: int) -> Door:
    # What is not judged yet comes first: until then the number of errors means nothing.
    if due and broken:
        says = f"{number(due)} 张表校验不了：{number(broken)} 条规则没能执行，请告诉管理员"
    elif due:
        says = f"{number(due)} 张表尚在校验"
    elif errors:
        says = "请退回改正，或由县级写明理由豁免"
    elif exempt:
        says = f"豁免 {number(exempt)}，均有理由"
    else:
        says = "没有豁免"
    return Door("强制性问题", errors == 0 and due == 0, number(errors), says)


def _warnings(warnings: int, unexplained: int) -> Door:
    if unexplained:
        says = f"{number(unexplained)} 个还没有说明"
    elif warnings:
        says = "全部附说明随包上报"
    else:
        says = "没有核实性问题"
    return Door("核实性说明", unexplained == 0, number(warnings), says)


def _check(run: ValidationRun | None, *, is_current: bool) -> Door:
    name = "最近一次全量校验"
    if run is None or run.finished_at is None:
        return Door(name, is_open=False, figure="未做", says="审核通过后做一次全量校验")
    at = clock(run.finished_at)
    if not is_current:
        return Door(name, is_open=False, figure=at, says="校验后数据有变动，请重新校验")
    checks, crashed = int(run.summary.get("checks", 0)), len(run.crashed)
    lacking = int(run.summary.get("lacking_units", 0))
    says = f"{number(checks)} 条规则，{number(crashed)} 条未执行"
    if lacking:
        says = f"{number(lacking)} 个对象按填报内容还应填其他表"
    return Door(name, run.is_complete and not lacking, at, says)


def clock(at: datetime) -> str:
    """Hours and minutes as clocks in China show them."""
    return f"{at.astimezone(CHINA):%H:%M}"
