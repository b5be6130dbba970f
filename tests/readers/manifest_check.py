"""Checks every sealed list against its manifest: hashes, sizes, sequence numbers, control totals.

usage: manifest_check.py WORKSPACE
"""

import csv
import hashlib
import io
import json
import os
import sys
from collections import defaultdict
from decimal import Decimal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from warehouse import manifests

STATES = ("new", "continuing", "escalated", "withdrawn")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def check_files(folder, manifest):
    """Every named file is there, unchanged; nothing else lies beside them."""
    named = {file["name"] for file in manifest["files"]}
    lying = set(os.listdir(folder)) - {"manifest.json", "manifest.sig"}
    if named != lying:
        raise SystemExit(f"{manifest['list_id']}: manifest names {sorted(named)}, folder has {sorted(lying)}")
    for file in manifest["files"]:
        with open(os.path.join(folder, file["name"]), "rb") as opened:
            content = opened.read()
        if len(content) != file["bytes"] or hashlib.sha256(content).hexdigest() != file["sha256"]:
            raise SystemExit(f"{manifest['list_id']}: {file['name']} is not the file that was sealed")


def check_signature(folder, list_id, key):
    """The signature over the manifest's bytes, by another implementation of Ed25519; a changed byte breaks it."""
    with open(os.path.join(folder, "manifest.json"), "rb") as opened:
        manifest = opened.read()
    with open(os.path.join(folder, "manifest.sig"), encoding="utf-8") as opened:
        signature = json.load(opened)
    if signature["algorithm"] != "Ed25519":
        raise SystemExit(f"{list_id}: signed with {signature['algorithm']}")
    raw = bytes.fromhex(signature["signature"])
    try:
        key.verify(raw, manifest)
    except InvalidSignature:
        raise SystemExit(f"{list_id}: the signature does not hold") from None
    try:
        key.verify(raw, manifest.replace(b'"seq"', b'"sqe"'))
    except InvalidSignature:
        return
    raise SystemExit(f"{list_id}: the signature holds for a changed manifest")


def check_totals(folder, manifest):
    """Rows by state and the sum of the measured amounts, counted in the CSV."""
    name = next(file["name"] for file in manifest["files"] if file["name"].endswith(".csv"))
    with open(os.path.join(folder, name), "rb") as opened:
        content = opened.read()
    if not content.startswith(b"\xef\xbb\xbf"):
        raise SystemExit(f"{name}: no byte-order mark")
    if b"\n" in content.replace(b"\r\n", b""):
        raise SystemExit(f"{name}: a line does not end in CRLF")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    counts = defaultdict(int)
    fen = 0
    for row in rows:
        for value in row.values():
            is_number = value.replace(".", "", 1).lstrip("-").isdigit()
            if value.startswith(FORMULA_STARTS) and not is_number:
                raise SystemExit(f"{name}: a cell that a spreadsheet takes for a formula")
        counts[row["delta"]] += 1
        if row["delta"] != "withdrawn":
            fen += int(Decimal(row["measured_amount"]) * 100)
    said = {state: manifest["counts"][state] for state in STATES if manifest["counts"][state]}
    if dict(counts) != said or len(rows) != manifest["counts"]["rows"]:
        raise SystemExit(f"{name}: {dict(counts)} rows, the manifest says {said}")
    if fen != manifest["control_fen"]:
        raise SystemExit(f"{name}: {fen} fen, the manifest says {manifest['control_fen']}")
    if len(rows) - counts["withdrawn"] != manifest["counts"]["persons"]:
        raise SystemExit(f"{name}: persons do not add up")


def main():
    workspace = sys.argv[1]
    numbers = defaultdict(list)
    lists = manifests(workspace)
    with open(os.path.join(workspace, "keys", "signing.pub.pem"), "rb") as opened:
        key = load_pem_public_key(opened.read())
    for folder, manifest in lists:
        if os.path.basename(folder) != manifest["list_id"]:
            raise SystemExit(f"{folder} holds {manifest['list_id']}")
        check_files(folder, manifest)
        check_signature(folder, manifest["list_id"], key)
        if manifest["kind"] != "SUM":
            check_totals(folder, manifest)
        numbers[(manifest["county"], manifest["office"])].append(manifest["seq"])
    for (county, office), found in numbers.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            raise SystemExit(f"{county} {office}: sequence numbers {sorted(found)} have a gap or a twin")
    print(f"manifest_check: {len(lists)} cases")
    if not lists:
        raise SystemExit("  no list to check")


main()
