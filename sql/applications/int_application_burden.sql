-- Purpose:    What each applicant, or the applicant's household, paid over the window that ends on the day of the
--             application, with the line that the household's own income draws and whether its means pass.
-- Grain:      one applicant, with the latest application of the year.
-- Parameters: $whole_household - true: the cost of all members, false: the applicant's own
--             $counts_spending - true: declared other necessary spending (education and the like) is added
--             $own_line        - true: the line is a share of the household's declared income
--             $income_share    - that share
--             $strict          - true: 超过 (>), false: 以上 (>=)
--             $year_from, $on_date - see int_applications
-- Source:     domain notes §2, V8, V9, V11, V12.
--
-- member_burden is handed in for all buckets together: a household's members lie in many.
with summed as (
    select
        a.application_id,
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
        cast(sum(m.measured_amount) as decimal(18, 2)) as medical_amount
    from int_applications as a
    inner join member_burden as m on a.application_id = m.application_id
    where $whole_household or a.person_key = m.person_key
    group by a.application_id
),

shared as (
    select
        application_id,
        case when $own_line then cast(household_income_amount as decimal(18, 2)) * $income_share end as exact_line
    from int_applications
),

-- Rounded so that comparing whole fen decides as the exact product would: down for >, up for >=.
lined as (
    select
        application_id,
        cast(exact_line - exact_line % 0.01
            + case when not $strict and exact_line % 0.01 > 0 then 0.01 else 0 end as decimal(18, 2)) as own_line_amount
    from shared
)

select
    a.person_key, a.application_id as unit_id, s.claim_count,
    s.total_amount, s.in_scope_amount, s.fund_amount, s.medical_assistance_amount, s.personal_burden_amount,
    s.in_catalogue_self_pay_amount, s.self_pay_with_over_limit_amount, s.in_scope_self_pay_amount,
    s.component_self_pay_amount, s.cash_amount, s.net_burden_amount, s.adjustment_amount,
    -- where the register does not state a county, it is the one where the application was made
    coalesce(a.county_code, m.first_area) as first_area, coalesce(a.county_code, m.last_area) as last_area,
    m.first_name, m.last_name,
    cast(s.medical_amount + case when $counts_spending then coalesce(a.other_spending_amount, 0) else 0 end
        as decimal(18, 2)) as measured_amount,
    l.own_line_amount,
    t.means
from int_applications as a
inner join summed as s on a.application_id = s.application_id
left join member_burden as m on a.application_id = m.application_id and a.person_key = m.person_key
left join lined as l on a.application_id = l.application_id
left join int_application_means as t on a.application_id = t.application_id
