-- Purpose:    How a rule decides one person, and everything that was decided by, also below every warning line.
-- Grain:      one row.
-- Parameters: $person_key    - the person
--             $lowest_amount - lowest warning line of all places: the findings have nobody who lies below it
--             $basis, $subtract_adjustments, $add_back_assistance - see int_counted_claims
--             the others as in judged, with $floor_amount so low that it leaves out nobody
--
-- Statuses are those of the findings, and no_claims: the rule counts nothing of the person.
with told as (
    select
        person_key, unit_id, rule_id, status, reason, band, county_code, is_rural, rural_source, measured_amount,
        income_amount, line_amount, is_provisional, excess_amount, warn_amount, recent_amount,
        nullif(claim_count, 0) as claim_count, total_amount, in_scope_amount, fund_amount, medical_assistance_amount, personal_burden_amount,
        in_catalogue_self_pay_amount, self_pay_with_over_limit_amount, in_scope_self_pay_amount,
        component_self_pay_amount, cash_amount, net_burden_amount, adjustment_amount,
        passes_tags, passes_without_tags, passes_rural, is_over, reached_band, ended_tag, ended_roster_month, ended_date,
        case when claim_count = 0 and coalesce(reason, '') <> 'identity_open' then 'no_claims'
            when status <> 'outside' and measured_amount <= $lowest_amount then 'below'
            else status end as told_status
    from judged
    where person_key = $person_key
)

select
    person_key, unit_id, rule_id, told_status as status, case when told_status = status then reason end as reason, band,
    county_code, is_rural, rural_source, measured_amount,
    income_amount, line_amount, is_provisional, excess_amount, warn_amount, recent_amount, claim_count,
    total_amount, in_scope_amount, fund_amount, medical_assistance_amount, personal_burden_amount,
    in_catalogue_self_pay_amount, self_pay_with_over_limit_amount, in_scope_self_pay_amount,
    component_self_pay_amount, cash_amount, net_burden_amount, adjustment_amount,
    passes_tags, passes_without_tags, passes_rural, is_over, reached_band,
    case when $basis = 'net_burden' then 'in basis' when $subtract_adjustments then 'subtracted' else 'ignored' end
        as adjustment_treatment,
    case when $add_back_assistance and $basis <> 'component_self_pay' then 'added back' else 'in basis' end
        as assistance_treatment,
    ended_tag, ended_roster_month, ended_date
from told
