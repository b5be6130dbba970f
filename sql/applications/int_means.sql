-- Purpose:    Whether what an applicant declared keeps each limit of the rule.
-- Grain:      one applicant and limit; nobody knows (passes is empty) where either amount is missing.
-- Parameters: see int_applications.
--
-- Comparing per head multiplies the limit instead of dividing the income.
with limits as (
    select
        a.person_key, a.application_id, a.county_code, l.measure, l.operator, l.limit_amount, a.member_count,
        case l.measure when 'assets' then a.assets_amount else a.household_income_amount end as declared_amount,
        l.limit_amount * case l.measure when 'income_per_head' then a.member_count else 1 end as whole_limit_amount
    from int_applicants as a
    inner join rule_means as l on a.county_code = l.county_code
)

select
    person_key, application_id, county_code, measure, operator, limit_amount, member_count, declared_amount,
    case operator
        when '<' then declared_amount < whole_limit_amount
        when '<=' then declared_amount <= whole_limit_amount
        when '>' then declared_amount > whole_limit_amount
        when '>=' then declared_amount >= whole_limit_amount end as passes
from limits
