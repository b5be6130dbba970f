-- Purpose:    The tags that a person holds on any day of a span, or has lost, with the offices that say so.
-- Grain:      one person and tag.
-- Parameters: $tags_from - first day of the span; its last day is the period's, for which tag_spans is made. The same day
--             where only that one counts.
-- Source:     domain notes §5; how a tag ends stands in tag_spans.
--
-- state: held; stale (held by a roster that is too old to flag by); absent (one complete roster lacks the person, nobody
-- knows why); ended.
with standing as (
    select
        person_key, tag, source_office, start_date, lacking_month, last_day,
        case
            when coalesce(sure_last_day >= greatest(start_date, $tags_from), true)
                then case when is_stale then 2 else 3 end
            when not is_absence_sure and coalesce(last_day >= greatest(start_date, $tags_from), true) then 1
            else 0
        end as rank
    from tag_spans
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
