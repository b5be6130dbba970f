-- Purpose:    The totals of people whose cost could exceed a floor, whatever the basis, the window and the claims that
--             count: a simulation tries many readings of a rule on these rows alone.
-- Grain:      as totals.
-- Parameters: $floor_amount - nobody at or below it is of interest
--
-- An upper bound: each row's highest basis, with assistance added back and what later payers took back, refunds left
-- out. Whatever a rule sums of a person's rows lies at or below it.
with reaching as (
    select person_key
    from totals
    group by person_key
    having sum(
        greatest(
            personal_burden_amount, in_catalogue_self_pay_amount, self_pay_with_over_limit_amount,
            in_scope_self_pay_amount, component_self_pay_amount, cash_amount, net_burden_amount, 0)
        + greatest(medical_assistance_amount, 0)
        + greatest(-adjustment_amount, 0)) > $floor_amount
)

select
    t.person_key, t.insurance_type, t.care_type, t.payment_place, t.booked_month, t.discharged_month, t.benefit_year,
    t.claim_count, t.total_amount, t.in_scope_amount, t.fund_amount, t.medical_assistance_amount,
    t.personal_burden_amount, t.in_catalogue_self_pay_amount, t.self_pay_with_over_limit_amount,
    t.in_scope_self_pay_amount, t.component_self_pay_amount, t.cash_amount, t.net_burden_amount, t.adjustment_amount,
    t.first_area, t.last_area, t.first_name, t.last_name
from totals as t
inner join reaching as r on t.person_key = r.person_key
order by t.person_key, t.booked_month, t.insurance_type, t.care_type, t.payment_place, t.discharged_month, t.benefit_year
