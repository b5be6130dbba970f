-- Purpose:    What a rule measures of the documents that may be one person's with another.
-- Grain:      one person of those whose claims are handed in, of all buckets together.
-- Parameters: as in the view that the rule measures by.
select person_key, measured_amount
from measured
order by person_key
