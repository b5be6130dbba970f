-- Purpose:    What is open about one person and could change what a rule measures, and where each item came from.
-- Grain:      one open item.
-- Parameters: $person_key - the person; the others as in int_doubts.
select reason, source, source_file, source_row, up_amount, down_amount
from int_doubts
where person_key = $person_key
order by reason, source_file, source_row
