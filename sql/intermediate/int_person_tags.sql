-- Purpose:    The tags that a person holds on any day of a span, or has lost, with the offices that say so.
-- Grain:      one person and tag.
-- Parameters: $tags_from - first day of the span; $on_date itself where only that day counts
--             $on_date   - last day of the span, the last one of the period.
-- Source:     domain notes §5: rosters carry no expiry date. A tag ends by a row with a last day, by a corrected roster
--             of the same month that leaves the person out, or by absence from the office's later complete rosters.
--
-- state: held; stale (held by a roster that is too old to flag by); absent (one complete roster lacks the person, nobody
-- knows why); ended.
with statements as (
    select
        person_key, tag, source_office, from_date, is_full, stated_month, scope, arrival, start_date, to_date,
        absent_since, lacking_month, is_absence_sure, is_stale
    from int_tag_statements
),

-- The first last day that the same office states later than the row.
ending as (
    select s.person_key, s.tag, s.scope, s.is_full, s.stated_month, s.from_date, min(e.to_date) as last_day
    from statements as s
    inner join statements as e on s.person_key = e.person_key and s.tag = e.tag and s.scope = e.scope
    where e.to_date is not null
        and case
            when s.is_full and e.is_full then e.stated_month > s.stated_month
            when e.is_full then e.arrival > s.arrival
            -- a change ends a roster's row if it means the same spell, or a day on which the roster has the person
            when s.is_full then e.arrival > s.arrival
                and (e.to_date >= s.stated_month or e.from_date is not distinct from s.from_date)
            else false
        end
    group by s.person_key, s.tag, s.scope, s.is_full, s.stated_month, s.from_date
),

spans as (
    select
        s.person_key, s.tag, s.source_office, s.start_date, s.is_stale, s.lacking_month, s.is_absence_sure,
        greatest(s.start_date, $tags_from) as needed_day,
        least(s.to_date, e.last_day) as last_day,
        least(s.to_date, e.last_day, cast(s.absent_since - interval '1 day' as date)) as sure_last_day
    from statements as s
    left join ending as e
        on s.person_key = e.person_key and s.tag = e.tag and s.scope = e.scope and s.is_full = e.is_full
        and s.stated_month = e.stated_month and s.from_date is not distinct from e.from_date
    where s.start_date <= $on_date
),

standing as (
    select
        person_key, tag, source_office, start_date, lacking_month, last_day,
        case
            when coalesce(sure_last_day >= needed_day, true) then case when is_stale then 2 else 3 end
            when not is_absence_sure and coalesce(last_day >= needed_day, true) then 1
            else 0
        end as rank
    from spans
),

best as (
    select
        person_key, tag, source_office, start_date, lacking_month, last_day, rank,
        max(rank) over (partition by person_key, tag) as best_rank
    from standing
)

select
    person_key,
    tag,
    min(start_date) as start_date,
    cast(string_agg(distinct source_office, '、' order by source_office) as varchar) as source_office,
    case max(rank) when 3 then 'held' when 2 then 'stale' when 1 then 'absent' else 'ended' end as state,
    -- the last roster that lacks the person
    case when max(rank) < 2 then max(lacking_month) end as lacking_month,
    case when max(rank) = 0 then max(last_day) end as last_day
from best
where rank = best_rank
group by person_key, tag
