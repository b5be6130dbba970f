-- Purpose:    The tags that one person holds on the days that are asked for.
-- Grain:      one tag.
-- Parameters: $person_key - the person; $tags_from, $on_date - see int_person_tags.
select tag, start_date, source_office
from int_person_tags
where person_key = $person_key
order by tag
