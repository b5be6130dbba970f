-- Purpose:    The people whose claims are looked at closely: all others lie below every warning line.
-- Grain:      one person.
-- Parameters: $floor_amount - lowest warning line of all rules and places; 0 where a place has no income figure
select person_key
from reach
where upper_amount > $floor_amount
order by person_key
