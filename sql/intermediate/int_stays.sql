-- Purpose:    Every inpatient stay that ended in the rule's window, with its cost, the dearest of each person marked.
-- Grain:      one person and visit.
-- Parameters: $any_care    - true: every kind of inpatient care; false: the kinds that the rule names
--             $date_basis  - settled, discharged or benefit_year: by which the stay falls into the window
--             $window_from, $window_to - first and last day of the window
--             $benefit_year - the year, for benefit_year
--             the others as in int_counted_claims
--
-- A stay is what was settled under one visit: interim settlements (中途结算), refunds and supplements of a visit
-- add up, also those of months before the window, which are handed in for that.
--
-- first_name and last_name are the same where all claims have one name. Names that differ come before one with a
-- character that could not be printed (_, any character).
with stays as (
    select
        person_key,
        visit_id,
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
        coalesce(min(plain_name), min(person_name)) as first_name,
        case when min(plain_name) < max(plain_name) then max(plain_name)
            else coalesce(max(case when plain_name is null then person_name end), max(plain_name)) end as last_name,
        min(counted_date) as first_date, max(counted_date) as last_date,
        max(benefit_year) as benefit_year
    from int_counted_claims
    where not $any_care or is_inpatient
    group by person_key, visit_id
)

select
    person_key, visit_id, claim_count,
    total_amount, in_scope_amount, fund_amount, medical_assistance_amount, personal_burden_amount,
    in_catalogue_self_pay_amount, self_pay_with_over_limit_amount, in_scope_self_pay_amount,
    component_self_pay_amount, cash_amount, net_burden_amount, adjustment_amount,
    first_area, last_area, first_name, last_name, measured_amount, first_date, last_date,
    row_number() over (partition by person_key order by measured_amount desc, visit_id) = 1 as is_dearest
from stays
where case when $date_basis = 'benefit_year' then benefit_year = $benefit_year
    else last_date >= $window_from and last_date <= $window_to end
