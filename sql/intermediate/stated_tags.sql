-- Purpose:    What each roster file states of each tag: whose tags an office's next complete roster may end, and
--             whether anybody states a tag at all.
-- Grain:      one file, office, county, tag and month that it speaks for, per bucket; law::rosters puts them together.
-- Parameters: $on_date - last day of the period.
select
    coalesce(source_file, '') as source_file,
    source_office,
    coalesce(county_code, '') as county_code,
    tag,
    cast(date_trunc('month', coalesce(roster_month, from_date)) as date) as stated_month,
    roster_month is not null as is_full,
    count(distinct person_key) as person_count
from rosters
-- a roster of a later month than the period's is not yet known
where coalesce(roster_month, from_date) <= $on_date
group by 1, 2, 3, 4, 5, 6
order by 1, 2, 3, 4, 5, 6
