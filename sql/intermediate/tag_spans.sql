-- Purpose:    From when to when each person has each tag, by every statement of an office that holds.
-- Grain:      one person, tag, office and county that speak for it, and month of a roster or first day of a change.
-- Parameters: $on_date - last day of the period; see int_tag_statements.
-- Source:     domain notes §5: rosters carry no expiry date. A tag ends by a row with a last day, by a corrected roster
--             of the same month that leaves the person out, or by absence from the office's later complete rosters.
--
-- last_day: the last day that somebody states; sure_last_day: also the day before the person was absent from a complete
-- roster. Made once for each period and bucket, since every rule reads it.
with statements as (
    select
        person_key, tag, source_office, from_date, is_full, stated_month, scope, arrival, start_date, to_date,
        absent_since, lacking_month, is_absence_sure, last_complete, is_stale,
        max(stated_month) over (partition by person_key, tag, scope) as last_stated_month,
        max(arrival) over (partition by person_key, tag, scope) as last_arrival
    from int_tag_statements
),

-- The first last day that the same office states later than the row; of whoever is no longer on that office's complete
-- rosters, since the household moved, also one that another office states after its last word.
ending as (
    select s.person_key, s.tag, s.scope, s.is_full, s.stated_month, s.from_date, min(e.to_date) as last_day
    from statements as s
    inner join statements as e on s.person_key = e.person_key and s.tag = e.tag
    where e.to_date is not null
        and (
            s.scope = e.scope
            or (
                s.last_complete > s.last_stated_month
                and case when e.is_full then e.stated_month > s.last_stated_month else e.arrival > s.last_arrival end
            )
        )
        and case
            when s.is_full and e.is_full then e.stated_month > s.stated_month
            when e.is_full then e.arrival > s.arrival
            -- a change ends a roster's row if it means the same spell, or a day on which the roster has the person
            when s.is_full then e.arrival > s.arrival
                and (e.to_date >= s.stated_month or e.from_date is not distinct from s.from_date)
            else false
        end
    group by s.person_key, s.tag, s.scope, s.is_full, s.stated_month, s.from_date
)

select
    s.person_key, s.tag, s.source_office, s.start_date,
    least(s.to_date, e.last_day) as last_day,
    least(s.to_date, e.last_day, cast(s.absent_since - interval '1 day' as date)) as sure_last_day,
    s.lacking_month, s.is_absence_sure, s.is_stale
from statements as s
left join ending as e
    on s.person_key = e.person_key and s.tag = e.tag and s.scope = e.scope and s.is_full = e.is_full
    and s.stated_month = e.stated_month and s.from_date is not distinct from e.from_date
-- a roster of this month may name a later day
where s.start_date <= $on_date
order by
    s.person_key, s.tag, s.source_office, s.start_date, last_day, sure_last_day, s.lacking_month, s.is_absence_sure,
    s.is_stale
