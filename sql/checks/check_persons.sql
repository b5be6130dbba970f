-- Purpose:    Counts everybody whom a rule looked at, by another way than the rule itself, so that
--             persons = flagged + near + undecided + below + outside can fail; and people of whom the rule measured
--             more than their reach, by which it would have left others out. Whoever has no claim that counts, but
--             something open or perhaps another document's, counts as well.
-- Grain:      one row.
-- Parameters: $floor_amount - see judged; the others as in the view that the rule measures by.
select
    count(*) as person_count,
    coalesce(sum(case when m.measured_amount + m.up_amount <= $floor_amount then 1 else 0 end), 0)
        as below_floor_count,
    cast(coalesce(sum(greatest(
        m.measured_amount + m.up_amount - m.linked_amount - coalesce(r.upper_amount, 0), 0)), 0)
        as decimal(18, 2)) as reach_difference
from int_opened as m
left join reach as r on m.person_key = r.person_key
