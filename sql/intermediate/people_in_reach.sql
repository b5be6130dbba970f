-- Purpose:    The people whose claims are looked at closely: all others lie below every warning line.
--             Whoever may be one person with somebody else is among them, whatever either paid.
-- Grain:      one person.
-- Parameters: $floor_amount - lowest warning line of all rules and places; 0 where a place has no income figure
select person_key
from reach
where upper_amount > $floor_amount
union
select person_key
from rule_link
order by person_key
