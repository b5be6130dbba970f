-- Purpose:    The tags that a person holds on a day, with the office that says so.
-- Grain:      one person and tag.
-- Parameters: $on_date - the day, the last one of the period.
-- Source:     domain notes §5: rosters carry no expiry date, so exit is inferred by absence from the
--             office's next full monthly roster of that tag.
with statements as (
    select
        person_key, tag, source_office, to_date,
        coalesce(from_date, roster_month) as start_date,
        -- the month that the row speaks for
        date_trunc('month', coalesce(roster_month, from_date)) as stated_month
    from rosters
    -- a person on a full roster of a later month than the period's is not yet known to be on it
    where coalesce(roster_month, from_date) <= $on_date
),

publications as (
    select distinct source_office, tag, date_trunc('month', roster_month) as published_month
    from rosters
    where roster_month is not null and roster_month <= $on_date
),

-- The first full roster of that office and tag after the row's month: whoever is not on it has left.
-- Whoever is on it has a row of that month, which speaks for itself.
closed as (
    select
        s.person_key, s.tag, s.source_office, s.start_date, s.to_date, s.stated_month,
        min(p.published_month) as closed_month
    from statements as s
    left join publications as p
        on s.source_office = p.source_office and s.tag = p.tag and p.published_month > s.stated_month
    group by s.person_key, s.tag, s.source_office, s.start_date, s.to_date, s.stated_month
)

select
    person_key,
    tag,
    min(start_date) as start_date,
    cast(string_agg(distinct source_office, ';' order by source_office) as varchar) as source_office
from closed
where start_date <= $on_date
    and (to_date is null or to_date >= $on_date)
    and closed_month is null
group by person_key, tag
