-- id: K1
-- title: 核算表结果（由程序算出，不是填报）
-- scope: 核算表的数值，由审核通过的填报表算出；缺少来源的不列
-- text form: 表号
-- text about: 核算对象
-- text item_no: 代码
-- text label: 指标名称
-- text measure: 计量单位
-- figure objects: 对象数 | 个
-- figure value: 各对象相加 | 按计量单位 | 4
select
    computed.form,
    case when unit.kind in ('county', 'city') then '地区' else '普查对象' end as about,
    min(computed.item_no) as item_no, computed.label, computed.measure,
    count(distinct computed.unit) as objects, round(sum(computed.value), 4) as value
from computed
left join unit on unit.id = computed.unit
group by
    computed.form, case when unit.kind in ('county', 'city') then '地区' else '普查对象' end,
    computed.item, computed.label, computed.measure
order by form, item_no, label
