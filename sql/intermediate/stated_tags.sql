-- Purpose:    The tags that any roster states by a day; a rule whose tag nobody states cannot decide.
-- Grain:      one tag, per bucket.
-- Parameters: $on_date - last day of the period.
select distinct tag
from rosters
where coalesce(roster_month, from_date) <= $on_date
order by tag
