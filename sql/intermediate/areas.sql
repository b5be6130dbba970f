-- Purpose:    The counties in which anybody of a bucket lives or is insured; each needs a line.
-- Grain:      one county code.
-- Parameters: none.
select county_code from residents where county_code is not null
union
select insured_area as county_code from stg_amounts where insured_area is not null
order by county_code
