"""Opens every list's workbook with openpyxl, and one per county with LibreOffice.

usage: xlsx_check.py WORKSPACE [--office]    (--office: convert with soffice too)
"""

import csv
import os
import subprocess
import sys
import tempfile

import openpyxl

from warehouse import manifests

RESIDENT_ID = "居民身份证"


def header_of(sheet):
    """The row that holds the headings."""
    for row in sheet.iter_rows(min_row=1, max_row=20):
        if any(cell.value == "证件号码" for cell in row):
            return row[0].row, {cell.value: cell.column for cell in row if cell.value is not None}
    raise SystemExit(f"{sheet.title}: no row of headings")


def read_list(path, manifest):
    """The ids on the sheet, checked as they are read."""
    book = openpyxl.load_workbook(path)
    if len(book.sheetnames) < 2:
        raise SystemExit(f"{path}: no explanation sheet")
    sheet = book.worksheets[0]
    at, columns = header_of(sheet)
    if sheet.freeze_panes is None or openpyxl.utils.cell.coordinate_from_string(sheet.freeze_panes)[1] != at + 1:
        raise SystemExit(f"{path}: the headings in row {at} are not frozen ({sheet.freeze_panes})")
    ids = []
    for row in range(at + 1, sheet.max_row + 1):
        number = sheet.cell(row, columns["序号"]).value
        if not isinstance(number, int):
            continue
        cell = sheet.cell(row, columns["证件号码"])
        if not isinstance(cell.value, str) or cell.data_type != "s":
            raise SystemExit(f"{path}, row {row}: the id is no text")
        kind = sheet.cell(row, columns["证件类型"]).value if "证件类型" in columns else RESIDENT_ID
        if kind == RESIDENT_ID and len(cell.value) != 18:
            raise SystemExit(f"{path}, row {row}: the id has {len(cell.value)} characters")
        ids.append(cell.value)
    rows = manifest["counts"]["rows"]
    if len(ids) != rows:
        raise SystemExit(f"{path}: {len(ids)} rows, the manifest says {rows}")
    return ids


def convert(books, form, target):
    """LibreOffice in a profile of its own, so that nothing of the user's changes."""
    command = [
        "soffice", "--headless", f"-env:UserInstallation=file://{target}/profile",
        "--convert-to", form, "--outdir", target, *books,
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)


def check_office(chosen):
    """What LibreOffice shows has the same ids, whole."""
    with tempfile.TemporaryDirectory() as target:
        books = [path for path, _ in chosen]
        convert(books, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,1", target)
        convert(books[:1], "pdf", target)
        for path, ids in chosen:
            stem = os.path.splitext(os.path.basename(path))[0]
            made = [name for name in os.listdir(target) if name.startswith(stem) and name.endswith(".csv")]
            with open(os.path.join(target, made[0]), encoding="utf-8", newline="") as file:
                cells = {cell for row in csv.reader(file) for cell in row}
            lost = [number for number in ids if number not in cells]
            if lost:
                raise SystemExit(f"{path}: LibreOffice shows {len(lost)} of {len(ids)} ids changed")
        stem = os.path.splitext(os.path.basename(books[0]))[0]
        if not os.path.getsize(os.path.join(target, stem + ".pdf")):
            raise SystemExit(f"{books[0]}: an empty PDF")
    return len(chosen) + 1


def main():
    workspace = sys.argv[1]
    cases, chosen = 0, {}
    for folder, manifest in manifests(workspace):
        name = next(file["name"] for file in manifest["files"] if file["name"].endswith(".xlsx"))
        path = os.path.join(folder, name)
        if manifest["kind"] == "SUM":
            openpyxl.load_workbook(path)
        else:
            ids = read_list(path, manifest)
            if len(ids) > len(chosen.get(manifest["county"], ("", []))[1]):
                chosen[manifest["county"]] = (path, ids)
        cases += 1
    print(f"xlsx_check: {cases} cases")
    if not cases:
        raise SystemExit("  no workbook to check")
    if "--office" in sys.argv:
        print(f"xlsx_check by LibreOffice: {check_office(list(chosen.values()))} cases")


main()
