-- id: B2
-- title: 工业废水及污染物（分行业大类）
-- scope: 审核通过的 G102；行业按 G101-1 的第一个行业代码，没有的按名录；对不上行业的单列
-- forms: G101-1 G102
-- text division: 行业代码
-- text industry: 行业大类
-- sum plants: 企业数 | 个
-- sum intake: 取水量 | 立方米
-- sum wastewater: 废水排放量 | 立方米
-- sum cod: 化学需氧量排放量 | 吨 | 3
-- sum ammonia: 氨氮排放量 | 吨 | 3
-- sum nitrogen: 总氮排放量 | 吨 | 3
-- sum phosphorus: 总磷排放量 | 吨 | 3
with answered as (
    select _unit as unit_id, min(industry_code_1) as industry_code
    from G101_1
    group by _unit
),
plant as (
    select
        G102._record as record,
        coalesce(G102.water_intake_total, 0) as intake,
        substr(coalesce(answered.industry_code, unit.industry_code), 1, 2) as division
    from G102
    left join answered on answered.unit_id = G102._unit
    left join unit on unit.id = G102._unit
),
discharge as (
    select
        _record as record,
        sum(wastewater_discharged) as wastewater,
        sum(cod_emitted) as cod,
        sum(ammonia_nitrogen_emitted) as ammonia,
        sum(total_nitrogen_emitted) as nitrogen,
        sum(total_phosphorus_emitted) as phosphorus
    from G102_outlet
    group by _record
)
select
    coalesce(industry.code, '') as division,
    coalesce(industry.name, '（未对上行业）') as industry,
    count(*) as plants,
    sum(plant.intake) as intake,
    sum(coalesce(discharge.wastewater, 0)) as wastewater,
    sum(coalesce(discharge.cod, 0)) as cod,
    sum(coalesce(discharge.ammonia, 0)) as ammonia,
    sum(coalesce(discharge.nitrogen, 0)) as nitrogen,
    sum(coalesce(discharge.phosphorus, 0)) as phosphorus
from plant
left join discharge on discharge.record = plant.record
left join industry on industry.code = plant.division
group by industry.code, industry.name
order by case when industry.code is null then 1 else 0 end, industry.code
