-- Purpose:    The tags that one person holds on the days that are asked for.
-- Grain:      one tag.
-- Parameters: $person_key - the person; $tags_from - see int_person_tags.
select tag, start_date, source_office, state, lacking_month
from int_person_tags
where person_key = $person_key and state <> 'ended'
order by tag
