-- Purpose:    What one person declared beside each limit of the rule.
-- Grain:      one limit, those of the application first; nothing is declared where the person has not applied.
-- Parameters: $person_key  - the person
--             $county_code - where the person lives: whose limits hold without an application
--             the others as in int_applications
with declared as (
    select
        county_code as declared_county, measure as declared_measure, operator as declared_operator,
        limit_amount as declared_limit, member_count, declared_amount, passes
    from int_means
    where person_key = $person_key
)

select l.measure, l.operator, l.limit_amount, d.declared_amount, d.member_count, d.passes
from rule_means as l
left join declared as d on l.county_code = d.declared_county and l.measure = d.declared_measure
    and l.operator = d.declared_operator and l.limit_amount is not distinct from d.declared_limit
where d.declared_county is not null or l.county_code = $county_code
order by d.declared_county nulls last, l.measure, l.operator, l.limit_amount
