"""The three works in Polars, lazily: intake of a month, findings from accepted and from raw files."""

import os

os.environ["POLARS_MAX_THREADS"] = "2"

import datetime
from decimal import Decimal

import polars as pl
from polars import col, lit, when

from peers.common import (
    COLUMNS, MONEY_COLUMNS, PARTS, PERIOD_DAY, RULES, STATED_TAGS, SUPPLEMENTS, TAG_NAMES, TAGS_OF_THE_COUNTRY,
)

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
DAY = datetime.date.fromisoformat(PERIOD_DAY)
FIRST = datetime.date(DAY.year, 1, 1)
WIDE = list("０１２３４５６７８９Ｘｘ　 \t")
NARROW = list("0123456789XX") + ["", "", ""]
MONEY = pl.Decimal(18, 2)


def collect(frame):
    return frame.collect(engine="streaming")


def check_character(digits):
    """ISO 7064 MOD 11-2 over the seventeen digits of a whole number."""
    total = sum((digits // 10 ** (16 - at) % 10) * weight for at, weight in enumerate(WEIGHTS))
    return total % 11


def with_person(frame, id_column, cert, newborn=lit(False), number=lit("")):
    """Adds person_key, and the code under which a row is rejected (null: none)."""
    frame = frame.with_columns(
        (newborn | ~cert.fill_null("").is_in(["", "01", "1", "90", "17"])).alias("has_document"),
        when(col(id_column).str.contains(r"^[1-9][0-9]{16}[0-9X]$")).then(col(id_column))
        .otherwise(col(id_column).fill_null("").str.replace_many(WIDE, NARROW).str.to_uppercase()).alias("tidy_id"),
    ).with_columns((col("tidy_id").str.contains(r"^[0-9]{15}$")).alias("is_short")).with_columns(
        when(col("has_document")).then(col("tidy_id"))
        .when(col("is_short")).then(col("tidy_id").str.slice(0, 6) + "19" + col("tidy_id").str.slice(6))
        .when((col("tidy_id").str.len_bytes() == 19) & col("tidy_id").str.starts_with("G"))
        .then(col("tidy_id").str.slice(1)).otherwise(col("tidy_id")).alias("tidy_id"))
    frame = frame.with_columns(
        when(col("tidy_id").str.contains(r"^[1-9][0-9]{16}[0-9X]?$"))
        .then(col("tidy_id").str.slice(0, 17).cast(pl.Int64, strict=False)).alias("digits"),
        col("tidy_id").str.len_bytes().alias("length"))
    digits, length = col("digits"), col("length")
    year, month, day = digits // 10**7 % 10000, digits // 10**5 % 100, digits // 1000 % 100
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = when(month.is_in([4, 6, 9, 11])).then(30).when(month != 2).then(31).when(leap).then(29).otherwise(28)
    # the place of the check character in the table of check characters, without a table per row
    sent = col("tidy_id").str.slice(17, 1).replace_strict(list("10X98765432"), list(range(11)), default=-1, return_dtype=pl.Int64)
    fault = (
        when(col("has_document")).then(None)
        .when(col("tidy_id").is_in(["", "无"])).then(lit("id_missing"))
        .when(col("tidy_id").str.contains("E+", literal=True)).then(lit("id_lost_digits"))
        .when(digits.is_null() | ~length.is_in([17, 18]) | ((length == 17) & ~col("is_short")))
        .then(lit("id_malformed"))
        .when((year < 1850) | (year > 2100) | (month < 1) | (month > 12) | (day < 1) | (day > last))
        .then(lit("id_malformed"))
        .when((length == 18) & (check_character(digits) != sent)).then(lit("id_check_digit")))
    document = when(newborn).then(pl.concat_str(lit("psn|"), number.fill_null(""))).otherwise(
        pl.concat_str(cert.fill_null(""), lit("|"), col("tidy_id")))
    hashed = -1 - (document.hash() // 4).cast(pl.Int64)
    return frame.with_columns(
        fault.alias("id_fault"), when(col("has_document")).then(hashed).otherwise(digits).alias("person_key"),
    ).drop("has_document", "tidy_id", "is_short", "digits", "length")


def settlements(files):
    """Raw claims with person, kind and the first fault."""
    frame = pl.scan_parquet(files)
    newborn = (col("NWB_FLAG").fill_null("0") == "1") | (col("PSN_TYPE").fill_null("") == "1401")
    frame = with_person(frame, "CERTNO", col("PSN_CERT_TYPE"), newborn, col("PSN_NO"))
    amount = lambda name: col(name).fill_null(0)
    total, fund, personal = col("MEDFEE_SUMAMT"), col("FUND_PAY_SUMAMT"), col("PSN_PAY")
    frame = frame.with_columns(
        when(col("MANL_REIM_REA").fill_null("").is_in(SUPPLEMENTS)).then(lit("supplement"))
        .when((total < 0) | ((col("REFD_SETL_FLAG") == "1") & (total <= 0) & col("INIT_SETL_ID").is_not_null()))
        .then(lit("reversal")).otherwise(lit("settlement")).alias("claim_kind"),
        (col("VALI_FLAG").fill_null("1") != "0").alias("is_valid"),
        pl.max_horizontal([amount(name) for name in MONEY_COLUMNS]).alias("largest"),
        pl.min_horizontal([amount(name) for name in MONEY_COLUMNS]).alias("smallest"))
    needed = ["SETL_ID", "INSUTYPE", "MED_TYPE", "SETL_TIME", "MEDFEE_SUMAMT", "FULAMT_OWNPAY_AMT", "OVERLMT_SELFPAY",
              "PRESELFPAY_AMT", "INSCP_AMT", "FUND_PAY_SUMAMT", "PSN_PAY"]
    kind, largest, smallest = col("claim_kind"), col("largest"), col("smallest")
    far = lambda difference: difference.abs() > Decimal("0.01")
    fees = total - col("FULAMT_OWNPAY_AMT") - col("OVERLMT_SELFPAY") - col("PRESELFPAY_AMT") - col("INSCP_AMT")
    cash = personal - amount("ACCT_PAY") - col("CASH_PAYAMT")
    paid, scope, cent = amount("ACT_PAY_DEDC"), col("INSCP_AMT"), Decimal("0.01")
    fault = (
        when(pl.any_horizontal([col(name).is_null() for name in needed])).then(lit("missing"))
        .when((col("PSN_NAME").str.len_chars() > 400) | (col("SETL_ID").str.len_chars() > 400)).then(lit("too_long"))
        .when(col("INSU_ADMDVS").is_not_null() & ~col("INSU_ADMDVS").str.contains(r"^[0-9]{6}$")).then(lit("malformed"))
        .when((largest > 10**10) | (smallest < -(10**10))).then(lit("out_of_range"))
        .when(col("id_fault").is_not_null()).then(col("id_fault"))
        .when(~col("is_valid")).then(None)
        .when(((kind == "settlement") & (smallest < 0)) | ((kind == "reversal") & (largest > 0)))
        .then(when((smallest < 0) & (largest > 0)).then(lit("identity_deductible")).otherwise(lit("out_of_range")))
        .when((kind != "supplement") & far(fees)).then(lit("identity_total"))
        .when(far(fund - sum(amount(part) for part in PARTS))).then(lit("identity_funds"))
        .when(kind == "supplement").then(None)
        .when(far(personal - total + fund + amount("OWNPAY_HOSP_PART"))).then(lit("identity_personal"))
        .when(far(cash) & far(cash - amount("ACCT_MULAID_PAY"))).then(lit("identity_cash"))
        .when(((kind == "settlement") & ((paid < 0) | (paid > scope + cent)))
              | ((kind == "reversal") & ((paid > 0) | (paid < scope - cent)))).then(lit("identity_deductible")))
    return frame.with_columns(fault.alias("fault")).drop("largest", "smallest", "id_fault")


def booked(good):
    """The latest update of each claim; a reversal on its original's month as long as that has money left."""
    is_twice = col("SETL_ID").is_duplicated()
    updated = pl.coalesce("UPDT_TIME", "SETL_TIME")
    twice = good.filter(is_twice).sort(updated).unique("SETL_ID", keep="last", maintain_order=True)
    latest = pl.concat([good.filter(~is_twice), twice])
    reversals = latest.filter((col("claim_kind") == "reversal") & col("is_valid"))
    originals = latest.filter((col("claim_kind") == "settlement") & col("is_valid")).join(
        reversals.select(col("INIT_SETL_ID").alias("SETL_ID")), on="SETL_ID", how="semi")
    taken = (
        reversals.join(originals.select("SETL_ID", "person_key", col("SETL_TIME").alias("booked_at"),
                                        col("MEDFEE_SUMAMT").alias("total"), col("PSN_PAY").alias("personal")),
                       left_on=["INIT_SETL_ID", "person_key"], right_on=["SETL_ID", "person_key"])
        .sort(updated, "SETL_ID")
        .with_columns(
            (-col("MEDFEE_SUMAMT")).cum_sum().over("INIT_SETL_ID").alias("total_back"),
            (-col("PSN_PAY")).cum_sum().over("INIT_SETL_ID").alias("personal_back"))
        .filter((col("total_back") <= col("total")) & (col("personal_back") <= col("personal")))
        .select("SETL_ID", "booked_at"))
    is_reversal = (col("claim_kind") == "reversal") & col("is_valid")
    return latest.join(taken, on="SETL_ID", how="left").with_columns(
        (is_reversal & col("booked_at").is_null()).alias("is_held"),
        when(is_reversal).then(col("booked_at")).otherwise(col("SETL_TIME")).alias("booked_at")), len(good) - len(latest)


def counted(frame, by):
    groups = frame.group_by(by).agg(pl.len(), col("MEDFEE_SUMAMT").sum())
    return {name: [rows, int(total * 100)] for name, rows, total in groups.iter_rows()}


def intake(job):
    """One raw month: checked, each claim once, sorted by person in buckets, rejects and counts beside it."""
    out = job["out"]
    judged = collect(settlements(job["file"]))
    rejected = judged.filter(col("fault").is_not_null())
    good = judged.filter(col("fault").is_null())
    del judged
    claims, repeated = booked(good)
    before = good["MEDFEE_SUMAMT"].sum()
    rejected.select("SETL_ID", "fault", "MEDFEE_SUMAMT").write_csv(f"{out}/rejects.csv")
    claims.filter("is_held").write_parquet(f"{out}/held.parquet", compression="zstd")
    counts = counted(rejected, "fault")
    counts |= counted(claims.with_columns(when("is_held").then(lit("held")).otherwise(lit("accepted")).alias("what")), "what")
    if repeated:
        counts["repeated"] = [repeated, int((before - claims["MEDFEE_SUMAMT"].sum()) * 100)]
    kept = claims.filter(~col("is_held")).select(
        "person_key", "claim_kind", *(col(raw).alias(ours) for raw, ours in COLUMNS), "is_valid",
        (col("person_key").hash() % job["buckets"]).alias("bucket"))
    del claims, good
    os.makedirs(f"{out}/claims")
    for (bucket,), rows in kept.partition_by("bucket", as_dict=True, include_key=False).items():
        rows.sort("person_key", "settled_at", "claim_id").write_parquet(
            f"{out}/claims/bucket={bucket}.parquet", compression="zstd", compression_level=1)
    return {"counts": counts}


def open_accepted(accepted):
    """The accepted files as lazy tables."""
    claims = pl.scan_parquet(
        f"{accepted}/claims/*/*/*.parquet", hive_schema={"month": pl.String, "bucket": pl.String}, hive_partitioning=True)
    claims = claims.with_columns((col("month") + "-01").str.to_date("%Y-%m-%d").alias("booked_month"))
    rest = {table: pl.scan_parquet(f"{accepted}/{table}/*.parquet")
            for table in ("adjustments", "residents", "rosters", "income")}
    return {"claims": claims, **rest}


def open_raw(landing):
    """The raw files, checked, as the same tables."""
    columns = ["SETL_ID", "INIT_SETL_ID", "person_key", "claim_kind", "is_valid", "SETL_TIME", "UPDT_TIME", "INSUTYPE",
               "INSU_ADMDVS", "PSN_NAME", "MEDFEE_SUMAMT", "PSN_PAY", "FULAMT_OWNPAY_AMT", "OVERLMT_SELFPAY",
               "FUND_PAY_SUMAMT"]
    good = collect(settlements(f"{landing}/claims/*.parquet").filter(col("fault").is_null()).select(columns))
    claims, _ = booked(good)
    claims = claims.lazy().filter(~col("is_held")).select(
        col("SETL_ID").alias("claim_id"), "person_key", "claim_kind", "is_valid",
        col("booked_at").dt.date().dt.month_start().alias("booked_month"), col("INSUTYPE").alias("insurance_type"),
        col("INSU_ADMDVS").alias("insured_area"), col("PSN_NAME").alias("person_name"),
        col("PSN_PAY").alias("personal_amount"), col("FULAMT_OWNPAY_AMT").alias("outside_catalogue_amount"),
        col("OVERLMT_SELFPAY").alias("over_limit_amount"), col("FUND_PAY_SUMAMT").alias("fund_amount"))
    register = with_person(pl.scan_parquet(f"{landing}/residents/*.parquet"), "certno", col("psn_cert_type"))
    latest = register.filter(col("id_fault").is_null() & (col("updt_time") == col("updt_time").max().over("person_key")))
    residents = latest.group_by("person_key").agg(
        col("county").max().alias("county_code"),
        when(col("is_rural").max() == "1").then(True).alias("is_rural"),
        (col("surv_stas").max() != "2").alias("is_alive"), col("resd_natu").max().alias("household_type"),
        col("城乡分类代码").max().alias("village_class"),
        (col("psn_name").min() != col("psn_name").max()).alias("has_name_conflict"))
    text = lambda path: pl.scan_csv(path, infer_schema=False)
    rosters = with_person(text(f"{landing}/rosters/*.csv"), "证件号码\t", lit("01")).filter(col("id_fault").is_null())
    rosters = rosters.select(
        "person_key", col("人员类别").replace_strict(TAG_NAMES, default=None).alias("tag"),
        col("来源单位").alias("source_office"), col("识别时间").str.to_date("%Y-%m-%d", strict=False).alias("from_date"),
        lit(None, pl.Date).alias("to_date"), (col("名册月份") + "01").str.to_date("%Y%m%d").alias("roster_month"))
    paid = with_person(text(f"{landing}/adjustments/*.csv"), "身份证号", col("证件类型")).filter(col("id_fault").is_null())
    paid = paid.select(col("结算ID").alias("claim_id"), "person_key", col("金额").cast(MONEY).alias("amount"))
    income = text(f"{landing}/income/*.csv").select(
        col("指标").alias("indicator"), col("区划代码").alias("geography"), col("年份").cast(pl.Int32).alias("year"),
        col("数值").cast(MONEY).alias("amount"), col("版次").cast(pl.Int32).alias("release"),
        col("发布日期").str.to_date("%Y-%m-%d").alias("published_date"))
    return {"claims": claims, "residents": residents, "rosters": rosters, "adjustments": paid, "income": income}


def find(tables):
    """The findings of both rules."""
    lines = collect(
        tables["income"]
        .filter((col("indicator") == "rural_disposable_income") & (col("year") == DAY.year - 1)
                & (col("published_date") <= DAY))
        .sort("release").group_by("geography").agg(col("amount").last().alias("line")))
    lowest = lines["line"].min()
    paid = tables["adjustments"].group_by("claim_id", "person_key").agg(col("amount").sum())
    tidy_name = col("person_name").str.replace_many([" ", "　"], ["", ""])
    cost = when(col("claim_kind") == "supplement").then(-col("fund_amount")).otherwise(
        col("personal_amount") - col("outside_catalogue_amount") - col("over_limit_amount"))
    measured = collect(
        tables["claims"]
        .filter(col("is_valid").fill_null(True) & col("insurance_type").is_in(["390", "310"])
                & col("booked_month").is_between(FIRST, DAY))
        .select("claim_id", "person_key", "insured_area", tidy_name.alias("name"), cost.alias("cost"))
        .join(paid, on=["claim_id", "person_key"], how="left")
        .group_by("person_key").agg(
            (col("cost") - col("amount").fill_null(0)).sum().alias("measured"),
            col("insured_area").min().alias("first_area"), col("insured_area").max().alias("last_area"),
            col("name").min().alias("first_name"), col("name").max().alias("last_name"))
        .filter(col("measured") > lowest * Decimal("0.8")))
    rolls = (tables["rosters"].filter(col("roster_month") <= DAY).group_by("source_office", "tag")
             .agg(col("roster_month").max().alias("last_roll")))
    tags = collect(
        tables["rosters"].join(rolls, on=["source_office", "tag"], how="left")
        .filter((pl.coalesce("roster_month", "from_date") <= DAY) & (pl.coalesce("from_date", "roster_month") <= DAY)
                & (col("to_date").fill_null(DAY) >= DAY)
                & (col("last_roll").is_null()
                   | (col("last_roll") <= pl.coalesce("roster_month", col("from_date").dt.month_start()))
                   | col("tag").is_in(STATED_TAGS)))
        .group_by("person_key").agg(col("tag").unique().alias("tags")))
    known = collect(tables["residents"].join(measured.lazy().select("person_key"), on="person_key", how="semi"))
    has = lambda wanted: pl.any_horizontal([col("tags").list.contains(tag) for tag in wanted]).fill_null(False)
    place = measured.join(known, on="person_key", how="left").join(tags, on="person_key", how="left").with_columns(
        pl.coalesce("county_code", when(col("first_area") == col("last_area")).then(col("first_area"))).alias("county"),
        (((col("person_key") > 0) & (col("first_name") != col("last_name")).fill_null(False))
         | col("has_name_conflict").fill_null(False)).alias("has_conflict"),
        when(col("is_rural").is_not_null()).then(col("is_rural")).when(has(TAGS_OF_THE_COUNTRY)).then(True)
        .when(col("village_class").str.starts_with("1")).then(False)
        .when(col("village_class").str.starts_with("2")).then(True)
        .when(col("household_type").is_in(["20", "21", "22"])).then(True)
        .when(col("household_type").is_in(["10", "11", "12"])).then(False).alias("rural"))
    place = place.with_columns((col("county").str.slice(0, 2) + "0000").alias("geography")).join(
        lines, on="geography", how="left")
    found = []
    for rule in RULES:
        multiple = Decimal(rule["multiple"])
        outcome = (
            when(lit(bool(rule["tags"])) & ~(has(rule["tags"]) if rule["tags"] else lit(True))).then(lit("outside"))
            .when(lit(rule["needs_rural"]) & (col("rural") == False)).then(lit("outside"))  # noqa: E712
            .when(col("measured") <= col("line").fill_null(lowest) * multiple * Decimal("0.8")).then(lit("below"))
            .when(col("has_conflict")).then(lit("id_conflict"))
            .when(col("county").is_null()).then(lit("county_unclear"))
            .when(col("line").is_null()).then(lit("no_income_figure"))
            .when(lit(rule["needs_rural"]) & col("rural").is_null()).then(lit("rural_unknown"))
            .when(~col("is_alive").fill_null(True)).then(lit("deceased"))
            .when(col("measured") > col("line") * multiple).then(lit("flagged")).otherwise(lit("near")))
        rows = place.select("person_key", outcome.alias("outcome"), "measured").filter(
            ~col("outcome").is_in(["outside", "below"]))
        found += [[key, rule["id"], outcome, int(cost * 100)] for key, outcome, cost in rows.iter_rows()]
    return {"findings": found}


def from_accepted(job):
    """Findings of the year from the accepted files."""
    return find(open_accepted(job["accepted"]))


def from_raw(job):
    """Findings of the year from the raw files."""
    return find(open_raw(job["landing"]))


WORKS = {"intake": intake, "accepted": from_accepted, "raw": from_raw}
