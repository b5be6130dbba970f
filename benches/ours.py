"""poverty-watch itself: workspaces for each work, made by hard links so that a repetition starts where the last did."""

import hashlib
import json
import os
import shutil

from measure import measure

AS_OF = "2026-10-31"


class Program:
    """The built program."""

    def __init__(self, path):
        self.path = os.path.abspath(path)

    def digest(self):
        """SHA-256 of the program."""
        with open(self.path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    def run(self, workspace, *arguments):
        return measure([self.path, "-C", workspace, *arguments])

    def steps(self, workspace):
        """Milliseconds of each step of the last run."""
        runs = json.loads(self.run(workspace, "status", "--format", "json")["out"])["runs"]
        return {step["step"]: step["millis"] for step in runs[0]["steps"]} if runs else {}

    def make(self, folder, persons):
        """A workspace with invented landed files, all as a province sends them."""
        return measure([self.path, "demo", "--dir", folder, "--persons", str(persons), "--as-province",
                        "--only-generate"])


def link(source, target):
    """The same files again: hard links, which no later run changes (it writes new files and never old ones)."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, copy_function=lambda one, other: (
        os.link if one.endswith((".parquet", ".csv", ".xlsx")) else shutil.copy2)(one, other))


def empty(source, target, keep=()):
    """A workspace like another, with only some landed files and nothing taken in."""
    shutil.rmtree(target, ignore_errors=True)
    os.makedirs(target)
    shutil.copy2(os.path.join(source, "poverty-watch.toml"), target)
    # The bundled statements and tables count, not the copies that an older program may have left.
    os.makedirs(os.path.join(target, "pipelines", "tables"))
    for feed in os.listdir(os.path.join(source, "landing")):
        os.makedirs(os.path.join(target, "landing", feed))
    for path in keep:
        os.link(os.path.join(source, "landing", path), os.path.join(target, "landing", path))


def landed(workspace):
    """All landed files, as paths below landing/."""
    landing = os.path.join(workspace, "landing")
    return sorted(f"{feed}/{name}" for feed in os.listdir(landing) for name in os.listdir(os.path.join(landing, feed)))


def version(workspace):
    """The newest version; numbers have no gaps."""
    number = 0
    path = lambda number: os.path.join(workspace, "warehouse", "versions", f"{number}.json")
    while os.path.exists(path(number + 1)):
        number += 1
    with open(path(number), encoding="utf-8") as file:
        return json.load(file)


def reword_rules(workspace):
    """The rules' statements under another comment: all findings are made anew, all that they are made from stays."""
    below = os.path.join("sql", "rules")
    shutil.copytree(os.path.join(os.path.dirname(__file__), os.pardir, below), os.path.join(workspace, below))
    for name in os.listdir(os.path.join(workspace, below)):
        if name.endswith(".sql"):
            with open(os.path.join(workspace, below, name), "a", encoding="utf-8") as file:
                file.write("-- again\n")


def accepted(workspace, folder):
    """Links the files of the newest version, and none of an older one, into a folder for the peers."""
    shutil.rmtree(folder, ignore_errors=True)
    for entry in version(workspace)["files"]:
        table = entry["table"]
        if table in ("claims", "adjustments", "residents", "rosters", "income"):
            parts = entry["path"].split("/")
            below = parts[1:] if table == "claims" else ["-".join(parts[1:])]
            target = os.path.join(folder, table, *below)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.link(os.path.join(workspace, "warehouse", *parts), target)


def counts(workspace, feed="claims"):
    """What became of the rows of a feed's files that the newest version took in: rows and fen by outcome."""
    found = {}
    for taken in version(workspace)["taken"]:
        if taken["feed"] != feed:
            continue
        outcome = taken["outcome"]
        parts = dict(outcome["rejected"], accepted=outcome["accepted"], held=outcome["held"])
        repeated = [outcome["superseded"][key] + outcome["duplicate"][key] for key in ("rows", "fen")]
        for name, part in list(parts.items()) + [("repeated", dict(rows=repeated[0], fen=repeated[1]))]:
            if part["rows"]:
                rows, fen = found.get(name, [0, 0])
                found[name] = [rows + part["rows"], fen + part["fen"]]
    return found


def findings(workspace):
    """The findings of the period, as the peers report theirs."""
    import duckdb

    files = [os.path.join(workspace, "warehouse", *entry["path"].split("/"))
             for entry in version(workspace)["files"] if entry["table"] == "findings" and entry["month"] == AS_OF[:7]]
    rows = duckdb.connect().execute(
        """select person_key, rule_id, case when status = 'undecided' then reason else status end,
            cast(measured_amount * 100 as bigint)
        from read_parquet(?) where status in ('flagged', 'near', 'undecided')""", [files]).fetchall()
    return [list(row) for row in rows]


def one_day(raw, path, share, day, rest=None):
    """A day's worth of a month's rows, of every kind: every `share`-th claim by its number, and the rest."""
    import duckdb

    database = duckdb.connect(config={"threads": 2})
    part = f"hash(substr(SETL_ID, 2)) % {share} = {day}"
    database.execute(f"copy (select * from read_parquet('{raw}') where {part}) to '{path}' (format parquet)")
    if rest:
        database.execute(f"copy (select * from read_parquet('{raw}') where not ({part})) to '{rest}' (format parquet)")


def officials(workspace, people, counties):
    """Landed files of people who all cross the line: `people` in so many counties, half of them lifted out."""
    weights, checks = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"
    codes = [f"9901{number:02}" for number in range(1, counties + 1)]

    def identity(number):
        digits = f"{codes[number % counties]}1970{1 + number // counties // 999 % 12:02}15{1 + number // counties % 999:03}"
        return digits + checks[sum(int(d) * w for d, w in zip(digits, weights)) % 11]

    def write(path, header, rows):
        with open(os.path.join(workspace, path), "w", encoding="utf-8", newline="") as file:
            file.write(header + "\r\n")
            file.writelines(",".join(row) + "\r\n" for row in rows)

    county = lambda number: codes[number % counties]
    write("pipelines/tables/counties.csv", "code,name,level", ([code, f"{code}县", "rural"] for code in codes))
    settings = os.path.join(workspace, "poverty-watch.toml")
    with open(settings, encoding="utf-8") as file:
        text = file.read().replace("# quiet_seconds = 60", "quiet_seconds = 0")
    with open(settings, "w", encoding="utf-8") as file:
        file.write(text)
    write("landing/residents/residents.csv", "certno,psn_name,county,is_rural,surv_stas,updt_time",
          ([identity(n), f"甲{n}", county(n), "1", "1", "2026-01-01 00:00:00"] for n in range(people)))
    write("landing/rosters/rosters.csv", "县区代码,姓名,证件号码,人员类别,名册月份,来源单位",
          ([county(n), f"甲{n}", identity(n), "脱贫人口", "202610", "农业农村局"] for n in range(people)))
    amount = lambda n: f"{40000 + n % 30000}.00"
    write("landing/claims/claims.csv", "setl_id,certno,psn_name,insutype,med_type,insu_admdvs,setl_time,medfee_sumamt,"
          "fulamt_ownpay_amt,overlmt_selfpay,preselfpay_amt,inscp_amt,fund_pay_sumamt,psn_pay",
          ([f"C{n}", identity(n), f"甲{n}", "390", "21", county(n), "2026-05-05 10:00:00", amount(n), "0", "0", "0",
            amount(n), "0", amount(n)] for n in range(people)))
