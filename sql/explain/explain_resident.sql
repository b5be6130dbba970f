-- Purpose:    What the register says of one person.
-- Grain:      one row, none where the register does not have the person.
-- Parameters: $person_key - the person.
select
    person_name, id_number, county_code, town_name, village_name, village_class, household_type, is_rural,
    rural_source, is_alive, has_name_conflict, insurance_type
from residents
where person_key = $person_key
