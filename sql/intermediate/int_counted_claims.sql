-- Purpose:    The claims that a rule counts, each with its measured cost and the day by which the rule dates it.
-- Grain:      one claim (claim_id).
-- Parameters: $rule_id    - whose insurance types, kinds of care and places of payment count
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
    left join rule_insurance as i on c.insurance_type = i.insurance_type and i.rule_id = $rule_id
    left join rule_care as k on c.care_type = k.care_type and k.rule_id = $rule_id
    left join rule_place as p on c.payment_place = p.payment_place and p.rule_id = $rule_id
    where ($any_insurance or i.insurance_type is not null)
        and ($any_care or k.care_type is not null)
        and ($any_place or p.payment_place is not null)
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
        -- net_burden has the later payments in it already
        - case when $subtract_adjustments and $basis <> 'net_burden' then adjustment_amount else 0 end
        -- component_self_pay adds up parts from which no fund was taken
        + case when $add_back_assistance and $basis <> 'component_self_pay' then medical_assistance_amount else 0 end
        as decimal(18, 2)) as measured_amount
from chosen
