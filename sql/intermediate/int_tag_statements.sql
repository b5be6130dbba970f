-- Purpose:    What offices state of each person's tags today: of several statements about one thing the one that holds.
-- Grain:      one person, tag, scope (office and county that speak for it) and month of a roster or first day of a change.
-- Parameters: $on_date - last day of the period.
--
-- roster_snapshot says what each file's rows are worth (law::rosters), for all buckets together: a complete roster on
-- which nobody of this bucket is left still makes those absent who were on it before.
--
-- named_holders are people whom a row of the roster names that was rejected: they are on it all the same.
with stated as (
    select person_key, tag, source_office, from_date, to_date, roster_month, county_code, source_file
    from rosters
    union all
    select person_key, tag, source_office, from_date, to_date, roster_month, county_code, source_file
    from named_holders
),

said as (
    select
        r.person_key, r.tag, r.source_office, r.from_date, r.to_date,
        coalesce(r.from_date, r.roster_month) as start_date,
        -- rows without a month of their own are changes
        r.roster_month is not null as is_full,
        cast(date_trunc('month', coalesce(r.roster_month, r.from_date)) as date) as stated_month,
        coalesce(f.scope, r.source_office) as scope,
        coalesce(f.arrival, 0) as arrival, coalesce(f.fate, 'counts') = 'replaced' as is_replaced, f.replaced_at,
        f.absent_since, f.lacking_month, coalesce(f.is_absence_sure, false) as is_absence_sure,
        f.last_complete, coalesce(f.is_stale, false) as is_stale
    from stated as r
    left join roster_snapshot as f
        on coalesce(r.source_file, '') = coalesce(f.source_file, '')
        and r.source_office = f.source_office
        and coalesce(r.county_code, '') = coalesce(f.county_code, '')
        and r.tag = f.tag
        and cast(date_trunc('month', coalesce(r.roster_month, r.from_date)) as date) = f.stated_month
        and (r.roster_month is not null) = f.is_full
    -- a person on a roster of a later month than the period's is not yet known to be on it
    where coalesce(r.roster_month, r.from_date) <= $on_date
        and coalesce(f.fate, 'counts') <> 'returned'
),

-- Of several statements about one month or one spell the one that was sent last holds; of two in one file, on a
-- month's roster the open one (two homes), among changes the one with the later last day.
ranked as (
    select
        person_key, tag, source_office, from_date, to_date, start_date, is_full, stated_month, scope, arrival,
        is_replaced, replaced_at, absent_since, lacking_month, is_absence_sure, last_complete, is_stale,
        row_number() over (
            partition by person_key, tag, scope, is_full, case when is_full then stated_month else from_date end
            order by
                is_replaced, arrival desc, case when is_full and to_date is null then 0 else 1 end,
                to_date desc nulls last, start_date, source_office
        ) as place
    from said
)

-- Whom a corrected roster of the same month leaves out has lost the tag before that month.
select
    person_key, tag, source_office, from_date, is_full, stated_month, scope,
    case when is_replaced then replaced_at else arrival end as arrival,
    case when is_replaced then stated_month else start_date end as start_date,
    case when is_replaced then cast(stated_month - interval '1 day' as date) else to_date end as to_date,
    case when is_replaced then null else absent_since end as absent_since,
    case when is_replaced then stated_month else lacking_month end as lacking_month,
    is_absence_sure, last_complete, is_stale
from ranked
where place = 1
