-- Purpose:    What each person paid over the rule's window, under the insurance types, kinds of care and places of
--             payment that the rule counts.
-- Grain:      one person.
-- Parameters: $date_basis    - settled, discharged or benefit_year: by which a claim falls into the window
--             $window_from, $window_to - first and last day of the window
--             $benefit_year  - the year, for benefit_year
--             $recent_from   - first day of the recent months, of which the run rate is taken
--             $window_months - months of a rolling window: what falls out of it makes a run rate mean nothing; else 0
--             the others as in int_counted_claims
--
-- first_name and last_name are the same where all claims have one name. Names that differ come before one with a
-- character that could not be printed (_, any character).
select
    person_key, cast(null as varchar) as unit_id,
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
    min(insured_area) as first_area, max(insured_area) as last_area,
    coalesce(min(plain_name), min(person_name)) as first_name,
    case when min(plain_name) < max(plain_name) then max(plain_name)
        else coalesce(max(case when plain_name is null then person_name end), max(plain_name)) end as last_name,
    cast(sum(measured_amount) as decimal(18, 2)) as measured_amount,
    cast(case when $window_months = 0 then sum(case when counted_date >= $recent_from then measured_amount else 0 end)
        end as decimal(18, 2)) as recent_amount,
    cast(null as decimal(18, 2)) as own_line_amount,
    cast(null as varchar) as means
from int_counted_claims
where case when $date_basis = 'benefit_year' then benefit_year = $benefit_year
    else counted_date >= $window_from and counted_date <= $window_to end
group by person_key
