-- Purpose:    What each member of one applying household paid over a rule's window. Run over all buckets.
-- Grain:      one member, the applicant first; nothing paid where no job has looked at the period.
-- Parameters: $application_id - the application; $person_key - whose own row is marked.
with paid as (
    select person_key as paid_key, claim_count, measured_amount
    from member_burden
    where application_id = $application_id
)

select
    a.person_name, a.id_number, a.is_applicant, p.claim_count, p.measured_amount,
    a.person_key = $person_key as is_asked
from paid as p
right join applications as a on p.paid_key = a.person_key
where a.application_id = $application_id
order by a.is_applicant desc, a.person_key
