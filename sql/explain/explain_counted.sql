-- Purpose:    One person's claims that a rule counts, with what each adds and whether it falls into the window.
-- Grain:      one claim.
-- Parameters: $person_key - the person; the others as in int_counted_claims and int_burden.
select
    claim_id, visit_id, care_type, counted_date, measured_amount,
    case when $date_basis = 'benefit_year' then benefit_year = $benefit_year
        else counted_date >= $window_from and counted_date <= $window_to end as is_in_window
from int_counted_claims
where person_key = $person_key
order by counted_date, claim_id
