-- Purpose:    Claims with the later payments that lower their burden (二次报销、商业保险、慈善).
-- Grain:      one claim (claim_id).
-- Parameters: none.
-- Source:     domain notes §3: FLX_REIM_REG_INFO_D and YEAR_IN_SDRY_REIM_D lie outside SETL_D.
with paid_later as (
    select claim_id, person_key, cast(sum(amount) as decimal(18, 2)) as adjustment_amount
    from adjustments
    group by claim_id, person_key
)

select
    c.person_key, c.claim_id, c.claim_kind, c.insurance_type, c.care_type, c.is_inpatient, c.payment_place,
    c.insured_area, c.person_name, c.comparable_name, c.id_number, c.cert_type, c.settled_date, c.booked_date, c.discharged_date, c.benefit_year,
    c.visit_id, c.total_amount, c.in_scope_amount, c.fund_amount, c.medical_assistance_amount,
    c.personal_burden_amount, c.in_catalogue_self_pay_amount, c.self_pay_with_over_limit_amount,
    c.in_scope_self_pay_amount, c.component_self_pay_amount, c.cash_amount,
    -- B6 净负担
    cast(c.personal_burden_amount - coalesce(p.adjustment_amount, 0) as decimal(18, 2)) as net_burden_amount,
    cast(coalesce(p.adjustment_amount, 0) as decimal(18, 2)) as adjustment_amount
from paid_later as p
right join stg_claims as c on c.claim_id = p.claim_id and c.person_key = p.person_key
