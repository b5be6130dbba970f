-- Purpose:    What an applicant, or the whole household, paid before the application, and what it may have at most.
-- Grain:      one applicant: the last application of the year until the period's end; unit_id is its number.
-- Parameters: $whole_household   - true: all members' cost counts, else the applicant's
--             $counts_spending - true: other necessary spending that the household declares counts as well
--             $income_share, $strict - the household's own line is this share of its declared income
--             $means_count       - so many limits of rule_means must hold; 0: none is asked for
--             the others as in int_applications
with spent as (
    select
        a.person_key, a.application_id, a.county_code, a.household_income_amount,
        sum(m.claim_count) as claim_count,
        cast(sum(m.total_amount) as decimal(18, 2)) as total_amount,
        cast(sum(m.in_scope_amount) as decimal(18, 2)) as in_scope_amount,
        cast(sum(m.fund_amount) as decimal(18, 2)) as fund_amount,
        cast(sum(m.medical_assistance_amount) as decimal(18, 2)) as medical_assistance_amount,
        cast(sum(m.personal_burden_amount) as decimal(18, 2)) as personal_burden_amount,
        cast(sum(m.in_catalogue_self_pay_amount) as decimal(18, 2)) as in_catalogue_self_pay_amount,
        cast(sum(m.self_pay_with_over_limit_amount) as decimal(18, 2)) as self_pay_with_over_limit_amount,
        cast(sum(m.in_scope_self_pay_amount) as decimal(18, 2)) as in_scope_self_pay_amount,
        cast(sum(m.component_self_pay_amount) as decimal(18, 2)) as component_self_pay_amount,
        cast(sum(m.cash_amount) as decimal(18, 2)) as cash_amount,
        cast(sum(m.net_burden_amount) as decimal(18, 2)) as net_burden_amount,
        cast(sum(m.adjustment_amount) as decimal(18, 2)) as adjustment_amount,
        cast(sum(m.measured_amount) + case when $counts_spending
            then coalesce(max(a.other_spending_amount), 0) else 0 end as decimal(18, 2)) as measured_amount,
        min(case when m.person_key = a.person_key then m.first_name end) as first_name,
        max(case when m.person_key = a.person_key then m.last_name end) as last_name
    from int_applicants as a
    inner join member_burden as m on a.application_id = m.application_id
        and ($whole_household or m.person_key = a.person_key)
    group by a.person_key, a.application_id, a.county_code, a.household_income_amount
),

-- One limit that is known to fail decides; else all must be known.
tested as (
    select
        application_id,
        max(case when not passes then 1 else 0 end) as has_failed,
        max(case when passes is null then 1 else 0 end) as is_open
    from int_means
    group by application_id
),

shared as (
    select application_id,
        household_income_amount * $income_share as exact_line,
        cast(household_income_amount * $income_share as decimal(18, 2)) as near_line
    from spent
)

select
    s.person_key, s.application_id as unit_id, s.claim_count,
    s.total_amount, s.in_scope_amount, s.fund_amount, s.medical_assistance_amount, s.personal_burden_amount,
    s.in_catalogue_self_pay_amount, s.self_pay_with_over_limit_amount, s.in_scope_self_pay_amount,
    s.component_self_pay_amount, s.cash_amount, s.net_burden_amount, s.adjustment_amount,
    s.county_code as first_area, s.county_code as last_area, s.first_name, s.last_name,
    s.measured_amount,
    -- an application looks back from its day, so there is no run rate
    cast(null as decimal(18, 2)) as recent_amount,
    -- rounded so that comparing whole fen is exact: down for 超过, up for 以上
    cast(h.near_line + case when $strict and h.near_line > h.exact_line then -0.01
        when not $strict and h.near_line < h.exact_line then 0.01 else 0.00 end as decimal(18, 2)) as own_line_amount,
    case when $means_count = 0 then cast(null as varchar)
        when t.has_failed = 1 then 'failed'
        when t.application_id is null or t.is_open = 1 then 'unknown'
        else 'met' end as means
from spent as s
inner join shared as h on s.application_id = h.application_id
left join tested as t on s.application_id = t.application_id
