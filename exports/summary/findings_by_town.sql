-- id: Q1
-- title: 核实性问题和豁免（分乡镇街道、审核规则）
-- scope: 审核通过的填报表上的核实性问题，和准予豁免的强制性问题
-- text town_code: 区划代码
-- text town: 乡镇街道
-- text form: 表号
-- text check_id: 审核规则
-- text title: 规则内容
-- sum unexplained: 未说明 | 条
-- sum explained: 已说明 | 条
-- sum exempt: 准予豁免 | 条
-- sum total: 合计 | 条
select
    coalesce(found.town_code, '') as town_code,
    coalesce(region.name, '（未知乡镇街道）') as town,
    found.form, found.check_id, found.title, found.unexplained, found.explained, found.exempt, found.total
from (
    select
        substr(region_code, 1, 9) as town_code, form, check_id, title,
        sum(case when state = 'open' then 1 else 0 end) as unexplained,
        sum(case when state = 'explained' then 1 else 0 end) as explained,
        sum(case when state = 'exempt' then 1 else 0 end) as exempt,
        count(*) as total
    from finding
    group by substr(region_code, 1, 9), form, check_id, title
) as found
left join region on region.code = found.town_code
order by found.town_code, found.form, found.check_id
