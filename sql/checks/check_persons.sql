-- Purpose:    Counts everybody whom a rule looked at, by another way than the rule itself, so that
--             persons = flagged + near + undecided + below + outside can fail.
-- Grain:      one row.
-- Parameters: $floor_amount - see judged; the others as in the view that the rule measures by.
select
    count(*) as person_count,
    coalesce(sum(case when measured_amount <= $floor_amount then 1 else 0 end), 0) as below_floor_count
from measured
