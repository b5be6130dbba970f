-- Purpose:    The tags that a person holds on any day of a span, with the offices that say so.
-- Grain:      one person and tag.
-- Parameters: $tags_from - first day of the span; $on_date itself where only that day counts
--             $on_date   - last day of the span, the last one of the period.
-- Source:     domain notes §5: rosters carry no expiry date, so exit is inferred by absence from the
--             office's next full monthly roster of that tag.
--
-- stated_tags is handed in for all buckets together: a full roster on which nobody of this bucket is left
-- still ends the tags of those who were on it before.
with statements as (
    select
        person_key, tag, source_office,
        coalesce(from_date, roster_month) as start_date,
        -- a change that states the last day ends the one that was sent while it was open
        case when roster_month is null
            then max(to_date) over (partition by person_key, tag, source_office, from_date, roster_month)
            else to_date end as to_date,
        -- the month that the row speaks for
        cast(date_trunc('month', coalesce(roster_month, from_date)) as date) as stated_month
    from rosters
    -- a person on a full roster of a later month than the period's is not yet known to be on it
    where coalesce(roster_month, from_date) <= $on_date
)

select
    s.person_key,
    s.tag,
    min(s.start_date) as start_date,
    cast(string_agg(distinct s.source_office, '、' order by s.source_office) as varchar) as source_office
from statements as s
left join stated_tags as f on s.source_office = f.source_office and s.tag = f.tag
where s.start_date <= $on_date
    and (s.to_date is null or s.to_date >= $tags_from)
    -- Whoever is on the office's last full roster has a row of that month; older rows of the others have ended,
    -- and held the tag up to the month that they speak for.
    and (f.last_full_month is null or f.last_full_month <= s.stated_month
        or s.stated_month >= cast(date_trunc('month', $tags_from) as date))
group by s.person_key, s.tag
