-- Purpose:    One person's rows that wait for another row, and for which.
-- Grain:      one held claim.
-- Parameters: $person_key - the person.
select claim_id, original_claim_id, hold_reason, cast(settled_at as date) as settled_date, total_amount, personal_amount
from held_claims
where person_key = $person_key
order by settled_date, claim_id
