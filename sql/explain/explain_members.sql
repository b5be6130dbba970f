-- Purpose:    What each member of one applying household paid over a rule's window.
-- Grain:      one member.
-- Parameters: $application_id - the application.
select person_key, claim_count, measured_amount
from member_burden
where application_id = $application_id
order by person_key
