-- Purpose:    Since when one person is over a rule's line and warning line.
-- Grain:      one rule; none where the rule counts nothing of the person.
-- Parameters: $person_key - the person; the others as in int_hit_claims.
select rule_id, first_crossed_date, first_warned_date
from int_hit_spending
where person_key = $person_key
order by rule_id
