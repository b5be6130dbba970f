-- Purpose:    The applications of the year, and from which day the rule looks back from each.
-- Grain:      one application and member of the household.
-- Parameters: $year_from, $on_date - applications dated so count
--             $window_months - months before the application; 0: from January of its year
with dated as (
    select
        person_key, application_id, application_date, is_applicant, county_code, household_income_amount,
        assets_amount, other_spending_amount,
        date_part('day', application_date) as application_day,
        -- of the month in which the window begins, counted from the year 0
        date_part('year', application_date) * 12 + date_part('month', application_date) - 1 - $window_months as months
    from applications
    where application_date between $year_from and $on_date
)

select
    person_key, application_id, application_date, is_applicant, county_code, household_income_amount, assets_amount,
    other_spending_amount,
    -- twelve months before 15 March begin on 16 March of the year before; where that month has no such day, they
    -- begin with the next month
    case when $window_months = 0 then cast(date_trunc('year', application_date) as date)
        else least(make_date(months / 12, months % 12 + 1, 1) + application_day,
            make_date((months + 1) / 12, (months + 1) % 12 + 1, 1)) end as window_from,
    is_applicant and row_number() over (
        partition by person_key, is_applicant order by application_date desc, application_id desc) = 1 as is_latest
from dated
