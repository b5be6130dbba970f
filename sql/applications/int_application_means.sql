-- Purpose:    Whether the declared means of an applying household pass the rule's tests.
-- Grain:      one applicant, with the latest application of the year.
-- Parameters: $means_count - tests that the rule asks for; rule_means has a row of each for every county
--             $year_from, $on_date - see int_applications
-- Source:     domain notes §2, V8, V11, V12.
--
-- All tests must hold. What is not declared, and a limit without a published figure, is unknown; one test that
-- fails decides all the same. Income per head is tested as income against the limit times the members.
with members as (
    select application_id, cast(count(*) as decimal(18, 0)) as member_count
    from member_burden
    group by application_id
),

declared as (
    select
        a.person_key, m.measure, m.operator,
        case m.measure when 'assets' then a.assets_amount else a.household_income_amount end as declared_amount,
        cast(case m.measure when 'income_per_head' then m.limit_amount * n.member_count else m.limit_amount end
            as decimal(38, 2)) as limit_amount
    from int_applications as a
    inner join rule_means as m on a.line_county = m.county_code
    left join members as n on a.application_id = n.application_id
),

tested as (
    select
        person_key,
        case operator
            when '<' then declared_amount < limit_amount
            when '<=' then declared_amount <= limit_amount
            when '>' then declared_amount > limit_amount
            when '>=' then declared_amount >= limit_amount
        end as holds
    from declared
),

counted as (
    select
        person_key,
        sum(case when holds then 1 else 0 end) as held_count,
        sum(case when not holds then 1 else 0 end) as failed_count
    from tested
    group by person_key
)

select
    a.person_key,
    a.application_id,
    case
        when $means_count = 0 then cast(null as varchar)
        when c.failed_count > 0 then 'failed'
        when c.held_count = $means_count then 'met'
        else 'unknown'
    end as means
from int_applications as a
left join counted as c on a.person_key = c.person_key
