-- Purpose:    The latest application of each applicant from the year's first day to the period's last.
-- Grain:      one applicant.
-- Parameters: $year_from, $on_date - the applications of these days count.
with numbered as (
    select
        person_key, application_id, household_income_amount, assets_amount, other_spending_amount, county_code,
        row_number() over (partition by person_key order by application_date desc, application_id desc) as place
    from applications
    where is_applicant and application_date >= $year_from and application_date <= $on_date
)

select
    a.person_key, a.application_id, a.household_income_amount, a.assets_amount, a.other_spending_amount, a.county_code,
    coalesce(r.county_code, a.county_code) as line_county
from numbered as a
left join residents as r on a.person_key = r.person_key
where a.place = 1
