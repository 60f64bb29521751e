"""The figures of the yearly report: one row each, saying what is counted. Nothing here knows a number.

A figure names a source (one SQL query of rows) and a condition on its rows; figures of one source are counted in one
statement, and the rows behind a figure are the same query with the same condition. Ids are those of the bureau's
published report of 2017.

Counting rules: an operation counts once however many cases it touched, and its people are added over operations; found
and done belong to the year of their own date; a completion that the district returned is none; one that rebounded later
stays in its year; dated batches are read from their lists and are no part of the year's total.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

# One pass over the events, one join by key: the planner misjudges row-level security and would loop over several.
CASES: Final = """
with steps as (
    select case_id, number, kind, to_state, occurred_on, facts,
           kind = 'done'
               and coalesce(min(number) filter (where kind in ('done', 'accept')) over later, 1000000)
                   <= coalesce(min(number) filter (where kind = 'return') over later, 1000000) as is_completion
    from case_event
    where occurred_on <= :until and recorded_at <= cast(:known_at as timestamptz) and region_code ^@ :region
    window later as (partition by case_id order by number rows between 1 following and unbounded following)
), history as (
    select case_id,
           (array_agg(to_state order by number desc))[1] as state,
           max(number) as version,
           min(occurred_on) filter (where is_completion) as done_on,
           (array_agg(facts ->> 'mode' order by number) filter (where is_completion))[1] as mode,
           (array_agg(facts order by number desc) filter (where kind in ('classify', 'reopen')))[1] as plan,
           min(occurred_on) filter (where kind = 'verify') as verified_on,
           min(occurred_on) filter (where kind = 'accept') as accepted_on,
           count(*) filter (where kind = 'return') as returns,
           count(*) filter (where kind = 'look_back') as lookbacks,
           min(occurred_on) filter (where kind = 'rebound') as rebounded_on,
           coalesce(max(number) filter (where kind = 'rebound') > max(number) filter (where is_completion), false)
               as is_rebound_open
    from steps group by case_id
)
select c.id, c.case_no, c.name, c.address, c.region_code, left(c.region_code, 9) as town_code, c.lon, c.lat,
       c.industry_code, c.is_industrial, c.lead_source, c.river_code, c.facts, c.found_on,
       h.state, h.version, h.done_on, h.mode, h.plan ->> 'category' as category,
       (h.plan ->> 'deadline')::date as deadline, h.plan ->> 'measures' as measures,
       h.plan ->> 'resp_leader' as resp_leader, h.plan ->> 'resp_person' as resp_person,
       h.verified_on, h.accepted_on, h.returns, h.lookbacks, h.rebounded_on, h.is_rebound_open,
       coalesce((h.plan ->> 'deadline')::date < :until, false)
           and h.state in ('classified', 'rectifying', 'rebounded') as is_overdue
from history h join "case" c on c.id = h.case_id
"""

OPERATIONS: Final = """
select *, case when counts ->> 'closed_at_least' = 'true' then 'at_least' else '' end as precision
from operation
where held_on between :since and :until and created_at <= cast(:known_at as timestamptz) and region_code ^@ :region
"""

BATCHES: Final = """
select distinct on (kind) *
from (select *, substring(code from '[^-]+$') as kind from batch
      where snapshot_on between :since and :until and region_code ^@ :region) dated
order by kind, snapshot_on desc
"""

BATCH_ITEMS: Final = f"""
select i.id, i.name, i.region_code, i.case_id, i.is_done, i.done_on, b.kind, b.code, b.snapshot_on
from ({BATCHES}) b join batch_item i on i.batch_code = b.code
"""

RIVERS: Final = "select * from river where listed_on <= :until"

REGISTER: Final = """
select *, case when state = 'approx' then 'about' else '' end as precision
from register_entry where occurred_on between :since and :until and region_code ^@ :region
"""


@dataclass(frozen=True, slots=True)
class Source:
    """One query of rows, and which of their columns people see."""

    sql: str
    shown: tuple[tuple[str, str], ...]
    is_district: bool = False  # kept by the district as a whole: no figure for one town
    key: str = "id"  # the column that tells its rows apart and orders them


SOURCES: Final = {
    "cases": Source(
        CASES,
        (
            ("case_no", "案件编号"),
            ("name", "场所名称"),
            ("state", "状态"),
            ("found_on", "发现日期"),
            ("done_on", "完成日期"),
        ),
    ),
    "operations": Source(
        OPERATIONS,
        (
            ("operation_no", "行动编号"),
            ("held_on", "日期"),
            ("region_code", "区划"),
            ("person_times", "出动人次"),
            ("places_checked", "检查场所"),
        ),
    ),
    "batches": Source(
        BATCHES,
        (("code", "批次"), ("name", "名称"), ("snapshot_on", "快照日期"), ("places_checked", "排查场所")),
        is_district=True,
        key="code",
    ),
    "batch_items": Source(
        BATCH_ITEMS,
        (("code", "批次"), ("name", "场所名称"), ("region_code", "区划"), ("done_on", "完成日期")),
        is_district=True,
    ),
    "rivers": Source(
        RIVERS,
        (("code", "河涌编号"), ("name", "名称"), ("phase", "核查阶段")),
        is_district=True,
        key="code",
    ),
    "register": Source(
        REGISTER,
        (
            ("source_row", "来源行"),
            ("occurred_on", "日期"),
            ("kind", "事项"),
            ("quantity", "数量"),
            ("group_no", "宗号"),
            ("state", "状态"),
        ),
        is_district=True,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: what it is called and how it is counted."""

    id: str
    label: str
    unit: str
    source: str
    where: str = "true"
    measure: str = "count(*)"
    is_inexact: bool = False  # rows may say that the number is a lower bound or rounded
    is_part: bool = False  # only a part of a percentage, shown with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A figure worked out from others: a difference or a percentage with its two parts."""

    id: str
    label: str
    unit: str
    how: Literal["difference", "percentage"]
    of: tuple[str, str]
    source: str = "cases"  # of the rows behind it
    where: str = ""


def _counted(source: str, unit: str, rows: Iterable[tuple[str, str, str]]) -> list[Figure]:
    return [Figure(id=key, label=label, unit=unit, source=source, where=where) for key, label, where in rows]


def _summed(
    source: str,
    rows: Iterable[tuple[str, str, str, str, str]],
    *,
    is_inexact: bool = False,
) -> list[Figure]:
    return [
        Figure(
            id=key, label=label, unit=unit, source=source, where=where, measure=f"sum({column})", is_inexact=is_inexact
        )
        for key, label, unit, column, where in rows
    ]


def _registered(register: str, prefix: str, rows: Iterable[tuple[str, str, str]]) -> list[Figure]:
    """Figures that add up the quantities of a register's rows of the kind of the same name."""
    return _summed(
        "register",
        [
            (f"{prefix}.{kind}", label, unit, "quantity", f"register = '{register}' and kind = '{kind}'")
            for kind, label, unit in rows
        ],
        is_inexact=True,
    )


FOUND: Final = "found_on between :since and :until and state <> 'rejected'"
DONE: Final = "done_on between :since and :until"
LEFT: Final = "done_on is null and state <> 'rejected'"
SELF: Final = "lead_source = 'town_self'"
CHANNELS: Final = "('city', 'hotline', 'web', 'phone', 'other')"
PROBLEMS: Final = "('p_water', 'p_air', 'p_noise', 'p_other')"
TASKS: Final = "register = 'inspection' and kind = 'case'"
MENDING: Final = "register = 'inspection' and kind = 'rectification'"

FIGURES: Final[tuple[Figure | Derived, ...]] = (
    # 散乱污
    *_counted("operations", "次", [("slw.operations", "专项行动次数", "kind = 'slw'")]),
    *_summed("operations", [("slw.person_times", "出动人次", "人次", "person_times", "kind = 'slw'")]),
    *_counted("cases", "家", [("slw.found", "排查“散乱污”工业企业", FOUND), ("slw.done", "完成清理整治", DONE)]),
    *_counted(
        "cases",
        "间",
        [
            ("slw.done_stop", "停产停业", f"{DONE} and mode = 'stop'"),
            ("slw.done_move", "搬迁", f"{DONE} and mode = 'move'"),
            ("slw.done_demolish", "拆除", f"{DONE} and mode = 'demolish'"),
            ("slw.done_inplace", "就地整治", f"{DONE} and mode = 'inplace'"),
        ],
    ),
    *_counted("cases", "家", [("slw.outstanding", "未完成", LEFT)]),
    Derived(id="slw.done_rate", label="完成率", unit="%", how="percentage", of=("slw.done", "slw.found")),
    *_counted(
        "cases",
        "家",
        [
            ("slw.self_found", "镇（街）自查排查", f"{FOUND} and {SELF}"),
            ("slw.self_done", "镇（街）自查完成整治", f"{DONE} and {SELF}"),
            ("slw.self_outstanding", "自查未完成", f"{LEFT} and {SELF}"),
            ("slw.other_found", "非自查发现", f"{FOUND} and not {SELF}"),
            ("slw.other_done", "非自查完成", f"{DONE} and not {SELF}"),
        ],
    ),
    *_summed(
        "operations",
        [
            ("slw.demolish_area", "拆除“五违散乱污”场所", "平方米", "demolished_m2", "kind = 'slw'"),
        ],
    ),
    *_counted("operations", "次", [("slw.leader_trips", "区领导带队次数", "kind = 'slw' and led_by_leader")]),
    *_summed(
        "operations",
        [
            ("slw.leader_closed", "带队行动取缔企业", "间", "closed_places", "kind = 'slw' and led_by_leader"),
        ],
        is_inexact=True,
    ),
    # 河涌
    *_counted("batch_items", "间", [("slw.river_found", "重点河涌流域清理“散乱污”", "kind = 'river49'")]),
    *_counted(
        "rivers",
        "条",
        [
            ("river.total", "黑臭河涌", "true"),
            ("river.pilot", "第一阶段试点核查", "phase = 'p1'"),
            ("river.phase2", "第二阶段核查", "phase = 'p2'"),
        ],
    ),
    # 水源
    *_counted(
        "batch_items",
        "间",
        [
            ("shawan.zini_found", "沙湾水道（紫坭段）摸查发现", "kind = 'zini'"),
            ("shawan.zini_done", "紫坭段完成整治", "kind = 'zini' and is_done"),
        ],
    ),
    *_summed("batches", [("shawan.zone2_checked", "水源二级区排查企业", "家", "places_checked", "kind = 'shawan2'")]),
    *_counted("batch_items", "家", [("shawan.zone2_found", "水源二级区发现“散乱污”", "kind = 'shawan2'")]),
    *_counted("operations", "次", [("shawan.joint_ops", "联合专项执法行动", "kind = 'shawan'")]),
    *_summed(
        "operations",
        [
            (f"shawan.{key}", label, unit, column, "kind = 'shawan'")
            for key, label, unit, column in (
                ("sorties", "船艇出航", "航次", "(counts ->> 'sorties')::numeric"),
                ("person_times", "执法检查人次", "人次", "person_times"),
                ("intakes", "检查吸水口", "个次", "(counts ->> 'intakes')::numeric"),
                ("ships", "检查船舶", "艘次", "(counts ->> 'ships')::numeric"),
                ("ship_fish", "驱离违规捕捞小渔艇", "艘次", "(counts ->> 'ship_fish')::numeric"),
                ("ship_wash", "制止冲洗甲板及排舱底水", "艘次", "(counts ->> 'ship_wash')::numeric"),
                ("ship_berth", "检查违规停泊", "艘次", "(counts ->> 'ship_berth')::numeric"),
            )
        ],
    ),
    # 督察: 办结 and 整治 are two columns of the task list and never follow from each other; a 宗 may hold several 件
    *_counted(
        "register",
        "件",
        [
            ("insp.cases", "中央督察交办案件", TASKS),
            ("insp.closed_items", "办结件数", f"{TASKS} and state = 'closed'"),
        ],
    ),
    Figure(
        id="insp.closed_groups",
        label="办结宗数",
        unit="宗",
        source="register",
        where=TASKS,
        measure="count(distinct group_no) - count(distinct group_no) filter (where state <> 'closed')",
    ),
    *_counted("register", "件", [("insp.open_items", "未办结件数", f"{TASKS} and state <> 'closed'")]),
    Figure(
        id="insp.open_groups",
        label="未办结宗数",
        unit="宗",
        source="register",
        where=f"{TASKS} and state <> 'closed'",
        measure="count(distinct group_no)",
    ),
    *_counted(
        "register",
        "件",
        [
            ("insp.rectified", "已完成整治", f"{MENDING} and state = 'rectified'"),
            ("insp.rectifying", "正在推进整治", f"{MENDING} and state <> 'rectified'"),
        ],
    ),
    *_registered(
        "inspection",
        "insp",
        [
            ("river_filed", "大龙涌口断面上游立案", "家"),
            ("riverside_demolish", "拆除河涌周边违法建筑", "平方米"),
            ("breeding", "清理违法畜禽养殖场（户）", "个次"),
        ],
    ),
    # 执法
    *_registered(
        "enforcement",
        "enf",
        [
            ("person_times", "出动执法人员", "人次"),
            ("checks", "检查企业", "家次"),
            ("ops", "专项执法行动", "次"),
            ("remote", "在线监控远程监控", "家次"),
            ("violations", "查处环境违法案件", "宗"),
            ("penalties", "处罚案件", "宗"),
            ("closures", "责令停产停业停止使用", "家"),
            ("water_exceed", "水污染物超标排放", "宗"),
            ("seal", "查封扣押", "宗"),
            ("transfer", "移送涉嫌环境犯罪", "宗"),
            ("detained", "刑事拘留", "人"),
            ("arrested", "其中逮捕", "人"),
            ("gangs", "捣毁犯罪团伙", "个"),
        ],
    ),
    # 信访
    *_summed(
        "register",
        [
            ("pet.total", "受理信访", "宗次", "quantity", f"register = 'petition' and kind in {CHANNELS}"),
        ],
    ),
    *_registered(
        "petition",
        "pet",
        [
            ("new", "新开案件", "宗"),
            ("city", "市局转办", "宗次"),
            ("hotline", "区长专线", "宗次"),
            ("web", "网站", "宗次"),
            ("phone", "来电", "宗次"),
            ("other", "其他", "宗次"),
        ],
    ),
    *_summed(
        "register",
        [
            ("pet.problems", "反映问题", "个", "quantity", f"register = 'petition' and kind in {PROBLEMS}"),
        ],
    ),
    *_registered(
        "petition",
        "pet",
        [
            ("p_water", "废水问题", "个"),
            ("p_air", "大气问题", "个"),
            ("p_noise", "噪声问题", "个"),
            ("p_other", "其他问题", "个"),
            ("cased", "立案处罚企业", "家"),
            ("letters", "调查情况告知书", "份"),
            ("deadline_notice", "责令限期整改通知书", "份"),
            ("to_saic", "转工商查处", "家"),
        ],
    ),
    *(
        replace(part, is_part=True)
        for part in _registered(
            "petition",
            "pet",
            [
                ("accepted", "已受理", "宗次"),
                ("closed", "已结案", "宗次"),
            ],
        )
    ),
    Derived(
        id="pet.accept_rate",
        label="受理率",
        unit="%",
        how="percentage",
        of=("pet.accepted", "pet.total"),
        source="register",
    ),
    Derived(
        id="pet.close_rate",
        label="结案率",
        unit="%",
        how="percentage",
        of=("pet.closed", "pet.total"),
        source="register",
    ),
)
