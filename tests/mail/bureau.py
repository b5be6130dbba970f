"""A bureau's workspace for mail tests: a copy of a sealed one, its settings, the commands that its officers type."""

import csv
import json
import os
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path


class Bureau:
    def __init__(self, source: Path, home: Path, binary: Path, month: str, temporary: Path = None):
        self.root, self.binary, self.month = home, binary, month
        self.environment = dict(os.environ, **({"TMPDIR": str(temporary), "RUST_LOG": "debug"} if temporary else {}))
        self.said = ""
        home.mkdir(parents=True)
        for part in ["poverty-watch.toml", "ledger.sqlite", "ledger.sqlite-wal", "pipelines", "keys", f"lists/{month}"]:
            path = source / part
            if path.is_dir():
                shutil.copytree(path, home / part)
            elif path.exists():
                shutil.copy(path, home / part)

    def set(self, **values):
        """Changes keys of the settings file; text in quotes, numbers and booleans bare."""
        path = self.root / "poverty-watch.toml"
        text = path.read_text("utf-8")
        for key, value in values.items():
            bare = json.dumps(value, ensure_ascii=False)
            text, found = re.subn(rf"(?m)^(# )?{key} = .*$", lambda _: f"{key} = {bare}", text, count=1)
            assert found, f"no key {key} in the settings"
        path.write_text(text, "utf-8")

    def run(self, *args, code=0) -> str:
        command = [self.binary, "-C", self.root, *args]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment)
        said = done.stdout + done.stderr
        self.said += said
        assert done.returncode == code, f"{args} ended with {done.returncode}, not {code}:\n{said}"
        return said

    def lists(self, county=None) -> dict:
        """Manifests of the lists that leave the bureau, by id."""
        found = {}
        for path in sorted((self.root / "lists" / self.month).glob("*/manifest.json")):
            manifest = json.loads(path.read_text("utf-8"))
            is_own = manifest["office"].startswith("YB")
            if not is_own and county in (None, manifest["county"]):
                found[manifest["list_id"]] = manifest
        return found

    def sign(self, county=None):
        """Two people sign; the second types the totals of the sealed files."""
        which = ["--month", self.month] + (["--county", county] if county else [])
        lists = self.lists(county).values()
        fen = sum(one["control_fen"] for one in lists)
        rows = str(sum(one["counts"]["rows"] for one in lists))
        self.run("lists", "review", *which, "--by", "甲", "--reason", "逐户核对")
        yuan = f"{fen // 100}.{fen % 100:02}"
        self.run("lists", "approve", *which, "--by", "乙", "--reason", "同意", "--rows", rows, "--control", yuan)

    def letters(self, county=None) -> list:
        letters = json.loads(self.run("deliver", "show", "--all", "--format", "json"))
        return [one for one in letters if county in (None, one["county"])]

    def states(self, county) -> dict:
        return {one["office"]: one["standing"]["state"] for one in self.letters(county)}

    def bytes_of(self, letter) -> bytes:
        with sqlite3.connect(self.root / "ledger.sqlite") as ledger:
            query = "select bytes from outbox where letter_id = ?"
            return ledger.execute(query, [letter["letter_id"]]).fetchone()[0]

    def let_time_pass(self):
        """Deferred letters are due now: the clock of the program cannot be set."""
        with sqlite3.connect(self.root / "ledger.sqlite") as ledger:
            ledger.execute("update outbox_standing set next_at = '2020-01-01T00:00:00Z' where state = 'deferred'")


def ids_of(landing: Path) -> set:
    """Every document number of the landed registers."""
    ids = set()
    for path in sorted(landing.rglob("*.csv")):
        with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
            for row in csv.reader(file):
                ids.update(cell.strip() for cell in row if re.fullmatch(r"\s*[1-9]\d{16}[\dXx]\s*", cell))
    return ids


def certificates(folder: Path):
    """An authority and a server certificate for `localhost`."""
    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test authority",
            "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    (folder / "san").write_text("subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "san", "-out", "server.pem")
