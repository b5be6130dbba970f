"""The three works in ClickHouse (chdb), in SQL: intake of a month, findings from accepted and from raw files."""

import json
import os

from chdb import session

from peers.common import (
    COLUMNS, MONEY_COLUMNS, PARTS, PERIOD_DAY, RULES, STATED_TAGS, SUPPLEMENTS, TAG_NAMES, TAGS_OF_THE_COUNTRY,
)

WIDE = "０１２３４５６７８９Ｘｘ"
NARROW = "0123456789XX"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class Database:
    """A server in this process, on two threads."""

    def __init__(self, scratch):
        self.session = session.Session(os.path.join(scratch, "clickhouse"))
        self.run("set max_threads = 2, join_use_nulls = 1, max_insert_threads = 2, "
                 "input_format_csv_skip_first_lines = 1, max_partitions_per_insert_block = 1000")
        self.run("create database if not exists bench")
        self.run("use bench")

    def run(self, sql):
        self.session.query(sql)

    def rows(self, sql):
        return json.loads(self.session.query(sql, "JSONCompact").bytes().decode())["data"]


def parquet(files):
    """A table function over Parquet files."""
    return f"file('{files}', Parquet)"


def csv(files, columns):
    names = ", ".join(f"`{column}` String" for column in columns)
    return f"file('{files}', CSV, '{names}')"


def check_character(key):
    terms = " + ".join(f"intDiv({key}, {10 ** (16 - at)}) % 10 * {weight}" for at, weight in enumerate(WEIGHTS))
    return f"substring('10X98765432', ({terms}) % 11 + 1, 1)"


def persons(source, id_column, cert, extra="", newborn="false", number="''"):
    """The rows of a source with person_key, or the code under which the row is rejected."""
    return f"""
    select {extra} multiIf(
            has_document, '',
            tidy_id in ('', '无'), 'id_missing',
            position(tidy_id, 'E+') > 0, 'id_lost_digits',
            digits = 0 or length(tidy_id) not in (17, 18) or length(tidy_id) = 17 and not is_short, 'id_malformed',
            born_year < 1850 or born_year > 2100 or born_month not between 1 and 12 or born_day < 1
                or born_day > multiIf(born_month in (4, 6, 9, 11), 30, born_month != 2, 31,
                    born_year % 4 = 0 and (born_year % 100 != 0 or born_year % 400 = 0), 29, 28), 'id_malformed',
            length(tidy_id) = 18 and substring(tidy_id, 18, 1) != {check_character('digits')}, 'id_check_digit',
            '') as id_fault,
        multiIf({newborn}, -1 - toInt64(bitShiftRight(xxh3('psn|' || {number}), 2)),
            has_document, -1 - toInt64(bitShiftRight(xxh3({cert} || '|' || tidy_id), 2)), digits) as person_key
    from (
        select *,
            {newborn} or ifNull({cert}, '') not in ('', '01', '1', '90', '17') as has_document,
            upper(replaceRegexpAll(translateUTF8(ifNull({id_column}, ''), '{WIDE}', '{NARROW}'), '\\\\s', '')) as bare_id,
            match(bare_id, '^[0-9]{{15}}$') as is_short,
            multiIf(has_document, bare_id,
                length(bare_id) = 19 and startsWith(bare_id, 'G'), substring(bare_id, 2),
                is_short, substring(bare_id, 1, 6) || '19' || substring(bare_id, 7), bare_id) as tidy_id,
            if(match(tidy_id, '^[1-9][0-9]{{16}}[0-9X]?$'), toInt64OrZero(substring(tidy_id, 1, 17)), 0) as digits,
            intDiv(digits, 10000000) % 10000 as born_year, intDiv(digits, 100000) % 100 as born_month,
            intDiv(digits, 1000) % 100 as born_day
        from {source}
    )
    """


def amount(name):
    return f"ifNull({name}, 0)"


def settlements(source):
    """Raw claims with person, kind and the first fault."""
    parts = " + ".join(amount(part) for part in PARTS)
    signs = ", ".join(amount(name) for name in MONEY_COLUMNS)
    newborn = "(ifNull(NWB_FLAG, '0') = '1' or ifNull(PSN_TYPE, '') = '1401')"
    raws = ", ".join(raw for raw, _ in COLUMNS) + ", VALI_FLAG,"
    known = persons(source, "CERTNO", "ifNull(PSN_CERT_TYPE, '')", raws, newborn, "ifNull(PSN_NO, '')")
    return f"""
    select *,
        multiIf(ifNull(MANL_REIM_REA, '') in {SUPPLEMENTS}, 'supplement',
            MEDFEE_SUMAMT < 0 or ifNull(REFD_SETL_FLAG, '0') = '1' and MEDFEE_SUMAMT <= 0
                and INIT_SETL_ID is not null, 'reversal', 'settlement') as claim_kind,
        ifNull(VALI_FLAG, '1') != '0' as is_valid,
        greatest({signs}) as largest, least({signs}) as smallest,
        multiIf(
            SETL_ID is null or INSUTYPE is null or MED_TYPE is null or SETL_TIME is null or MEDFEE_SUMAMT is null
                or FULAMT_OWNPAY_AMT is null or OVERLMT_SELFPAY is null or PRESELFPAY_AMT is null
                or INSCP_AMT is null or FUND_PAY_SUMAMT is null or PSN_PAY is null, 'missing',
            ifNull(lengthUTF8(PSN_NAME), 0) > 400 or lengthUTF8(SETL_ID) > 400, 'too_long',
            INSU_ADMDVS is not null and not match(INSU_ADMDVS, '^[0-9]{{6}}$'), 'malformed',
            largest > 10000000000 or smallest < -10000000000, 'out_of_range',
            id_fault != '', id_fault,
            not is_valid, '',
            claim_kind = 'settlement' and smallest < 0 or claim_kind = 'reversal' and largest > 0,
                if(smallest < 0 and largest > 0, 'identity_deductible', 'out_of_range'),
            claim_kind != 'supplement' and abs(MEDFEE_SUMAMT - FULAMT_OWNPAY_AMT - OVERLMT_SELFPAY
                - PRESELFPAY_AMT - INSCP_AMT) > 0.01, 'identity_total',
            abs(FUND_PAY_SUMAMT - ({parts})) > 0.01, 'identity_funds',
            claim_kind = 'supplement', '',
            abs(PSN_PAY - MEDFEE_SUMAMT + FUND_PAY_SUMAMT + {amount('OWNPAY_HOSP_PART')}) > 0.01, 'identity_personal',
            CASH_PAYAMT is not null and abs(PSN_PAY - {amount('ACCT_PAY')} - CASH_PAYAMT) > 0.01
                and abs(PSN_PAY - {amount('ACCT_PAY')} - CASH_PAYAMT - {amount('ACCT_MULAID_PAY')}) > 0.01,
                'identity_cash',
            claim_kind = 'settlement' and (ifNull(ACT_PAY_DEDC, 0) < 0 or ifNull(ACT_PAY_DEDC, 0) > INSCP_AMT + 0.01)
                or claim_kind = 'reversal'
                    and (ifNull(ACT_PAY_DEDC, 0) > 0 or ifNull(ACT_PAY_DEDC, 0) < INSCP_AMT - 0.01),
                'identity_deductible',
            '') as fault
    from ({known})
    """


# The latest update of each claim counts; a reversal counts on its original's month as long as that has money left.
TAKEN = """
create table taken engine = Memory as
select r.SETL_ID as reversal_id, o.SETL_TIME as booked_at,
    sum(-r.MEDFEE_SUMAMT) over original <= o.MEDFEE_SUMAMT and sum(-r.PSN_PAY) over original <= o.PSN_PAY as fits
from (select * from latest where claim_kind = 'reversal' and is_valid) as r
inner join (
    select SETL_ID, SETL_TIME, person_key, MEDFEE_SUMAMT, PSN_PAY from latest
    where claim_kind = 'settlement' and is_valid
        and SETL_ID in (select INIT_SETL_ID from latest where claim_kind = 'reversal')
) as o on r.INIT_SETL_ID = o.SETL_ID and o.person_key = r.person_key
window original as (partition by o.SETL_ID order by ifNull(r.UPDT_TIME, r.SETL_TIME), r.SETL_ID
    rows between unbounded preceding and current row)
"""

BOOKED = """
select c.*, if(c.claim_kind = 'reversal' and c.is_valid, t.booked_at, c.SETL_TIME) as booked_at,
    c.claim_kind = 'reversal' and c.is_valid and not ifNull(t.fits, 0) as is_held
from latest as c left join taken as t on c.SETL_ID = t.reversal_id
"""


def latest(database, source, columns):
    """One row per claim: only claims that came twice are sorted."""
    database.run(f"create table good engine = Memory as select {columns} from ({source}) where fault = ''")
    database.run("create table twice engine = Memory as select SETL_ID from good group by SETL_ID having count() > 1")
    database.run("""create view latest as
        select * from good where SETL_ID not in (select SETL_ID from twice)
        union all select * from good where SETL_ID in (select SETL_ID from twice)
            order by ifNull(UPDT_TIME, SETL_TIME) desc limit 1 by SETL_ID""")
    database.run(TAKEN)


def intake(job):
    """One raw month: checked, each claim once, sorted by person in buckets, rejects and counts beside it."""
    database, out = Database(job["scratch"]), job["out"]
    os.makedirs(f"{out}/claims")
    database.run(f"create table judged engine = Memory as {settlements(parquet(job['file']))}")
    raws = ", ".join(raw for raw, _ in COLUMNS) + ", VALI_FLAG, person_key, claim_kind, is_valid"
    latest(database, "select * from judged", raws)
    database.run(f"create table booked engine = Memory as {BOOKED}")
    columns = ", ".join(f"{raw} as {ours}" for raw, ours in COLUMNS)
    codec = "settings output_format_parquet_compression_method = 'zstd', output_format_compression_level = 1"
    database.run(
        f"""insert into function file('{out}/claims/bucket={{_partition_id}}.parquet', Parquet)
            partition by intHash64(person_key) % {job['buckets']}
        select person_key, claim_kind, {columns}, is_valid from booked where not is_held
        order by intHash64(person_key) % {job['buckets']}, person_key, SETL_TIME, SETL_ID {codec}"""
    )
    database.run(f"insert into function file('{out}/held.parquet', Parquet) select * from booked where is_held {codec}")
    database.run(f"""insert into function file('{out}/rejects.csv', CSVWithNames)
        select SETL_ID, fault, MEDFEE_SUMAMT from judged where fault != ''""")
    counts = database.rows("""
        select fault, toInt64(count()), toString(sum(MEDFEE_SUMAMT)) from judged where fault != '' group by fault
        union all select if(is_held, 'held', 'accepted') as what, toInt64(count()), toString(sum(MEDFEE_SUMAMT))
            from booked group by what
        union all select 'repeated', toInt64(r.rows - b.rows), toString(r.fen - b.fen) from
            (select count() as rows, sum(MEDFEE_SUMAMT) as fen from good) as r,
            (select count() as rows, sum(MEDFEE_SUMAMT) as fen from booked) as b""")
    fen = lambda text: round(float(text) * 100)
    return {"counts": {name: [int(rows), fen(total)] for name, rows, total in counts if int(rows)}}


def open_accepted(database, accepted):
    """The accepted files as tables."""
    database.run(f"""create view claims as select *,
        toDate(extract(_path, 'month=([0-9-]+)') || '-01') as booked_month from {parquet(f'{accepted}/claims/*/*/*.parquet')}""")
    for table in ("adjustments", "residents", "rosters", "income"):
        database.run(f"create view {table} as select * from {parquet(f'{accepted}/{table}/*.parquet')}")


def open_raw(database, landing):
    """The raw files, checked, as the same tables."""
    columns = """SETL_ID, INIT_SETL_ID, person_key, claim_kind, is_valid, SETL_TIME, UPDT_TIME, INSUTYPE, INSU_ADMDVS,
        PSN_NAME, MEDFEE_SUMAMT, PSN_PAY, FULAMT_OWNPAY_AMT, OVERLMT_SELFPAY, FUND_PAY_SUMAMT"""
    latest(database, settlements(parquet(f"{landing}/claims/*.parquet")), columns)
    database.run(f"""create view claims as select SETL_ID as claim_id, person_key, claim_kind, is_valid,
        toStartOfMonth(booked_at) as booked_month, INSUTYPE as insurance_type, INSU_ADMDVS as insured_area,
        PSN_NAME as person_name, PSN_PAY as personal_amount, FULAMT_OWNPAY_AMT as outside_catalogue_amount,
        OVERLMT_SELFPAY as over_limit_amount, FUND_PAY_SUMAMT as fund_amount
        from ({BOOKED}) where not is_held""")
    register = persons(parquet(f"{landing}/residents/*.parquet"), "certno", "ifNull(psn_cert_type, '')",
                       "psn_name, updt_time, county, is_rural, surv_stas, resd_natu, `城乡分类代码` as class,")
    database.run(f"""create table register engine = Memory as select * from ({register}) where id_fault = ''""")
    database.run("""create table residents engine = Memory as
        select person_key, argMax(county, updt_time) as county_code,
            if(argMax(ifNull(is_rural, ''), updt_time) = '1', true, null) as is_rural,
            argMax(surv_stas, updt_time) != '2' as is_alive,
            argMax(ifNull(resd_natu, ''), updt_time) as household_type,
            argMax(ifNull(class, ''), updt_time) as village_class,
            argMin(psn_name, (-toInt64(toUnixTimestamp64Milli(updt_time)), psn_name))
                != argMax(psn_name, (toInt64(toUnixTimestamp64Milli(updt_time)), psn_name)) as has_name_conflict
        from register group by person_key""")
    header = ("序号", "县区代码", "姓名", "证件号码", "人员类别", "识别时间", "名册月份", "来源单位")
    rosters = persons(csv(f"{landing}/rosters/*.csv", header), "`证件号码`", "'01'",
                      "`人员类别` as said, `识别时间` as since, `名册月份` as month, `来源单位` as office,")
    said, tags = list(TAG_NAMES), list(TAG_NAMES.values())
    database.run(f"""create table rosters engine = Memory as
        select person_key, transform(said, {said!r}, {tags!r}, '') as tag, office as source_office,
            toDateOrNull(since) as from_date, cast(null as Nullable(Date)) as to_date,
            toNullable(toDate(substring(month, 1, 4) || '-' || substring(month, 5, 2) || '-01')) as roster_month
        from ({rosters}) where id_fault = ''""")
    header = ("报销编号", "结算ID", "身份证号", "证件类型", "金额", "支付方", "支付日期")
    paid = persons(csv(f"{landing}/adjustments/*.csv", header), "`身份证号`", "`证件类型`", "`结算ID`, `金额`,")
    database.run(f"""create table adjustments engine = Memory as
        select `结算ID` as claim_id, person_key, toDecimal64(`金额`, 2) as amount from ({paid}) where id_fault = ''""")
    header = ("指标", "区划代码", "年份", "数值", "版次", "发布日期", "来源")
    database.run(f"""create table income engine = Memory as
        select `指标` as indicator, `区划代码` as geography, toInt32(`年份`) as year, toDecimal64(`数值`, 2) as amount,
            toInt32(`版次`) as release, toDate(`发布日期`) as published_date
        from {csv(f"{landing}/income/*.csv", header)}""")


def find(database):
    """The findings of both rules."""
    year, day = PERIOD_DAY[:4], f"toDate('{PERIOD_DAY}')"
    database.run(f"""create table lines engine = Memory as
        select geography, argMax(amount, release) as line from income
        where indicator = 'rural_disposable_income' and year = {int(year) - 1} and published_date <= {day}
        group by geography""")
    database.run(f"""create table paid engine = Memory as
        select assumeNotNull(claim_id) as claim_id, assumeNotNull(person_key) as person_key, sum(amount) as amount
        from adjustments group by claim_id, person_key""")
    database.run(f"""create table measured engine = Memory as
        select person_key,
            sum(if(claim_kind = 'supplement', -fund_amount,
                personal_amount - outside_catalogue_amount - over_limit_amount) - ifNull(a.amount, 0)) as measured,
            min(insured_area) as first_area, max(insured_area) as last_area,
            min(replaceAll(replaceAll(person_name, ' ', ''), '　', '')) as first_name,
            max(replaceAll(replaceAll(person_name, ' ', ''), '　', '')) as last_name
        from claims as c left join paid as a on c.claim_id = a.claim_id and c.person_key = a.person_key
        where ifNull(is_valid, true) and insurance_type in ('390', '310')
            and booked_month between toDate('{year}-01-01') and {day}
        group by person_key having measured > (select min(line) from lines) * toDecimal64('0.8', 1)""")
    database.run(f"""create table tags engine = Memory as
        select r.person_key as person_key, groupUniqArray(r.tag) as tags from rosters as r
        left join (select source_office, tag, max(roster_month) as last_roll from rosters
            where roster_month <= {day} group by source_office, tag) as l
            on r.source_office = l.source_office and r.tag = l.tag
        where coalesce(roster_month, from_date) <= {day} and coalesce(from_date, roster_month) <= {day}
            and coalesce(to_date, {day}) >= {day}
            and (last_roll is null or last_roll <= coalesce(roster_month, toStartOfMonth(from_date))
                or has({list(STATED_TAGS)!r}, r.tag))
        group by person_key""")
    database.run(f"""create table place engine = Memory as
        select m.person_key as person_key, m.measured as measured,
            coalesce(r.county_code, if(first_area = last_area, first_area, null)) as county,
            ifNull(r.is_alive, true) as is_alive, ifNull(t.tags, []) as held_tags,
            m.person_key > 0 and ifNull(first_name != last_name, false)
                or ifNull(r.has_name_conflict, false) as has_conflict,
            multiIf(r.is_rural is not null, r.is_rural, hasAny(held_tags, {list(TAGS_OF_THE_COUNTRY)!r}), true,
                left(r.village_class, 1) = '1', false, left(r.village_class, 1) = '2', true,
                r.household_type in ('20', '21', '22'), true, r.household_type in ('10', '11', '12'), false, null)
                as rural, l.line as line, (select min(line) from lines) as lowest
        from measured as m left join
            (select * from residents where person_key in (select person_key from measured)) as r
            on m.person_key = r.person_key
        left join tags as t on m.person_key = t.person_key
        left join lines as l on l.geography = left(county, 2) || '0000'""")
    found = []
    for rule in RULES:
        multiple, tags = f"toDecimal64('{rule['multiple']}', 1)", rule["tags"]
        outside = f"not hasAny(held_tags, {tags!r}), 'outside'," if tags else ""
        rural = "rural = false, 'outside'," if rule["needs_rural"] else ""
        unknown = "rural is null, 'rural_unknown'," if rule["needs_rural"] else ""
        found += database.rows(f"""select toString(person_key), '{rule['id']}', multiIf({outside} {rural}
                measured <= coalesce(line, lowest) * {multiple} * toDecimal64('0.8', 1), 'below',
                has_conflict, 'id_conflict', county is null, 'county_unclear', line is null, 'no_income_figure',
                {unknown} not is_alive, 'deceased', measured > line * {multiple}, 'flagged', 'near') as outcome,
                toString(toInt64(measured * 100))
            from place where outcome not in ('outside', 'below')""")
    return {"findings": [[int(key), rule, outcome, int(fen)] for key, rule, outcome, fen in found]}


def from_accepted(job):
    """Findings of the year from the accepted files."""
    database = Database(job["scratch"])
    open_accepted(database, job["accepted"])
    return find(database)


def from_raw(job):
    """Findings of the year from the raw files."""
    database = Database(job["scratch"])
    open_raw(database, job["landing"])
    return find(database)


WORKS = {"intake": intake, "accepted": from_accepted, "raw": from_raw}
