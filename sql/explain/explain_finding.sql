-- Purpose:    How the rules decided one person.
-- Grain:      one rule; none where the person lies below every warning line.
-- Parameters: $person_key - the person.
select rule_id, status, reason, county_code, is_rural, rural_source, measured_amount, income_amount, line_amount
from findings
where person_key = $person_key
order by rule_id
