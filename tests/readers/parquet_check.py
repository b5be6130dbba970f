"""Opens every Parquet file of the newest version and of every list with pyarrow.

usage: parquet_check.py WORKSPACE
"""

import os
import sys

import pyarrow as arrow
import pyarrow.parquet as parquet

from warehouse import manifests, newest_version, paths


def money_is_exact(schema, file):
    """Amounts are DECIMAL(18,2), never floats."""
    for field in schema:
        if field.name.endswith("_amount") and field.type != arrow.decimal128(18, 2):
            raise SystemExit(f"{file}: {field.name} is {field.type}")
        if arrow.types.is_floating(field.type):
            raise SystemExit(f"{file}: {field.name} is a float")


def main():
    workspace = sys.argv[1]
    version = newest_version(workspace)
    cases = 0
    for entry, path in zip(version["files"], paths(workspace, version["files"])):
        table = parquet.read_table(path)
        money_is_exact(table.schema, entry["path"])
        if table.num_rows != entry["rows"]:
            raise SystemExit(f"{entry['path']}: {table.num_rows} rows, the version says {entry['rows']}")
        cases += 1
    for folder, manifest in manifests(workspace):
        for file in manifest["files"]:
            if not file["name"].endswith(".parquet"):
                continue
            table = parquet.read_table(os.path.join(folder, file["name"]))
            money_is_exact(table.schema, file["name"])
            if manifest["kind"] != "SUM" and table.num_rows != manifest["counts"]["rows"]:
                raise SystemExit(f"{file['name']}: {table.num_rows} rows, not {manifest['counts']['rows']}")
            cases += 1
    print(f"parquet_check: {cases} cases")


main()
