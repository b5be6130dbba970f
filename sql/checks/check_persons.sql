-- Purpose:    Counts everybody whom a rule looked at, by another way than the rule itself, so that
--             persons = flagged + near + undecided + below + outside can fail.
-- Grain:      one row.
-- Parameters: see int_burden and rule_person_window_over_line.
select
    count(*) as person_count,
    coalesce(sum(case when measured_amount <= $floor_amount then 1 else 0 end), 0) as below_floor_count
from int_burden
