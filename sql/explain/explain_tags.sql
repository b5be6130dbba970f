-- Purpose:    The tags that one person holds on the period's last day.
-- Grain:      one tag.
-- Parameters: $person_key - the person; $on_date - the day.
select tag, start_date, source_office
from int_person_tags
where person_key = $person_key
order by tag
