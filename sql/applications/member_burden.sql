-- Purpose:    What each member of an applying household paid over the window before the application.
-- Grain:      one application and member; put together over all buckets, because a household's members lie in many.
-- Parameters: see int_applications and int_counted_claims.
--
-- first_name and last_name are the same where all claims have one name. Names that differ come before one with a
-- character that could not be printed (_, any character).
with members as (
    select application_id, person_key, application_date, window_from
    from int_applications
),

spent as (
    select
        m.application_id, m.person_key, d.insured_area, d.person_name as comparable_name, d.plain_name,
        d.total_amount, d.in_scope_amount, d.fund_amount, d.medical_assistance_amount, d.personal_burden_amount,
        d.in_catalogue_self_pay_amount, d.self_pay_with_over_limit_amount, d.in_scope_self_pay_amount,
        d.component_self_pay_amount, d.cash_amount, d.net_burden_amount, d.adjustment_amount, d.measured_amount
    from members as m
    inner join int_counted_claims as d on m.person_key = d.person_key
    where d.counted_date >= m.window_from
        and d.counted_date <= m.application_date
),

summed as (
    select
        application_id, person_key,
        count(*) as claim_count,
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
        cast(sum(measured_amount) as decimal(18, 2)) as measured_amount,
        min(insured_area) as first_area, max(insured_area) as last_area,
        coalesce(min(plain_name), min(comparable_name)) as first_name,
        case when min(plain_name) < max(plain_name) then max(plain_name)
            else coalesce(max(case when plain_name is null then comparable_name end), max(plain_name)) end as last_name
    from spent
    group by application_id, person_key
)

select
    m.application_id, m.person_key,
    coalesce(s.claim_count, 0) as claim_count,
    cast(coalesce(s.total_amount, 0) as decimal(18, 2)) as total_amount,
    cast(coalesce(s.in_scope_amount, 0) as decimal(18, 2)) as in_scope_amount,
    cast(coalesce(s.fund_amount, 0) as decimal(18, 2)) as fund_amount,
    cast(coalesce(s.medical_assistance_amount, 0) as decimal(18, 2)) as medical_assistance_amount,
    cast(coalesce(s.personal_burden_amount, 0) as decimal(18, 2)) as personal_burden_amount,
    cast(coalesce(s.in_catalogue_self_pay_amount, 0) as decimal(18, 2)) as in_catalogue_self_pay_amount,
    cast(coalesce(s.self_pay_with_over_limit_amount, 0) as decimal(18, 2)) as self_pay_with_over_limit_amount,
    cast(coalesce(s.in_scope_self_pay_amount, 0) as decimal(18, 2)) as in_scope_self_pay_amount,
    cast(coalesce(s.component_self_pay_amount, 0) as decimal(18, 2)) as component_self_pay_amount,
    cast(coalesce(s.cash_amount, 0) as decimal(18, 2)) as cash_amount,
    cast(coalesce(s.net_burden_amount, 0) as decimal(18, 2)) as net_burden_amount,
    cast(coalesce(s.adjustment_amount, 0) as decimal(18, 2)) as adjustment_amount,
    cast(coalesce(s.measured_amount, 0) as decimal(18, 2)) as measured_amount,
    s.first_area, s.last_area, s.first_name, s.last_name
from members as m
left join summed as s on m.application_id = s.application_id and m.person_key = s.person_key
order by m.application_id, m.person_key
