-- Purpose:    What the rosters state by a day at all: a rule whose tag nobody states cannot decide, and an
--             office's last full roster of a tag ends the tags of those who are not on it.
-- Grain:      one tag and office, per bucket; put together over all buckets before anything reads it.
-- Parameters: $on_date - last day of the period.
select
    tag,
    source_office,
    cast(max(date_trunc('month', roster_month)) as date) as last_full_month
from rosters
where coalesce(roster_month, from_date) <= $on_date
group by tag, source_office
order by tag, source_office
