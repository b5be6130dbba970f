-- Purpose:    What one rule measures of one person, as the other statements about the person read it (measured).
-- Grain:      one row; claim_count is empty where the rule counts nothing of the person.
-- Parameters: $person_key - the person; the others as in the view that the rule measures by.
with asked as (
    select cast($person_key as bigint) as asked_key
),

found as (
    select
        person_key, unit_id, claim_count,
        total_amount, in_scope_amount, fund_amount, medical_assistance_amount, personal_burden_amount,
        in_catalogue_self_pay_amount, self_pay_with_over_limit_amount, in_scope_self_pay_amount,
        component_self_pay_amount, cash_amount, net_burden_amount, adjustment_amount,
        first_area, last_area, first_name, last_name, measured_amount, recent_amount, own_line_amount, means
    from measured
    where person_key = $person_key
)

select
    a.asked_key as person_key, f.unit_id, f.claim_count,
    f.total_amount, f.in_scope_amount, f.fund_amount, f.medical_assistance_amount, f.personal_burden_amount,
    f.in_catalogue_self_pay_amount, f.self_pay_with_over_limit_amount, f.in_scope_self_pay_amount,
    f.component_self_pay_amount, f.cash_amount, f.net_burden_amount, f.adjustment_amount,
    f.first_area, f.last_area, f.first_name, f.last_name,
    cast(coalesce(f.measured_amount, 0) as decimal(18, 2)) as measured_amount,
    f.recent_amount, f.own_line_amount, f.means
from asked as a
left join found as f on a.asked_key = f.person_key
