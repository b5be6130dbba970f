-- Purpose:    The counties in which anybody of a bucket lives or is insured; each needs a line.
-- Grain:      one county code.
-- Parameters: none.
select county_code from residents where county_code is not null
union
select first_area as county_code from totals where first_area is not null
union
select last_area as county_code from totals where last_area is not null
order by county_code
