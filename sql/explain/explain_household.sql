-- Purpose:    The members of one application's household and what each row declares. Run over all buckets.
-- Grain:      one member, the applicant first.
-- Parameters: $application_id - the application.
select
    person_name, id_number, is_applicant, application_date, household_income_amount, assets_amount,
    other_spending_amount, county_code
from applications
where application_id = $application_id
order by is_applicant desc, person_key
