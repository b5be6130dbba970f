-- Purpose:    How the rules decided one person when the period's job last ran.
-- Grain:      one rule; none where the person lies below every warning line.
-- Parameters: $person_key - the person.
select rule_id, status
from findings
where person_key = $person_key
order by rule_id
