-- Purpose:    One person's sums over the window, on every basis, as one rule counts them.
-- Grain:      one row, none where the person has no claim that the rule counts.
-- Parameters: $person_key - the person; the others as in the view that the rule measures by.
select
    claim_count, total_amount, fund_amount, personal_burden_amount, in_catalogue_self_pay_amount,
    self_pay_with_over_limit_amount, in_scope_self_pay_amount, component_self_pay_amount, cash_amount,
    net_burden_amount, adjustment_amount, medical_assistance_amount, measured_amount, recent_amount,
    own_line_amount
from measured
where person_key = $person_key
