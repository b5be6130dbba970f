-- Purpose:    The application by which a rule decides one person, and the days that it looks at.
-- Grain:      one row, none where the person has not applied in the year.
-- Parameters: $person_key - the person; the others as in int_applications.
select application_id, window_from, application_date as window_to
from int_applications
where person_key = $person_key and is_latest
order by application_id
