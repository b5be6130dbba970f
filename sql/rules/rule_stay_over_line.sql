-- Purpose:    Whose dearest single inpatient stay cost more than the line allows, who is near it, who cannot be decided.
-- Grain:      one person with a stay above the lowest warning line, for one rule and period.
-- Parameters: see judged and int_stay_burden.
-- Clause:     the rule's own, e.g. 闽医保〔2021〕93号 clause 11.
--
-- int_stay_burden measures the cost (`measures` in the .toml); judged decides, alike for all shapes.
select
    person_key, unit_id, rule_id, status, reason, band, county_code, is_rural, rural_source, measured_amount,
    income_amount, line_amount, is_provisional, excess_amount, warn_amount, recent_amount, claim_count,
    total_amount, in_scope_amount, fund_amount, medical_assistance_amount, personal_burden_amount,
    in_catalogue_self_pay_amount, self_pay_with_over_limit_amount, in_scope_self_pay_amount,
    component_self_pay_amount, cash_amount, net_burden_amount, adjustment_amount,
    ended_tag, ended_roster_month, ended_date
from judged
order by person_key
