-- Purpose:    What each person paid for the dearest single inpatient stay that ended in the rule's window.
-- Grain:      one person who had such a stay.
-- Parameters: see int_stays.
select
    person_key, visit_id as unit_id, claim_count,
    total_amount, in_scope_amount, fund_amount, medical_assistance_amount, personal_burden_amount,
    in_catalogue_self_pay_amount, self_pay_with_over_limit_amount, in_scope_self_pay_amount,
    component_self_pay_amount, cash_amount, net_burden_amount, adjustment_amount,
    first_area, last_area, first_name, last_name, measured_amount,
    -- stays do not add up, so there is no run rate
    cast(null as decimal(18, 2)) as recent_amount,
    cast(null as decimal(18, 2)) as own_line_amount,
    cast(null as varchar) as means
from int_stays
where is_dearest
