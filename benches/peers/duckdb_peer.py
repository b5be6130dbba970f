"""The three works in DuckDB, in SQL: intake of a month, findings from accepted and from raw files."""

import duckdb

from peers.common import (
    COLUMNS, MONEY_COLUMNS, PARTS, PERIOD_DAY, RULES, STATED_TAGS, SUPPLEMENTS, TAG_NAMES, TAGS_OF_THE_COUNTRY,
)

WIDE = "０１２３４５６７８９Ｘｘ"
NARROW = "0123456789XX"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def connect(scratch):
    """A database in memory on two threads."""
    database = duckdb.connect(config={"threads": 2, "preserve_insertion_order": False, "temp_directory": scratch})
    database.execute("set enable_progress_bar = false")
    return database


def check_character(key):
    """ISO 7064 MOD 11-2 over the seventeen digits of a BIGINT."""
    terms = " + ".join(f"({key} // {10 ** (16 - at)} % 10) * {weight}" for at, weight in enumerate(WEIGHTS))
    return f"substr('10X98765432', cast(({terms}) % 11 + 1 as integer), 1)"


def persons(source, id_column, cert, extra="", newborn="false", number="null"):
    """The rows of a source with person_key, or the code under which the row is rejected."""
    return f"""
    with tidy as (
        select *, upper(regexp_replace(translate({id_column}, '{WIDE}', '{NARROW}'), '\\s', '', 'g')) as tidy_id
        from {source}
    ), long as (
        select * replace (case
            when {newborn} then null
            when coalesce({cert}, '') not in ('', '01', '1', '90') then tidy_id
            when length(tidy_id) = 19 and tidy_id[1] = 'G' then tidy_id[2:]
            when regexp_full_match(tidy_id, '[0-9]{{15}}') then tidy_id[:6] || '19' || tidy_id[7:]
            else tidy_id end as tidy_id)
        from tidy
    ), digits as (
        select *, {newborn} or coalesce({cert}, '') not in ('', '01', '1', '90', '17') as has_document,
            case when regexp_full_match(tidy_id, '[1-9][0-9]{{16}}[0-9X]?') then cast(tidy_id[:17] as bigint) end as digits
        from long
    ), dated as (
        select *, digits // 10000000 % 10000 as born_year, digits // 100000 % 100 as born_month,
            digits // 1000 % 100 as born_day
        from digits
    ), judged as (
        select *, case
            when has_document then null
            when tidy_id is null or tidy_id in ('', '无') then 'id_missing'
            when tidy_id like '%E+%' then 'id_lost_digits'
            when digits is null or length(tidy_id) not in (17, 18)
                or length(tidy_id) = 17 and length({id_column}) <> 15 then 'id_malformed'
            when born_year not between 1850 and 2100 or born_month not between 1 and 12 or born_day < 1
                or born_day > case when born_month in (4, 6, 9, 11) then 30
                    when born_month <> 2 then 31
                    when born_year % 4 = 0 and (born_year % 100 <> 0 or born_year % 400 = 0) then 29
                    else 28 end then 'id_malformed'
            when length(tidy_id) = 18 and tidy_id[18] <> {check_character('digits')} then 'id_check_digit'
            end as id_fault
        from dated
    )
    select {extra}
        id_fault,
        case when {newborn} then -1 - cast(hash('psn|' || {number}) >> 2 as bigint)
            when has_document then -1 - cast(hash({cert} || '|' || tidy_id) >> 2 as bigint)
            else digits end as person_key
    from judged
    """


def amount(name):
    return f"coalesce({name}, 0)"


def settlements(source):
    """Raw claims with person, kind and the first fault."""
    parts = " + ".join(amount(part) for part in PARTS)
    signs = ", ".join(amount(name) for name in MONEY_COLUMNS)
    is_newborn = "(coalesce(NWB_FLAG, '0') = '1' or coalesce(PSN_TYPE, '') = '1401')"
    known = persons(source, "CERTNO", "PSN_CERT_TYPE", "* exclude (has_document, id_fault),", is_newborn, "PSN_NO")
    return f"""
    with known as ({known}),
    kinds as (
        select *, case
            when coalesce(MANL_REIM_REA, '') in {SUPPLEMENTS} then 'supplement'
            when MEDFEE_SUMAMT < 0
                or REFD_SETL_FLAG = '1' and MEDFEE_SUMAMT <= 0 and INIT_SETL_ID is not null then 'reversal'
            else 'settlement' end as claim_kind,
            coalesce(VALI_FLAG, '1') <> '0' as is_valid,
            greatest({signs}) as largest, least({signs}) as smallest
        from known
    )
    select *, case
        when SETL_ID is null or INSUTYPE is null or MED_TYPE is null or SETL_TIME is null or MEDFEE_SUMAMT is null
            or FULAMT_OWNPAY_AMT is null or OVERLMT_SELFPAY is null or PRESELFPAY_AMT is null or INSCP_AMT is null
            or FUND_PAY_SUMAMT is null or PSN_PAY is null then 'missing'
        when length(PSN_NAME) > 400 or length(SETL_ID) > 400 then 'too_long'
        when INSU_ADMDVS is not null and not regexp_full_match(INSU_ADMDVS, '[0-9]{{6}}') then 'malformed'
        when largest > 10000000000 or smallest < -10000000000 then 'out_of_range'
        when id_fault is not null then id_fault
        when not is_valid then null
        when claim_kind = 'settlement' and smallest < 0 or claim_kind = 'reversal' and largest > 0
            then case when smallest < 0 and largest > 0 then 'identity_deductible' else 'out_of_range' end
        when claim_kind <> 'supplement' and abs(MEDFEE_SUMAMT - FULAMT_OWNPAY_AMT - OVERLMT_SELFPAY
            - PRESELFPAY_AMT - INSCP_AMT) > 0.01 then 'identity_total'
        when abs(FUND_PAY_SUMAMT - ({parts})) > 0.01 then 'identity_funds'
        when claim_kind = 'supplement' then null
        when abs(PSN_PAY - MEDFEE_SUMAMT + FUND_PAY_SUMAMT + {amount('OWNPAY_HOSP_PART')}) > 0.01
            then 'identity_personal'
        when abs(PSN_PAY - {amount('ACCT_PAY')} - CASH_PAYAMT) > 0.01
            and abs(PSN_PAY - {amount('ACCT_PAY')} - CASH_PAYAMT - {amount('ACCT_MULAID_PAY')}) > 0.01
            then 'identity_cash'
        when claim_kind = 'settlement' and (ACT_PAY_DEDC < 0 or ACT_PAY_DEDC > INSCP_AMT + 0.01)
            or claim_kind = 'reversal' and (ACT_PAY_DEDC > 0 or ACT_PAY_DEDC < INSCP_AMT - 0.01)
            then 'identity_deductible'
        end as fault
    from kinds
    """


# The latest update of each claim counts; a reversal counts on its original's month as long as that has money left.
LATEST = """
select * exclude (place), place = 1 as is_latest from (
    select *, row_number() over (partition by SETL_ID order by coalesce(UPDT_TIME, SETL_TIME) desc) as place
    from {source}
)
"""

BOOKED = """
with taken as (
    select r.SETL_ID as reversal_id, o.SETL_TIME as booked_at,
        sum(-r.MEDFEE_SUMAMT) over original <= o.MEDFEE_SUMAMT and sum(-r.PSN_PAY) over original <= o.PSN_PAY as fits
    from {latest} r join {latest} o on r.INIT_SETL_ID = o.SETL_ID
    where r.claim_kind = 'reversal' and r.is_valid
        and o.claim_kind = 'settlement' and o.is_valid and o.person_key = r.person_key
    window original as (partition by o.SETL_ID order by coalesce(r.UPDT_TIME, r.SETL_TIME), r.SETL_ID
        rows between unbounded preceding and current row)
)
select c.*, case when c.claim_kind = 'reversal' and c.is_valid then t.booked_at else c.SETL_TIME end as booked_at,
    c.claim_kind = 'reversal' and c.is_valid and not coalesce(t.fits, false) as is_held
from {latest} c left join taken t on c.SETL_ID = t.reversal_id
"""


def intake(job):
    """One raw month: checked, each claim once, sorted by person in buckets, rejects and counts beside it."""
    database = connect(job["scratch"])
    out = job["out"]
    database.execute(f"create view raw as select * from read_parquet('{job['file']}')")
    database.execute(f"create table judged as {settlements('raw')}")
    database.execute("create view good as select * from judged where fault is null")
    database.execute(f"create table latest as {LATEST.format(source='good')}")
    database.execute("create view winners as select * from latest where is_latest")
    database.execute(f"create table booked as {BOOKED.format(latest='winners')}")
    columns = ", ".join(f"{ours}" if raw == ours else f"{raw} as {ours}" for raw, ours in COLUMNS)
    database.execute(
        f"""copy (select person_key, claim_kind, {columns}, is_valid, hash(person_key) % {job['buckets']} as bucket
            from booked where not is_held order by bucket, person_key, SETL_TIME, SETL_ID)
        to '{out}/claims' (format parquet, compression zstd, compression_level 1, partition_by (bucket))"""
    )
    database.execute(f"copy (select * from booked where is_held) to '{out}/held.parquet' (compression zstd)")
    rejected = "select SETL_ID, fault, MEDFEE_SUMAMT from judged where fault is not null"
    database.execute(f"copy ({rejected}) to '{out}/rejects.csv' (format csv)")
    counts = database.execute("""
        select fault, count(*), sum(MEDFEE_SUMAMT) from judged where fault is not null group by fault
        union all select case when is_held then 'held' else 'accepted' end, count(*), sum(MEDFEE_SUMAMT)
            from booked group by all
        union all select 'repeated', count(*), coalesce(sum(MEDFEE_SUMAMT), 0) from latest where not is_latest
    """).fetchall()
    return {"counts": {name: [rows, int(total * 100)] for name, rows, total in counts if rows}}


def open_accepted(database, accepted):
    """The accepted files as tables."""
    # the month's folder is the month on which a claim is booked
    database.execute(f"""create view claims as select *, cast(month || '-01' as date) as booked_month
        from read_parquet('{accepted}/claims/*/*/*.parquet', hive_partitioning = true, hive_types_autocast = false)""")
    for table in ("adjustments", "residents", "rosters", "income"):
        database.execute(f"create view {table} as select * from read_parquet('{accepted}/{table}/*.parquet')")


def open_raw(database, landing):
    """The raw files, checked, as the same tables."""
    database.execute(f"create view raw as select * from read_parquet('{landing}/claims/*.parquet')")
    good = f"""(select SETL_ID, INIT_SETL_ID, person_key, claim_kind, is_valid, SETL_TIME, UPDT_TIME, INSUTYPE,
        INSU_ADMDVS, PSN_NAME, MEDFEE_SUMAMT, PSN_PAY, FULAMT_OWNPAY_AMT, OVERLMT_SELFPAY, FUND_PAY_SUMAMT
        from ({settlements('raw')}) where fault is null)"""
    database.execute(f"create table latest as {LATEST.format(source=good)}")
    database.execute("create view winners as select * from latest where is_latest")
    database.execute(f"""create view claims as select SETL_ID as claim_id, person_key, claim_kind, is_valid,
        date_trunc('month', booked_at)::date as booked_month, INSUTYPE as insurance_type,
        INSU_ADMDVS as insured_area, PSN_NAME as person_name, PSN_PAY as personal_amount,
        FULAMT_OWNPAY_AMT as outside_catalogue_amount, OVERLMT_SELFPAY as over_limit_amount,
        FUND_PAY_SUMAMT as fund_amount
        from ({BOOKED.format(latest='winners')}) where not is_held""")
    register = persons(f"read_parquet('{landing}/residents/*.parquet')", "certno", "psn_cert_type",
                       "psn_name, updt_time, county, is_rural, surv_stas, resd_natu, 城乡分类代码 as village_class,")
    database.execute(f"""create table residents as
        with rows as (select *, rank() over (partition by person_key order by updt_time desc) as place
            from ({register}) where id_fault is null)
        select person_key, max(county) as county_code, case when max(is_rural) = '1' then true end as is_rural,
            max(surv_stas) <> '2' as is_alive, max(resd_natu) as household_type,
            max(village_class) as village_class, min(psn_name) <> max(psn_name) as has_name_conflict
        from rows where place = 1 group by person_key""")
    rosters = persons(
        f"read_csv('{landing}/rosters/*.csv', header = true, all_varchar = true)", '"证件号码\t"', "'01'",
        '"人员类别" as said, "识别时间" as since, "名册月份" as month, "来源单位" as office,')
    paid = persons(
        f"read_csv('{landing}/adjustments/*.csv', header = true, all_varchar = true)", '"身份证号"', '"证件类型"',
        '"结算ID", "金额",')
    tags = ", ".join(f"('{chinese}', '{tag}')" for chinese, tag in TAG_NAMES.items())
    database.execute(f"""create table rosters as
        select person_key, tag, office as source_office, since::date as from_date, null::date as to_date,
            strptime(month, '%Y%m')::date as roster_month
        from ({rosters}) join (values {tags}) t(chinese, tag) on said = chinese where id_fault is null""")
    database.execute(f"""create table adjustments as
        select "结算ID" as claim_id, person_key, cast("金额" as decimal(18, 2)) as amount
        from ({paid}) where id_fault is null""")
    database.execute(f"""create table income as
        select "指标" as indicator, "区划代码" as geography, cast("年份" as integer) as year,
            cast("数值" as decimal(18, 2)) as amount, cast("版次" as integer) as release,
            cast("发布日期" as date) as published_date
        from read_csv('{landing}/income/*.csv', header = true, all_varchar = true)""")


MEASURED = """
create table measured as
with counted as (
    select c.person_key, person_name, insured_area,
        case when claim_kind = 'supplement' then -fund_amount
            else personal_amount - outside_catalogue_amount - over_limit_amount end - coalesce(a.amount, 0) as cost
    from claims c left join (select claim_id, person_key, sum(amount) as amount from adjustments group by all) a
        on c.claim_id = a.claim_id and c.person_key = a.person_key
    where is_valid and insurance_type in ('390', '310') and booked_month between $from::date and $until::date
)
select person_key, sum(cost) as measured, min(insured_area) as first_area, max(insured_area) as last_area,
    min(replace(replace(person_name, ' ', ''), '　', '')) as first_name,
    max(replace(replace(person_name, ' ', ''), '　', '')) as last_name
from counted group by person_key
having measured > (select min(line) from lines) * $warn
"""

TAGS = f"""
create table tags as
with rolls as (
    select source_office, tag, max(roster_month) as last_roll from rosters
    where roster_month <= $until::date group by all
)
select distinct r.person_key, r.tag from rosters r left join rolls using (source_office, tag)
where coalesce(roster_month, from_date) <= $until::date and coalesce(from_date, roster_month) <= $until::date
    and coalesce(to_date, $until::date) >= $until::date
    and (last_roll is null or last_roll <= coalesce(roster_month, date_trunc('month', from_date))
        or list_contains({list(STATED_TAGS)!r}, r.tag))
"""

JUDGED = f"""
with place as (
    select m.*, coalesce(r.county_code, case when first_area = last_area then first_area end) as county,
        coalesce(r.is_alive, true) as is_alive,
        m.person_key > 0 and first_name <> last_name or coalesce(r.has_name_conflict, false) as has_conflict,
        t.tags is not null and list_has_any(t.tags, $tags) as is_tagged,
        coalesce(r.is_rural,
            case when t.tags is not null and list_has_any(t.tags, {list(TAGS_OF_THE_COUNTRY)!r}) then true end,
            case left(r.village_class, 1) when '1' then false when '2' then true end,
            case when r.household_type in ('20', '21', '22') then true
                when r.household_type in ('10', '11', '12') then false end) as rural
    from measured m left join residents r using (person_key)
    left join (select person_key, list(tag) as tags from tags group by person_key) t using (person_key)
), judged as (
    select person_key, measured, case
        when len($tags) > 0 and not is_tagged then 'outside'
        when $needs_rural and rural = false then 'outside'
        when measured <= coalesce(line, (select min(line) from lines)) * $multiple * $warn then 'below'
        when has_conflict then 'id_conflict'
        when county is null then 'county_unclear'
        when line is null then 'no_income_figure'
        when $needs_rural and rural is null then 'rural_unknown'
        when not is_alive then 'deceased'
        when measured > line * $multiple then 'flagged'
        else 'near' end as outcome
    from place left join lines on geography = left(county, 2) || '0000'
)
select person_key, $rule, outcome, measured from judged where outcome not in ('outside', 'below')
"""


def find(database):
    """The findings of both rules."""
    database.execute(
        """create table lines as select geography, arg_max(amount, release) as line from income
        where indicator = 'rural_disposable_income' and year = year($until::date) - 1 and published_date <= $until::date
        group by geography""", {"until": PERIOD_DAY})
    days = {"from": PERIOD_DAY[:4] + "-01-01", "until": PERIOD_DAY}
    database.execute(MEASURED.replace("$warn", "0.8"), days)
    database.execute(TAGS, {"until": PERIOD_DAY})
    found = []
    for rule in RULES:
        sql = JUDGED.replace("$multiple", rule["multiple"]).replace("$warn", "0.8")
        found += database.execute(
            sql, {"tags": rule["tags"], "needs_rural": rule["needs_rural"], "rule": rule["id"]}).fetchall()
    return {"findings": [[key, rule, outcome, int(cost * 100)] for key, rule, outcome, cost in found]}


def from_accepted(job):
    """Findings of the year from the accepted files."""
    database = connect(job["scratch"])
    open_accepted(database, job["accepted"])
    return find(database)


def from_raw(job):
    """Findings of the year from the raw files."""
    database = connect(job["scratch"])
    open_raw(database, job["landing"])
    return find(database)


WORKS = {"intake": intake, "accepted": from_accepted, "raw": from_raw}
