-- Purpose:    Claims with the later payments that lower their burden (二次报销、商业保险、慈善).
-- Grain:      one claim (claim_id).
-- Parameters: $payer_kinds - the kinds of payer that lower the cost, each between semicolons; empty: all of them
-- Source:     domain notes §3: FLX_REIM_REG_INFO_D and YEAR_IN_SDRY_REIM_D lie outside SETL_D.
--
-- A payment of another kind only shows (shown_amount); one whose payer nobody states lowers.
-- A payment lowers its claim by no more than the person bore of it, and a claim that was refunded by nothing.
with refunded as (
    select
        person_key, original_claim_id as refunded_claim_id,
        sum(personal_amount) as refunded_amount
    from claims
    where claim_kind = 'reversal' and coalesce(is_valid, true)
    group by person_key, original_claim_id
),

paid as (
    select
        claim_id, person_key,
        sum(case when $payer_kinds = '' or payer_kind is null or strpos($payer_kinds, ';' || payer_kind || ';') > 0
            then amount else 0 end) as paid_amount,
        sum(amount) as all_amount
    from adjustments
    group by claim_id, person_key
),

paid_later as (
    select
        p.claim_id, p.person_key, p.paid_amount, p.all_amount - p.paid_amount as other_amount,
        coalesce(r.refunded_amount, 0) as refunded_amount
    from paid as p
    left join refunded as r on p.claim_id = r.refunded_claim_id and p.person_key = r.person_key
),

lowered as (
    select
        c.person_key, c.claim_id, c.claim_kind, c.insurance_type, c.care_type, c.is_inpatient, c.payment_place,
        c.insured_area, c.person_name, c.comparable_name, c.id_number, c.cert_type, c.settled_date, c.booked_date,
        c.discharged_date, c.benefit_year, c.visit_id, c.total_amount, c.in_scope_amount, c.fund_amount, c.medical_assistance_amount,
        c.personal_burden_amount, c.in_catalogue_self_pay_amount, c.self_pay_with_over_limit_amount,
        c.in_scope_self_pay_amount, c.component_self_pay_amount, c.cash_amount,
        cast(coalesce(least(p.paid_amount, greatest(c.personal_burden_amount + p.refunded_amount, 0)), 0)
            as decimal(18, 2)) as adjustment_amount,
        cast(coalesce(p.other_amount, 0) as decimal(18, 2)) as shown_amount
    from paid_later as p
    right join stg_claims as c on c.claim_id = p.claim_id and c.person_key = p.person_key
)

select
    person_key, claim_id, claim_kind, insurance_type, care_type, is_inpatient, payment_place,
    insured_area, person_name, comparable_name, id_number, cert_type, settled_date, booked_date, discharged_date, benefit_year,
    visit_id, total_amount, in_scope_amount, fund_amount, medical_assistance_amount,
    personal_burden_amount, in_catalogue_self_pay_amount, self_pay_with_over_limit_amount,
    in_scope_self_pay_amount, component_self_pay_amount, cash_amount,
    -- B6 净负担
    cast(personal_burden_amount - adjustment_amount as decimal(18, 2)) as net_burden_amount,
    adjustment_amount, shown_amount
from lowered
