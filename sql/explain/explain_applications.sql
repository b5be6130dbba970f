-- Purpose:    The applications in which one person is a member of the household.
-- Grain:      one application.
-- Parameters: $person_key - the person.
select application_id, application_date, is_applicant
from applications
where person_key = $person_key
order by application_date, application_id
