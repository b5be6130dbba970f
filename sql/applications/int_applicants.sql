-- Purpose:    What an applicant declared in the last application of the year until the period's end.
-- Grain:      one applicant.
-- Parameters: see int_applications.
--
-- member_burden is handed in for all buckets: the household's members lie in many.
with sized as (
    select application_id, count(*) as member_count
    from member_burden
    group by application_id
),

registered as (
    select person_key, county_code as home_county_code
    from residents
)

select
    a.person_key, a.application_id, coalesce(a.county_code, r.home_county_code) as county_code,
    a.household_income_amount, a.assets_amount, a.other_spending_amount, z.member_count
from int_applications as a
inner join sized as z on a.application_id = z.application_id
left join registered as r on a.person_key = r.person_key
where a.is_latest
