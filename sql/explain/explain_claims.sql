-- Purpose:    One person's claims in the window, on every basis, with refunds, voids and where each row came from.
-- Grain:      one claim; the bases of a void claim are empty.
-- Parameters: $person_key - the person.
select
    c.claim_id, c.original_claim_id, c.claim_kind, coalesce(c.is_valid, true) as is_valid,
    cast(c.settled_at as date) as settled_date, c.end_date, c.benefit_year, c.visit_id, c.insurance_type,
    c.care_type, c.payment_place, c.insured_area,
    c.total_amount, c.fund_amount, c.personal_amount,
    n.medical_assistance_amount, n.personal_burden_amount, n.in_catalogue_self_pay_amount,
    n.self_pay_with_over_limit_amount, n.in_scope_self_pay_amount, n.component_self_pay_amount, n.cash_amount,
    n.net_burden_amount, n.adjustment_amount, n.shown_amount,
    c.source_file, c.source_row
from claims as c
left join int_net_claims as n on c.claim_id = n.claim_id and c.person_key = n.person_key
where c.person_key = $person_key
order by settled_date, c.claim_id
