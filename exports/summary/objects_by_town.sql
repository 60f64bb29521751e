-- id: A1
-- title: 普查对象数量（分乡镇街道）
-- scope: 入户结果为正常或停产的普查对象；行政区对象单列，计入合计
-- text town_code: 区划代码
-- text town: 乡镇街道
-- sum industrial: 工业源 | 个
-- sum livestock: 畜禽规模养殖场 | 个
-- sum domestic: 生活源 | 个
-- sum centralized: 集中式污染治理设施 | 个
-- sum area: 行政区对象 | 个
-- sum total: 合计 | 个
select
    towns.town_code as town_code,
    coalesce(region.name, '（未知乡镇街道）') as town,
    towns.industrial, towns.livestock, towns.domestic, towns.centralized, towns.area, towns.total
from (
    select
        substr(unit.region_code, 1, 9) as town_code,
        sum(case when unit.kind = 'industrial' then 1 else 0 end) as industrial,
        sum(case when unit.kind = 'livestock' then 1 else 0 end) as livestock,
        sum(case when unit.kind = 'domestic' then 1 else 0 end) as domestic,
        sum(case when unit.kind = 'centralized' then 1 else 0 end) as centralized,
        sum(case when unit.kind not in ('industrial', 'livestock', 'domestic', 'centralized') then 1 else 0 end) as area,
        count(*) as total
    from unit
    where unit.outcome in ('done', 'stopped')
    group by substr(unit.region_code, 1, 9)
) as towns
left join region on region.code = towns.town_code
order by towns.town_code
