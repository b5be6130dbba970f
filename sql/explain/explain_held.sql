-- Purpose:    One person's rows that wait, for what, and where each row came from.
-- Grain:      one held claim or later payment.
-- Parameters: $person_key - the person.
select
    'claim' as source, claim_id, original_claim_id, hold_reason, cast(settled_at as date) as settled_date,
    total_amount, personal_amount, source_file, source_row
from held_claims
where person_key = $person_key
union all
select
    'adjustment' as source, adjustment_id as claim_id, claim_id as original_claim_id, hold_reason,
    paid_date as settled_date, amount as total_amount, amount as personal_amount, source_file, source_row
from held_adjustments
where person_key = $person_key
order by settled_date, claim_id, source_file, source_row
