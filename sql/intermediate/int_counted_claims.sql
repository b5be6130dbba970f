-- Purpose:    The claims that a rule counts, each with its measured cost and the day by which the rule dates it.
-- Grain:      one claim (claim_id).
-- Parameters: $insurance_types, $care_types, $payment_places - what the rule counts, each between semicolons: ;310;390;
--             $any_insurance, $any_care, $any_place - true: all of them count
--             $date_basis - settled, discharged or benefit_year (dated as settled; the year is a column)
--             $read_from  - first day of the months that the rule looks back to
--             $until      - last day of settlement that counts; a far day where whole months do
--             $basis - the basis that the rule measures
--             $subtract_adjustments - true: later payments lower it
--             $add_back_assistance  - true: what medical assistance (医疗救助) paid counts as cost
with chosen as (
    select
        c.person_key, c.claim_id, c.visit_id, c.is_inpatient, c.benefit_year,
        case when $date_basis = 'discharged' then c.discharged_date else c.booked_date end as counted_date,
        c.total_amount, c.in_scope_amount, c.fund_amount, c.medical_assistance_amount, c.personal_burden_amount,
        c.in_catalogue_self_pay_amount, c.self_pay_with_over_limit_amount, c.in_scope_self_pay_amount,
        c.component_self_pay_amount, c.cash_amount, c.net_burden_amount, c.adjustment_amount,
        c.insured_area, c.comparable_name as person_name,
        -- empty where a character could not be printed
        case when strpos(c.comparable_name, '_') = 0 then c.comparable_name end as plain_name,
        case $basis
            when 'personal_burden' then c.personal_burden_amount
            when 'in_catalogue_self_pay' then c.in_catalogue_self_pay_amount
            when 'self_pay_with_over_limit' then c.self_pay_with_over_limit_amount
            when 'in_scope_self_pay' then c.in_scope_self_pay_amount
            when 'component_self_pay' then c.component_self_pay_amount
            when 'cash' then c.cash_amount
            when 'net_burden' then c.net_burden_amount
        end as basis_amount
    from int_net_claims as c
    where ($any_insurance or strpos($insurance_types, ';' || c.insurance_type || ';') > 0)
        and ($any_care or strpos($care_types, ';' || c.care_type || ';') > 0)
        and ($any_place or strpos($payment_places, ';' || c.payment_place || ';') > 0)
        and c.booked_date >= $read_from
        and c.settled_date <= $until
)

select
    person_key, claim_id, visit_id, is_inpatient, benefit_year, counted_date,
    total_amount, in_scope_amount, fund_amount, medical_assistance_amount, personal_burden_amount,
    in_catalogue_self_pay_amount, self_pay_with_over_limit_amount, in_scope_self_pay_amount,
    component_self_pay_amount, cash_amount, net_burden_amount, adjustment_amount,
    insured_area, person_name, plain_name,
    cast(basis_amount
        -- net_burden has the later payments in it already; a payment lowers no other claim's cost
        - case when $subtract_adjustments and $basis <> 'net_burden'
            then least(adjustment_amount, greatest(basis_amount, 0)) else 0 end
        -- component_self_pay adds up parts from which no fund was taken
        + case when $add_back_assistance and $basis <> 'component_self_pay' then medical_assistance_amount else 0 end
        as decimal(18, 2)) as measured_amount
from chosen
