-- Purpose:    One person's stays that a rule looks at, with the dearest marked, by which it decides.
-- Grain:      one stay.
-- Parameters: $person_key - the person; the others as in int_stays.
select visit_id, claim_count, first_date, last_date, measured_amount, is_dearest
from int_stays
where person_key = $person_key
order by visit_id
