"""What the newest version of a workspace names. Readers never list folders."""

import json
import os


def newest_version(workspace):
    """The version with the highest number; numbers have no gaps."""
    number = 0
    while os.path.exists(os.path.join(workspace, "warehouse", "versions", f"{number + 1}.json")):
        number += 1
    if number == 0:
        raise SystemExit(f"{workspace}: no version was ever committed")
    with open(os.path.join(workspace, "warehouse", "versions", f"{number}.json"), encoding="utf-8") as file:
        return json.load(file)


def entries(version, table, month=None):
    """The files of one table, of one month if given."""
    return [
        file
        for file in version["files"]
        if file["table"] == table and (month is None or file.get("month") == month)
    ]


def paths(workspace, files):
    """Their places on disk."""
    return [os.path.join(workspace, "warehouse", *file["path"].split("/")) for file in files]


def manifests(workspace, month=None):
    """Every sealed list's folder and manifest, in order of their names."""
    lists = os.path.join(workspace, "lists")
    found = []
    for period in sorted(os.listdir(lists)):
        if month not in (None, period):
            continue
        for name in sorted(os.listdir(os.path.join(lists, period))):
            folder = os.path.join(lists, period, name)
            path = os.path.join(folder, "manifest.json")
            if os.path.isdir(folder):
                with open(path, encoding="utf-8") as file:
                    found.append((folder, json.load(file)))
    return found
