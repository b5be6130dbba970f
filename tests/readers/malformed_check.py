"""Reads malformed files that the gate has read anew: Parquet by pyarrow, XLSX by openpyxl, CSV by Python's csv, ODS by
Python's XML. Every cell of every accepted row must say what the gate kept of it, and no row may be lost.

usage: malformed_check.py FOLDER    (what the test `malformed` wrote into MALFORMED_FOLDER)

Not compared: cells that the gate fills in where the file has none, and files that the second reader cannot open.
"""

import collections
import csv
import datetime
import decimal
import io
import json
import os
import re
import sys
import unicodedata
import xml.etree.ElementTree as xml
import zipfile

import openpyxl
import pyarrow as arrow
import pyarrow.ipc
import pyarrow.parquet as parquet

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# How a table stands in OpenDocument files.
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
DATES = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日"]
TIMES = ["", " %H:%M:%S", " %H:%M", " %H:%M:%S.%f"]


class Unread(Exception):
    """The second reader cannot say what stands there."""


def plain(text):
    """Half-width, without blanks around it and without marks that nobody sees."""
    text = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cf", "Cc") or letter in "\t\n\r")
    return text.strip("\ufeff\u3000 \t\r\n\u00a0").strip()


def folded(text):
    return unicodedata.normalize("NFKC", plain(text))


def heading(text):
    """A heading as it is compared."""
    return "".join(letter for letter in folded(text).casefold() if not letter.isspace() and letter not in "\"*")


def columns_of(contract):
    names = {}
    for column in contract["columns"]:
        for name in [column["name"], *column["aliases"]]:
            names.setdefault(heading(name), column)
    return names


def table_of_codes():
    """Per column, what each spelling is called there."""
    codes = collections.defaultdict(dict)
    with open(os.path.join(ROOT, "pipelines", "tables", "codes.csv"), encoding="utf-8-sig", newline="") as file:
        for column, code, name, aliases in csv.reader(line for line in file if not line.startswith("#")):
            for spelling in [code, name, *aliases.split("|")]:
                codes[column][folded(spelling)] = code
    return codes


def table_of_tags():
    with open(os.path.join(ROOT, "pipelines", "tables", "tag_aliases.csv"), encoding="utf-8-sig", newline="") as file:
        return {folded(row[0]): row[1] for row in csv.reader(file) if len(row) > 1}


# Rows of a file as the second reader sees them: number of the row, cells.

def rows_of_csv(path):
    data = open(path, "rb").read()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16")
    elif data[:64:2].count(0) > 8 or data[1:64:2].count(0) > 8:
        text = data.decode("utf-16-be" if data[:64:2].count(0) > data[1:64:2].count(0) else "utf-16-le")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("gb18030")
    separator = re.match(r'\ufeff?"?sep=(.)', text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator[1] if separator else ",")
    # Lines end in line feeds, with or without a return before them; a return alone ends lines where no feed
    # does, but perhaps the last one.
    ends = [end != "\r" for end in re.findall("\r\n|\n|\r", text)]
    feeds = [0]
    for is_feed in ends if any(ends[:-1]) else [True] * len(ends):
        feeds.append(feeds[-1] + is_feed)
    rows, begun = [], 0
    for cells in reader:
        rows.append((feeds[begun] + 1, cells))
        begun = min(reader.line_num, len(ends))
    return rows


def rows_of_xlsx(path):
    book = openpyxl.load_workbook(path, data_only=True)
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            yield [(row[0].row, [cell.value for cell in row]) for row in sheet.iter_rows()]


def rows_of_ods(path):
    tree = xml.fromstring(zipfile.ZipFile(path).read("content.xml"))
    for table in tree.iter(f"{TABLE}table"):
        rows, number = [], 1
        for row in table.iter(f"{TABLE}table-row"):
            cells = []
            for cell in row:
                times = int(cell.get(f"{TABLE}number-columns-repeated", "1"))
                cells += [value_of(cell)] * (times if times < 100 else 0)
            rows.append((number, cells))
            number += int(row.get(f"{TABLE}number-rows-repeated", "1"))
        yield rows


def value_of(cell):
    kind = cell.get(f"{OFFICE}value-type")
    if kind == "float":
        return float(cell.get(f"{OFFICE}value"))
    if kind == "date":
        return datetime.datetime.fromisoformat(cell.get(f"{OFFICE}date-value"))
    return "\n".join("".join(part.itertext()) for part in cell.iter(f"{TEXT}p"))


def rows_of_parquet(path):
    table = parquet.read_table(path, use_threads=False, page_checksum_verification=True)
    names = table.schema.names
    values = [column.to_pylist() for column in table.columns]
    return [(0, names)] + [(at + 1, list(cells)) for at, cells in enumerate(zip(*values))]


# Cells by their kinds: what the gate may have kept of a cell.

def money(cell, _):
    if isinstance(cell, decimal.Decimal):
        return cell
    if isinstance(cell, (int, float)):
        return decimal.Decimal(repr(cell)).quantize(decimal.Decimal("0.01"))
    text = folded(cell).replace(",", "").strip("¥￥元 ")
    if re.fullmatch(r"\(.*\)", text):
        text = "-" + text[1:-1]
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", text):
        raise Unread(text)
    return decimal.Decimal(text)


def moment(cell, _):
    if isinstance(cell, datetime.datetime):
        return cell.replace(tzinfo=None)
    if isinstance(cell, datetime.date):
        return datetime.datetime.combine(cell, datetime.time())
    if isinstance(cell, (int, float)):
        raise Unread("a number")
    text = folded(cell).replace("T", " ")
    for form in [date + time for date in DATES for time in TIMES]:
        try:
            return datetime.datetime.strptime(text, form)
        except ValueError:
            pass
    raise Unread("a form of day that this reader does not know")


def month(cell, _):
    text = re.sub(r"\.0$", "", str(cell).strip())
    found = re.fullmatch(r"(\d{4})[-/年.]?(\d{1,2})月?", folded(text))
    if found:
        return datetime.datetime(int(found[1]), int(found[2]), 1)
    return moment(cell, None).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def written(cell):
    return str(int(cell)) if isinstance(cell, float) and cell == int(cell) else str(cell)


def exact(cell, kept):
    return kept if plain(written(cell)) == plain(kept) else plain(written(cell))


def same_id(cell, kept):
    text = "".join(folded(written(cell)).split()).upper().replace("\0", "")
    return kept if text == folded(kept).upper() else text


class Codes:
    """Codes and tags as the tables have them."""

    def __init__(self):
        self.codes, self.tags = table_of_codes(), table_of_tags()

    def code(self, column, cell, kept):
        text = folded(written(cell))
        text = re.sub(r"\.0+$", "", text)
        table = self.codes.get(column, {})
        numbers = re.match(r"0*(\d+)", text)
        found = [text, table.get(text), table.get(text.lstrip("0")), numbers and table.get(numbers[1])]
        return kept if folded(kept) in found else text

    def tag(self, cell, kept):
        text = folded(written(cell))
        return kept if kept == self.tags.get(text, text) else text


def is_said(column, cell, kept, tables):
    """Whether what was kept is what the cell says."""
    kind, name = column["kind"], column["name"]
    if kind in ("date", "month") and isinstance(kept, datetime.date):
        kept = datetime.datetime.combine(kept, datetime.time())
    if name == "tag":
        said = tables.tag(cell, kept)
    elif name == "id_number":
        said = same_id(cell, kept)
    elif kind == "code":
        said = tables.code(name, cell, kept)
    elif kind in ("text", "id"):
        said = exact(cell, kept)
    else:
        said = {"money": money, "moment": moment, "date": moment, "month": month}[kind](cell, kept)
        if kind == "date":
            said = said.replace(hour=0, minute=0, second=0, microsecond=0)
    return said == kept


def is_empty(cell):
    return cell is None or (isinstance(cell, str) and not plain(cell))


def table_in(rows, names):
    """The columns and the rows below the heading, of the first rows that name two columns."""
    for at, (_, cells) in enumerate(rows[:20]):
        found = [names.get(heading(cell)) if isinstance(cell, str) else None for cell in cells]
        if sum(column is not None for column in found) >= 2:
            return found, rows[at + 1:]
    return None


def check(folder, file, names, tables):
    """Differences between a file and what the gate kept of it."""
    path = os.path.join(folder, f"{file['name']}.{file['ending']}")
    read = {"csv": rows_of_csv, "xlsx": rows_of_xlsx, "ods": rows_of_ods, "parquet": rows_of_parquet}[file["ending"]]
    try:
        sheets = read(path)
        sheets = list(sheets) if file["ending"] in ("xlsx", "ods") else [sheets]
    except Exception as error:  # each reader has errors of its own
        raise Unread(f"{type(error).__name__}") from error
    tables_found = [found for found in (table_in(rows, names) for rows in sheets) if found]
    if not tables_found:
        raise Unread("no heading")
    columns, rows = tables_found[0]
    said = collections.defaultdict(list)
    for number, cells in rows:
        if any(not is_empty(cell) for cell in cells):
            said[number].append(cells)
    faults, found = [], sum(map(len, said.values()))
    if found != file["read"]:
        faults.append(f"{found} rows, the gate read {file['read']}")
    for kept in accepted(folder, file):
        # A return alone may part two rows of one line.
        alike = [differences(columns, cells, kept, tables) for cells in said.get(kept["source_row"], [])]
        faults += min(alike, key=len, default=[f"row {kept['source_row']} is not there"])
    return faults


def differences(columns, cells, kept, tables):
    """Cells of a row that say something else than what was kept of it."""
    faults = []
    for column, cell in zip(columns, cells):
        if column is None or is_empty(cell):
            continue
        value = kept[column["name"]]
        if value is None:
            # 长期 and far days are no day; an id of a newborn is not kept.
            if column["kind"] != "date":
                faults.append(f"row {kept['source_row']}, {column['name']}: not kept")
        elif not is_said(column, cell, value, tables):
            faults.append(f"row {kept['source_row']}, {column['name']}: {cell!r} was kept as {value!r}")
    return faults


def accepted(folder, file):
    path = os.path.join(folder, file["name"] + ".arrow")
    if not os.path.exists(path):
        return []
    return arrow.ipc.open_file(path).read_all().to_pylist()


def work(folder, files, contracts, tell):
    """Checks files, and tells of each at once, so that a reader that dies tells which file it was."""
    tables = Codes()
    for at, file in enumerate(files):
        try:
            result = check(folder, file, columns_of(contracts[file["feed"]]), tables)
            line = {"at": at, "faults": result[:3]}
        except Unread as error:
            line = {"at": at, "unread": str(error)}
        tell.write(json.dumps(line) + "\n")
        tell.flush()


def checked(folder, files, contracts):
    """Each file's result; in processes of their own, as a reader may die of a damaged file."""
    results = []
    while len(results) < len(files):
        here, there = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(here)
            work(folder, files[len(results):], contracts, os.fdopen(there, "w"))
            os._exit(0)
        os.close(there)
        with os.fdopen(here) as lines:
            results += [json.loads(line) for line in lines if line.endswith("\n")]
        _, status = os.waitpid(child, 0)
        if status and len(results) < len(files):
            results.append({"unread": "the second reader died"})
    return results


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "index.json"), encoding="utf-8") as file:
        index = json.load(file)
    files, counts = index["files"], index["counts"]
    results = checked(folder, files, index["contracts"])
    kinds, unread = collections.defaultdict(collections.Counter), collections.Counter()
    for file, result in zip(files, results):
        kind = re.sub(r"-\d+$", "", file["name"])
        word = "unread" if "unread" in result else "differing" if result["faults"] else "equal"
        kinds[kind][word] += 1
        if word == "unread":
            unread[(kind, result["unread"])] += 1
        for fault in result.get("faults", []):
            print(f"  {file['name']}: {fault}")
    for kind, words in kinds.items():
        print(f"  {kind}: {words['equal']} equal, {words['unread']} unread, {words['differing']} differing")
    for (kind, why), number in sorted(unread.items()):
        print(f"    unread {kind}: {why}: {number}")
    words = sum(kinds.values(), collections.Counter())
    print(
        f"malformed files, second readers: {counts['files']} files, {counts['refused']} refused, {len(files)} of those "
        f"read were read again: {words['equal']} equal, {words['unread']} that only the gate can read, "
        f"{words['differing']} differing, {counts['panics']} panics"
    )
    if words["differing"] or words["equal"] < len(files) // 2 or not files:
        raise SystemExit("  the readers do not agree")


main()
