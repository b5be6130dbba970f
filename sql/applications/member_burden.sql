-- Purpose:    What each member of an applying household paid over the rule's window, which ends on the day of the
--             application. A household's members lie in many buckets: this is put together over all of them.
-- Grain:      one application and member, per bucket; zero where the member paid nothing.
-- Parameters: $year_from, $on_date - the applications of these days count
--             $window_months - length of the window; 0: from the first of the application's calendar year
--             $date_basis  - settled, discharged or benefit_year (that of the application's year)
--             the others as in int_counted_claims
with asked as (
    select
        application_id, person_key, application_date,
        case when $window_months = 0 then cast(date_trunc('year', application_date) as date) - interval '1 day'
            else application_date - cast($window_months || ' months' as interval) end as day_before,
        cast(date_part('year', application_date) as varchar) as application_year
    from applications
    where application_date >= $year_from and application_date <= $on_date
),

counted as (
    select
        a.application_id, a.person_key, c.claim_id,
        c.total_amount, c.in_scope_amount, c.fund_amount, c.medical_assistance_amount, c.personal_burden_amount,
        c.in_catalogue_self_pay_amount, c.self_pay_with_over_limit_amount, c.in_scope_self_pay_amount,
        c.component_self_pay_amount, c.cash_amount, c.net_burden_amount, c.adjustment_amount,
        c.measured_amount, c.insured_area, c.person_name
    from asked as a
    left join int_counted_claims as c
        on a.person_key = c.person_key
        and c.counted_date <= a.application_date
        and case when $date_basis = 'benefit_year' then c.benefit_year = a.application_year
            else c.counted_date > a.day_before end
)

select
    application_id,
    person_key,
    count(claim_id) as claim_count,
    cast(coalesce(sum(total_amount), 0) as decimal(18, 2)) as total_amount,
    cast(coalesce(sum(in_scope_amount), 0) as decimal(18, 2)) as in_scope_amount,
    cast(coalesce(sum(fund_amount), 0) as decimal(18, 2)) as fund_amount,
    cast(coalesce(sum(medical_assistance_amount), 0) as decimal(18, 2)) as medical_assistance_amount,
    cast(coalesce(sum(personal_burden_amount), 0) as decimal(18, 2)) as personal_burden_amount,
    cast(coalesce(sum(in_catalogue_self_pay_amount), 0) as decimal(18, 2)) as in_catalogue_self_pay_amount,
    cast(coalesce(sum(self_pay_with_over_limit_amount), 0) as decimal(18, 2)) as self_pay_with_over_limit_amount,
    cast(coalesce(sum(in_scope_self_pay_amount), 0) as decimal(18, 2)) as in_scope_self_pay_amount,
    cast(coalesce(sum(component_self_pay_amount), 0) as decimal(18, 2)) as component_self_pay_amount,
    cast(coalesce(sum(cash_amount), 0) as decimal(18, 2)) as cash_amount,
    cast(coalesce(sum(net_burden_amount), 0) as decimal(18, 2)) as net_burden_amount,
    cast(coalesce(sum(adjustment_amount), 0) as decimal(18, 2)) as adjustment_amount,
    cast(coalesce(sum(measured_amount), 0) as decimal(18, 2)) as measured_amount,
    min(insured_area) as first_area, max(insured_area) as last_area,
    min(person_name) as first_name, max(person_name) as last_name
from counted
group by application_id, person_key
order by application_id, person_key
