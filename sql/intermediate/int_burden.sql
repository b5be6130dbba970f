-- Purpose:    What each person paid over the rule's window, under the insurance types, kinds of care and places of
--             payment that the rule counts.
-- Grain:      one person.
-- Parameters: $rule_id       - whose insurance types, kinds of care and places of payment count
--             $any_insurance, $any_care, $any_place - true: all of them count
--             $date_basis    - settled: the window is chosen by handing in the totals of its months only;
--                              discharged, benefit_year: all months from the window's first on are handed in
--             $window_from, $window_to - first and last day of the window, for discharged
--             $benefit_year  - the year, for benefit_year
--             $recent_from   - first day of the recent months, of which the run rate is taken
--             $window_months - months of a rolling window: what falls out of it makes a run rate mean nothing; else 0
--             $basis         - the basis that the rule measures
--             $subtract_adjustments - true: later payments lower it
--             $add_back_assistance  - true: what medical assistance (医疗救助) paid counts as cost
with counted as (
    select
        t.person_key, t.claim_count, t.total_amount, t.in_scope_amount, t.fund_amount,
        t.medical_assistance_amount, t.personal_burden_amount, t.in_catalogue_self_pay_amount,
        t.self_pay_with_over_limit_amount, t.in_scope_self_pay_amount, t.component_self_pay_amount,
        t.cash_amount, t.net_burden_amount, t.adjustment_amount,
        t.first_area, t.last_area, t.first_name, t.last_name,
        case when case $date_basis when 'discharged' then t.discharged_month else t.booked_month end
            >= $recent_from then 1 else 0 end as is_recent
    from totals as t
    left join rule_insurance as i on t.insurance_type = i.insurance_type and i.rule_id = $rule_id
    left join rule_care as c on t.care_type = c.care_type and c.rule_id = $rule_id
    left join rule_place as p on t.payment_place = p.payment_place and p.rule_id = $rule_id
    where ($any_insurance or i.insurance_type is not null)
        and ($any_care or c.care_type is not null)
        and ($any_place or p.payment_place is not null)
        and case $date_basis
            when 'discharged' then t.discharged_month >= $window_from and t.discharged_month <= $window_to
            when 'benefit_year' then t.benefit_year = $benefit_year
            else true end
),

costed as (
    select
        person_key, claim_count, total_amount, in_scope_amount, fund_amount, medical_assistance_amount,
        personal_burden_amount, in_catalogue_self_pay_amount, self_pay_with_over_limit_amount,
        in_scope_self_pay_amount, component_self_pay_amount, cash_amount, net_burden_amount, adjustment_amount,
        first_area, last_area, first_name, last_name, is_recent,
        case $basis
            when 'personal_burden' then personal_burden_amount
            when 'in_catalogue_self_pay' then in_catalogue_self_pay_amount
            when 'self_pay_with_over_limit' then self_pay_with_over_limit_amount
            when 'in_scope_self_pay' then in_scope_self_pay_amount
            when 'component_self_pay' then component_self_pay_amount
            when 'cash' then cash_amount
            when 'net_burden' then net_burden_amount
        end
            -- net_burden has the later payments in it already
            - case when $subtract_adjustments and $basis <> 'net_burden' then adjustment_amount else 0 end
            -- component_self_pay adds up parts from which no fund was taken
            + case when $add_back_assistance and $basis <> 'component_self_pay' then medical_assistance_amount
                else 0 end as counted_amount
    from counted
),

summed as (
    select
        person_key,
        sum(claim_count) as claim_count,
        cast(sum(total_amount) as decimal(18, 2)) as total_amount,
        cast(sum(in_scope_amount) as decimal(18, 2)) as in_scope_amount,
        cast(sum(fund_amount) as decimal(18, 2)) as fund_amount,
        cast(sum(medical_assistance_amount) as decimal(18, 2)) as medical_assistance_amount,
        cast(sum(personal_burden_amount) as decimal(18, 2)) as personal_burden_amount,
        cast(sum(in_catalogue_self_pay_amount) as decimal(18, 2)) as in_catalogue_self_pay_amount,
        cast(sum(self_pay_with_over_limit_amount) as decimal(18, 2)) as self_pay_with_over_limit_amount,
        cast(sum(in_scope_self_pay_amount) as decimal(18, 2)) as in_scope_self_pay_amount,
        cast(sum(component_self_pay_amount) as decimal(18, 2)) as component_self_pay_amount,
        cast(sum(cash_amount) as decimal(18, 2)) as cash_amount,
        cast(sum(net_burden_amount) as decimal(18, 2)) as net_burden_amount,
        cast(sum(adjustment_amount) as decimal(18, 2)) as adjustment_amount,
        min(first_area) as first_area, max(last_area) as last_area,
        min(first_name) as first_name, max(last_name) as last_name,
        cast(sum(counted_amount) as decimal(18, 2)) as measured_amount,
        cast(sum(case when is_recent = 1 then counted_amount else 0 end) as decimal(18, 2)) as recent_amount
    from costed
    group by person_key
)

select
    person_key, cast(null as varchar) as unit_id,
    claim_count, total_amount, in_scope_amount, fund_amount, medical_assistance_amount,
    personal_burden_amount, in_catalogue_self_pay_amount, self_pay_with_over_limit_amount,
    in_scope_self_pay_amount, component_self_pay_amount, cash_amount, net_burden_amount, adjustment_amount,
    first_area, last_area, first_name, last_name, measured_amount,
    cast(case when $window_months = 0 then recent_amount end as decimal(18, 2)) as recent_amount,
    cast(null as decimal(18, 2)) as own_line_amount,
    cast(null as varchar) as means
from summed
