"""Recomputes the month's findings with DuckDB from the accepted rows and compares them person by person.

usage: duckdb_findings.py WORKSPACE MONTH
"""

import os
import sys
import tomllib

import duckdb

from warehouse import entries, newest_version, paths

BASES = {
    "personal_burden": "personal_amount",
    "in_catalogue_self_pay": "personal_amount - outside_catalogue_amount - over_limit_amount",
    "in_scope_self_pay": "personal_amount - outside_catalogue_amount - over_limit_amount - first_share_amount",
}

# Tags that no later roster ends, as pipelines/tables/tags.csv is shipped.
STATED = ["lifted_out"]

# The columns that are used of each table, so that a table without files is an empty one.
TABLES = {
    "claims": "person_key bigint, claim_id varchar, claim_kind varchar, original_claim_id varchar,"
    " insurance_type varchar, insured_area varchar, person_name varchar, settled_at timestamp, is_valid boolean,"
    " fund_amount decimal(18,2), personal_amount decimal(18,2), outside_catalogue_amount decimal(18,2),"
    " over_limit_amount decimal(18,2), first_share_amount decimal(18,2)",
    "adjustments": "person_key bigint, claim_id varchar, amount decimal(18,2)",
    "residents": "person_key bigint, county_code varchar, is_alive boolean, has_name_conflict boolean,"
    " is_rural boolean, village_class varchar, household_type varchar",
    "rosters": "person_key bigint, tag varchar, from_date date, to_date date, source_office varchar,"
    " county_code varchar, roster_month date, source_file varchar",
    "roster_files": "source_file varchar, arrival bigint",
    "income": "indicator varchar, geography varchar, year integer, amount decimal(18,2), release integer,"
    " published_date date",
}

MEASURED = """
with booked as (
    select c.*, date_trunc('month', coalesce(o.settled_at, c.settled_at)) as month
    from claims c
    left join claims o on c.claim_kind = 'reversal' and o.claim_id = c.original_claim_id
    where c.is_valid
),
counted as (
    select * from booked
    where month between date_trunc('year', $day::date) and $day::date and list_contains($insurances, insurance_type)
),
paid as (
    select person_key, sum(amount) as amount
    from adjustments semi join counted using (person_key, claim_id) group by person_key
)
select
    person_key,
    sum(case when claim_kind = 'supplement' then -fund_amount else {basis} end)
        - (case when $subtract then coalesce(any_value(paid.amount), 0) else 0 end) as measured,
    count(distinct nullif(replace(replace(person_name, ' ', ''), '　', ''), '')) > 1 and person_key > 0 as two_names,
    case when count(distinct nullif(insured_area, '')) = 1 then max(nullif(insured_area, '')) end as area
from counted left join paid using (person_key)
group by person_key
"""

# A month's roster comes in one file here: no second files, no corrected ones. 2: held, 1: one later roster lacks the
# person, 0: ended.
TAGS = """
with said as (
    select r.* replace (coalesce(r.county_code, '') as county_code), coalesce(f.arrival, 0) as arrival,
        coalesce(roster_month, date_trunc('month', from_date)) as said_on
    from rosters r left join (select distinct source_file, arrival from roster_files) f using (source_file)
    where coalesce(roster_month, from_date) <= $day::date
),
last_said as (
    select * from said
    qualify row_number() over (
        partition by person_key, tag, source_office, county_code, roster_month,
            case when roster_month is null then from_date end
        order by arrival desc, roster_month is null or to_date is not null, to_date desc nulls last) = 1
),
rolls as (
    select source_office, county_code, tag, roster_month, min(arrival) as arrival
    from said where roster_month is not null group by all
),
counted as (
    select s.*,
        (select count(*) from rolls r
         where r.source_office = s.source_office and r.county_code = s.county_code and r.tag = s.tag
           and r.roster_month > s.said_on and (s.roster_month is not null or r.arrival > s.arrival)
           and not list_contains($stated, s.tag)) as lacking,
        exists (select 1 from last_said e
         where e.person_key = s.person_key and e.source_office = s.source_office and e.county_code = s.county_code
           and e.tag = s.tag and e.roster_month > s.said_on and e.to_date < $day::date) as has_left
    from last_said s
    where coalesce(from_date, roster_month) <= $day::date and coalesce(to_date, $day::date) >= $day::date
)
select person_key, tag, max(case when has_left or lacking > 1 then 0 when lacking = 1 then 1 else 2 end) as standing
from counted group by all having standing > 0
"""

JUDGED = """
with place as (
    select m.*, coalesce(r.county_code, area) as county, coalesce(r.is_alive, true) as is_alive,
        two_names or coalesce(r.has_name_conflict, false) as has_conflict,
        coalesce((select max(standing) from tags t
            where t.person_key = m.person_key and list_contains($tags, t.tag)), 0) as standing,
        coalesce(
            r.is_rural,
            case when exists (select 1 from tags t where t.person_key = m.person_key and t.tag in
                ('lifted_out', 'unstable_lifted_out', 'vulnerable', 'sudden_hardship', 'prevention_target',
                    'returned_to_poverty'))
                then true end,
            case when (left(r.village_class, 1) = '1' and r.household_type in ('20', '21', '22'))
                or (left(r.village_class, 1) = '2' and r.household_type in ('10', '11', '12')) then true end,
            case left(r.village_class, 1) when '1' then false when '2' then true end,
            case when r.household_type in ('20', '21', '22') then true
                 when r.household_type in ('10', '11', '12') then false end) as rural
    from measured m left join residents r using (person_key)
),
figures as (
    select geography, arg_max(amount, coalesce(release, 1)) * $multiple::decimal(9, 4) as line
    from income
    where indicator = $series and year = year($day::date) + $offset
      and (published_date is null or published_date <= $day::date)
    group by geography
),
judged as (
    select person_key, measured, line,
        case
            when len($tags) > 0 and $has_roster and standing = 0 then 'outside'
            when $needs_rural and rural = false then 'outside'
            when measured <= coalesce(line, case when county is null then
                (select min(line) from figures where geography in (select geography from places)) end, 0)
                * $warn::decimal(9, 4) then 'below'
            when has_conflict then 'id_conflict'
            when county is null then 'county_unclear'
            when line is null then 'no_income_figure'
            when len($tags) > 0 and not $has_roster then 'no_roster'
            when len($tags) > 0 and standing = 1 then 'tag_absent'
            when $needs_rural and rural is null then 'rural_unknown'
            when not is_alive then 'deceased'
            when measured > line then 'flagged'
            else 'near'
        end as outcome
    from place left join figures
        on geography = case $level when 'province' then left(county, 2) || '0000'
                                   when 'prefecture' then left(county, 4) || '00' else county end
)
select person_key, $rule,
    case when outcome in ('flagged', 'near') then outcome else 'undecided' end,
    case when outcome in ('flagged', 'near') then '' else outcome end, measured
from judged where outcome not in ('outside', 'below')
"""


def open_tables(workspace, version):
    """One view per table over exactly the files that the version names."""
    database = duckdb.connect()
    for table, columns in TABLES.items():
        names = ", ".join(column.split()[0] for column in columns.split(", ") if column)
        database.execute(f"create table {table} ({columns})")
        files = paths(workspace, entries(version, table))
        if files:
            database.execute(f"insert into {table} select {names} from read_parquet(?, union_by_name = true)", [files])
    return database


def recompute(database, rule, day, places):
    """The findings of one rule as the clause has it."""
    who, cost, line = rule["who"], rule["cost"], rule["line"]
    if line["operator"] != ">":
        raise SystemExit(f"{rule['id']}: only > is recomputed here")
    database.execute("create or replace table places as select unnest($places) as geography", {"places": places})
    database.execute(
        "create or replace table measured as " + MEASURED.format(basis=BASES[cost["basis"]]),
        {"day": day, "insurances": who["insurance"], "subtract": cost.get("adjustments", "subtract") == "subtract"},
    )
    database.execute("create or replace table tags as " + TAGS, {"day": day, "stated": STATED})
    states = database.execute("select count(*) from rosters where list_contains($tags, tag)", {"tags": who["tags"]})
    has_roster = states.fetchone()[0] > 0
    values = {
        "day": day, "rule": rule["id"], "tags": who["tags"], "has_roster": has_roster,
        "needs_rural": who["rural"] == "required", "multiple": line["multiple"], "warn": rule["warn_at"],
        "series": line["series"], "offset": line["year_offset"], "level": line["geography"],
    }
    return set(database.execute(JUDGED, values).fetchall())


def main():
    workspace, month = sys.argv[1:]
    version = newest_version(workspace)
    with open(os.path.join(workspace, "poverty-watch.toml"), "rb") as file:
        settings = tomllib.load(file)
    with open(os.path.join(workspace, "pipelines", "policies", settings["policy"] + ".toml"), "rb") as file:
        rules = tomllib.load(file)["rules"]
    database = open_tables(workspace, version)
    day = database.execute("select last_day(strptime(?, '%Y-%m')::date)::varchar", [month]).fetchone()[0]
    areas = [settings["area"][:2] + "0000"]
    expected = set()
    for rule in rules:
        expected |= recompute(database, rule, day, areas)
    files = paths(workspace, entries(version, "findings", month))
    found = set()
    if files:
        rows = database.execute(
            "select person_key, rule_id, status, coalesce(reason, ''), measured_amount from read_parquet(?)"
            " where status in ('flagged', 'near', 'undecided')",
            [files],
        )
        found = set(rows.fetchall())
    print(f"duckdb_findings: {len(expected)} cases")
    if expected != found:
        # Keys only by their count: they are people.
        print(f"  {len(expected - found)} findings are missing, {len(found - expected)} are not DuckDB's")
        for name, rows in (("missing", expected - found), ("not DuckDB's", found - expected)):
            for row in sorted(rows, key=str)[:5]:
                print(f"  {name}: {row[1:]}")
        raise SystemExit(1)
    if not expected:
        raise SystemExit("  nothing to compare")


main()
