"""The tables R1 to R7: what each shows, and the one query that counts it. All columns are computed, none is typed in.

Parameters: ``:region``, ``:since`` and ``:until`` (the year up to the day), ``:period_start`` (of the table's period).
Percentages stand beside their two parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from census.services.cases.figures import CASES


@dataclass(frozen=True, slots=True)
class Table:
    """One report in the form of a table: columns (key, title) in the order of its query."""

    title: str
    period: Literal["day", "week", "month", "year"]
    columns: tuple[tuple[str, str], ...]
    sql: str


TOWNS: Final = """
select code, name from region
where level = 'town' and (code ^@ :region or cast(:region as text) ^@ code) order by code
"""

DAY_SQL: Final = f"""
with towns as ({TOWNS}), cases as materialized ({CASES}), acts as (
    select left(region_code, 9) as town_code, count(*) as operations, sum(person_times) as person_times,
           sum(places_checked) as places_checked, sum(demolished_m2) as demolished_m2
    from operation where kind = 'slw' and held_on between :period_start and :until and region_code ^@ :region group by 1
), steps as (
    select left(region_code, 9) as town_code,
           count(*) filter (where kind = 'enforce' and facts ->> 'enf_kind' = 'case') as filed,
           count(*) filter (where kind = 'enforce' and facts ->> 'enf_kind' = 'seal') as sealed
    from case_event where occurred_on between :period_start and :until and region_code ^@ :region group by 1
), places as (
    select town_code, count(*) filter (where found_on >= :period_start) as found,
           count(*) filter (where (facts ->> 'cut_power_date')::date between :period_start and :until) as power_cut,
           count(*) filter (where (facts ->> 'cut_water_date')::date between :period_start and :until) as water_cut
    from cases group by 1
)
select t.name as town, coalesce(a.operations, 0) as operations, coalesce(a.person_times, 0) as person_times,
       coalesce(a.places_checked, 0) as places_checked, coalesce(p.found, 0) as found, coalesce(s.filed, 0) as filed,
       coalesce(p.power_cut, 0) as power_cut, coalesce(p.water_cut, 0) as water_cut, coalesce(s.sealed, 0) as sealed,
       coalesce(a.demolished_m2, 0) as demolished_m2
from towns t left join acts a on a.town_code = t.code left join steps s on s.town_code = t.code
left join places p on p.town_code = t.code order by t.code
"""

TOWN_COUNTS: Final = """
    count(*) filter (where found_on between :since and :until and state <> 'rejected') as found,
    count(*) filter (where found_on between :period_start and :until and state <> 'rejected') as found_now,
    count(*) filter (where verified_on between :since and :until) as verified,
    count(*) filter (where state = 'rejected' and found_on between :since and :until) as rejected,
    count(*) filter (where category = 'close') as close_listed,
    count(*) filter (where category = 'close' and done_on is not null) as close_done,
    count(*) filter (where category = 'relocate') as relocate_listed,
    count(*) filter (where category = 'relocate' and done_on is not null) as relocate_done,
    count(*) filter (where category = 'upgrade') as upgrade_listed,
    count(*) filter (where category = 'upgrade' and done_on is not null) as upgrade_done,
    count(*) filter (where done_on between :since and :until and mode = 'stop') as done_stop,
    count(*) filter (where done_on between :since and :until and mode = 'move') as done_move,
    count(*) filter (where done_on between :since and :until and mode = 'demolish') as done_demolish,
    count(*) filter (where done_on between :since and :until and mode = 'inplace') as done_inplace,
    count(*) filter (where done_on between :since and :until) as done,
    count(*) filter (where done_on between :period_start and :until) as done_now,
    count(*) filter (where is_overdue) as overdue,
    count(*) filter (where rebounded_on between :since and :until) as rebounded,
    count(*) filter (where done_on between :since and :until) - count(*) filter (where is_rebound_open) as net_done,
    count(*) filter (where found_on between :since and :until and state <> 'rejected' and lead_source = 'town_self')
        as self_found,
    count(*) filter (where done_on between :since and :until and lead_source = 'town_self') as self_done,
    coalesce(sum(lookbacks), 0) as lookbacks
"""

PROGRESS_SQL: Final = f"""
with towns as ({TOWNS}), cases as materialized ({CASES}), counts as (
    select coalesce(town_code, '') as town_code, {TOWN_COUNTS} from cases group by rollup (town_code)
), named as (select code, name from towns union all select '', '合计')
select n.name as town, c.*, round(c.done * 100.0 / nullif(c.found, 0), 2) as done_rate
from named n left join counts c on c.town_code = n.code order by n.code = '', n.code
"""

LEDGER_SQL: Final = f"""
select row_number() over (order by case_no) as number, case_no, town.name as town, village.name as village, c.name,
       address, lon, lat, industry_code,
       concat(case when (facts ->> 'is_san')::boolean then '散' end,
              case when (facts ->> 'is_luan')::boolean then '乱' end,
              case when (facts ->> 'is_wu')::boolean then '污' end) as criteria,
       category, measures, deadline, resp_leader, resp_person, state, done_on, accepted_on
from ({CASES}) c
left join region town on town.code = c.town_code
left join region village on village.code = c.region_code and length(c.region_code) = 12
order by case_no
"""

LISTED_SQL: Final = f"""
select coalesce(county.name, left(region_code, 6)) as county,
       count(*) filter (where category is not null) as listed, count(*) filter (where done_on is not null) as done,
       count(*) filter (where category = 'close') as close_listed,
       count(*) filter (where category = 'close' and done_on is not null) as close_done,
       count(*) filter (where category = 'relocate') as relocate_listed,
       count(*) filter (where category = 'relocate' and done_on is not null) as relocate_done,
       count(*) filter (where category = 'upgrade') as upgrade_listed,
       count(*) filter (where category = 'upgrade' and done_on is not null) as upgrade_done,
       round(count(*) filter (where category is not null and done_on is not null) * 100.0
             / nullif(count(*) filter (where category is not null), 0), 2) as done_rate
from ({CASES}) c left join region county on county.code = left(region_code, 6)
where is_industrial and state <> 'rejected' group by 1 order by 1
"""

OVERDUE_SQL: Final = f"""
select town.name as town, case_no, c.name, state, deadline, cast(:until as date) - deadline as days_over,
       resp_person, returns
from ({CASES}) c left join region town on town.code = c.town_code
where is_overdue order by days_over desc, case_no
"""

RANKING_SQL: Final = f"""
with towns as ({TOWNS}), counts as (
    select town_code, count(*) filter (where state <> 'rejected') as found, count(done_on) as done
    from ({CASES}) c group by town_code
), rated as (
    select t.code, t.name as town, coalesce(found, 0) as found, coalesce(done, 0) as done,
           round(done * 100.0 / nullif(found, 0), 2) as done_rate
    from towns t left join counts c on c.town_code = t.code
)
select town, found, done, done_rate, rank() over (order by done_rate desc nulls last) as rate_rank,
       rank() over (order by done desc) as count_rank,
       case when rank() over (order by done_rate asc nulls last) <= 3 then '后三名' else '' end as remark
from rated order by rate_rank, code
"""

PROGRESS_COLUMNS: Final = (
    ("town", "镇街"),
    ("found", "累计发现"),
    ("found_now", "本期新增"),
    ("verified", "已核实"),
    ("rejected", "已核销"),
    ("close_listed", "关停列入"),
    ("close_done", "关停完成"),
    ("relocate_listed", "搬迁列入"),
    ("relocate_done", "搬迁完成"),
    ("upgrade_listed", "升级列入"),
    ("upgrade_done", "升级完成"),
    ("done_stop", "停产停业"),
    ("done_move", "搬迁"),
    ("done_demolish", "拆除"),
    ("done_inplace", "就地整治"),
    ("done", "累计完成"),
    ("done_now", "本期完成"),
    ("done_rate", "完成率（%）"),
    ("overdue", "逾期"),
    ("rebounded", "反弹"),
    ("net_done", "净完成"),
    ("self_found", "自查发现"),
    ("self_done", "自查完成"),
)

TABLES: Final = {
    "R1": Table(
        "日报：行动情况",
        "day",
        (
            ("town", "镇街"),
            ("operations", "行动次数"),
            ("person_times", "出动人次"),
            ("places_checked", "检查场所"),
            ("found", "新发现"),
            ("filed", "新立案"),
            ("power_cut", "断电户"),
            ("water_cut", "断水户"),
            ("sealed", "查封"),
            ("demolished_m2", "拆除（平方米）"),
        ),
        DAY_SQL,
    ),
    "R2": Table("周报：整治进度", "week", PROGRESS_COLUMNS, PROGRESS_SQL),
    "R3": Table(
        "月报：整治进度与回头看", "month", (*PROGRESS_COLUMNS, ("lookbacks", "累计回头看（次）")), PROGRESS_SQL
    ),
    "R4": Table(
        "台账",
        "year",
        (
            ("number", "序号"),
            ("case_no", "案件编号"),
            ("town", "镇街"),
            ("village", "村居"),
            ("name", "名称"),
            ("address", "地址"),
            ("lon", "经度"),
            ("lat", "纬度"),
            ("industry_code", "行业代码"),
            ("criteria", "散乱污"),
            ("category", "类别"),
            ("measures", "措施"),
            ("deadline", "时限"),
            ("resp_leader", "责任领导"),
            ("resp_person", "责任人"),
            ("state", "状态"),
            ("done_on", "完成日期"),
            ("accepted_on", "销号日期"),
        ),
        LEDGER_SQL,
    ),
    "R5": Table(
        "省清单：工业企业（场所）",
        "year",
        (
            ("county", "县区"),
            ("listed", "列入"),
            ("close_listed", "关停列入"),
            ("close_done", "关停完成"),
            ("relocate_listed", "搬迁列入"),
            ("relocate_done", "搬迁完成"),
            ("upgrade_listed", "升级列入"),
            ("upgrade_done", "升级完成"),
            ("done", "完成"),
            ("done_rate", "完成率（%）"),
        ),
        LISTED_SQL,
    ),
    "R6": Table(
        "督办：逾期清单",
        "month",
        (
            ("town", "镇街"),
            ("case_no", "案件编号"),
            ("name", "名称"),
            ("state", "状态"),
            ("deadline", "时限"),
            ("days_over", "逾期天数"),
            ("resp_person", "责任人"),
            ("returns", "退回次数"),
        ),
        OVERDUE_SQL,
    ),
    "R7": Table(
        "通报：镇街排名",
        "year",
        (
            ("town", "镇街"),
            ("found", "发现"),
            ("done", "完成"),
            ("done_rate", "完成率（%）"),
            ("rate_rank", "完成率名次"),
            ("count_rank", "完成数名次"),
            ("remark", "备注"),
        ),
        RANKING_SQL,
    ),
}
