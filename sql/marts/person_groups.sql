-- Purpose:    The groups by which counts of people are broken down: sex, age and kind of roster.
-- Grain:      one person in the register or on a roster that is valid on the day.
-- Parameters: $tags_from - see int_person_tags
with tagged as (
    select
        person_key as tagged_person_key,
        max(case when tag = 'lifted_out' then 1 else 0 end) = 1 as is_lifted_out
    from int_person_tags
    where state <> 'ended'
    group by person_key
),

registered as (
    select person_key, sex, birth_date
    from residents
)

select
    coalesce(r.person_key, t.tagged_person_key) as person_key,
    r.sex,
    r.birth_date,
    t.tagged_person_key is not null as has_tag,
    coalesce(t.is_lifted_out, false) as is_lifted_out
from registered as r
full join tagged as t on r.person_key = t.tagged_person_key
order by person_key
