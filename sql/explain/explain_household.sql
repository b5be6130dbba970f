-- Purpose:    The households that applied with one person in them, and what each row declares. Run over all buckets.
-- Grain:      one application and member: applications by date, in each the applicant first.
-- Parameters: $person_key - the person.
with own as (
    select application_id as own_id, application_date as own_date, is_applicant as is_own
    from applications
    where person_key = $person_key
)

select
    a.application_id, o.is_own, a.person_name, a.id_number, a.is_applicant, a.application_date,
    a.household_income_amount, a.assets_amount, a.other_spending_amount, a.county_code
from own as o
inner join applications as a on o.own_id = a.application_id
order by o.own_date, a.application_id, a.is_applicant desc, a.person_key
