"""Side by side: this program and what else one would use, on the same files, equal results first.

usage: bench.py --program PATH --size 600k|6M|60M --folder DIR --results DIR [--repeat N] [--works a,b] [--peers a,b]
                [--raw-peers a,b]

--raw-peers: those that recompute the year from raw files, where the machine's memory does not hold all of them.
"""

import argparse
import collections
import importlib.metadata
import json
import os
import platform
import shutil
import statistics
import sys

import ours
import report
from measure import measure

HERE = os.path.dirname(os.path.abspath(__file__))
PERSONS = {"600k": 60_000, "6M": 600_000, "60M": 6_000_000, "240M": 24_000_000}
PEERS = {"duckdb": "DuckDB", "polars": "Polars", "clickhouse": "ClickHouse (chdb)"}
MONTH = "claims/claims-2026-05.parquet"
DAYS = 28


class Bench:
    """One size's files and what was measured on them."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.folder = os.path.join(os.path.abspath(arguments.folder), arguments.size)
        self.program = ours.Program(arguments.program)
        self.source = os.path.join(self.folder, "source")
        self.measured = {}
        self.notes = {}
        self.loads = []

    def place(self, name):
        return os.path.join(self.folder, name)

    def prepare(self):
        """Invents the files once; a folder that has them is used again."""
        if not os.path.exists(self.place("made")):
            shutil.rmtree(self.folder, ignore_errors=True)
            os.makedirs(self.folder)
            self.say("inventing")
            self.program.make(self.source, PERSONS[self.arguments.size])
            open(self.place("made"), "w", encoding="utf-8").close()
        claims = [path for path in ours.landed(self.source) if path.startswith("claims/")]
        self.months = [path for path in claims if "-late" not in path]

    def say(self, text):
        print(f"{self.arguments.size}: {text}", file=sys.stderr, flush=True)

    def keep(self, work, who, run):
        self.loads.append(os.getloadavg()[0])
        self.measured.setdefault(work, {}).setdefault(who, []).append(
            {key: round(run[key], 3) for key in ("seconds", "processor", "mib")})
        self.say(f"{work}, {who}: {run['seconds']:.2f} s, {run['processor']:.2f} s of processor, {run['mib']:.0f} MiB")

    def peer(self, engine, work, **job):
        """One run of a peer: a process of its own. Its clock starts when Python and the engine are loaded."""
        scratch = self.place("scratch")
        shutil.rmtree(scratch, ignore_errors=True)
        os.makedirs(os.path.join(scratch, "out"))
        paths = [os.path.join(scratch, name) for name in ("job.json", "result.json")]
        with open(paths[0], "w", encoding="utf-8") as file:
            json.dump({"work": work, "scratch": scratch, "out": os.path.join(scratch, "out"), **job}, file)
        run = measure([sys.executable, os.path.join(HERE, "peers", "peer.py"), engine, *paths])
        with open(paths[1], encoding="utf-8") as file:
            result = json.load(file)
        return {**run, "seconds": result.pop("seconds")}, result

    def require_equal(self, work, engine, found, expected):
        if found != expected:
            raise SystemExit(f"{work}: {PEERS[engine]} differs from poverty-watch: {difference(found, expected)}")

    def repeated(self, work):
        """Our runs and the peers' in turn, so that a busy moment of the machine hits all alike."""
        for _ in range(self.arguments.repeat):
            work()

    # --- the works ---

    def intake(self):
        """A raw month into an empty warehouse."""
        workspace = self.place("one-month")

        def once():
            ours.empty(self.source, workspace, [MONTH])
            self.keep("intake", "poverty-watch", self.program.run(workspace, "intake", "--feed", "claims"))
            expected = ours.counts(workspace)
            self.notes["intake rows"] = sum(rows for rows, _ in expected.values())
            for engine in self.arguments.peers:
                run, result = self.peer(engine, "intake", file=os.path.join(self.source, "landing", MONTH), buckets=64)
                self.require_equal("intake", engine, result["counts"], expected)
                self.keep("intake", PEERS[engine], run)

        self.repeated(once)

    def accept_all(self):
        """Everything taken in by this very program: the files from which the findings are made."""
        mark = self.place("accepted-by")
        if not os.path.exists(mark) or read(mark) != self.program.digest():
            ours.empty(self.source, self.place("taken"), ours.landed(self.source))
            run = self.program.run(self.place("taken"), "intake")
            self.keep("intake of the year", "poverty-watch", run)
            ours.accepted(self.place("taken"), self.place("accepted"))
            with open(mark, "w", encoding="utf-8") as file:
                file.write(self.program.digest())

    def findings(self):
        """The year's findings: from accepted files alone, and where only the rules' statements are new."""
        self.accept_all()
        cold, warm = self.place("cold"), self.place("warm")
        for number in range(self.arguments.repeat):
            ours.link(self.place("taken"), cold)
            self.keep("findings", "poverty-watch", self.program.run(cold, "run", "nightly", "--as-of", ours.AS_OF))
            self.notes["steps of findings"] = self.program.steps(cold)
            expected = bag(ours.findings(cold))
            self.notes["findings"] = sum(expected.values())
            ours.link(cold, warm)
            ours.reword_rules(warm)
            self.keep("findings, reach fresh", "poverty-watch",
                      self.program.run(warm, "run", "nightly", "--as-of", ours.AS_OF))
            self.require_same("findings, reach fresh", bag(ours.findings(warm)), expected)
            self.keep("nothing new", "poverty-watch", self.program.run(warm, "run", "nightly", "--as-of", ours.AS_OF))
            run, _ = self.peer("arrow", "decode", accepted=self.place("accepted"))
            self.keep("decoding alone", "pyarrow", run)
            for engine in self.arguments.peers:
                run, result = self.peer(engine, "accepted", accepted=self.place("accepted"))
                self.require_equal("findings", engine, bag(result["findings"]), expected)
                self.keep("findings", PEERS[engine], run)
            for engine in self.arguments.raw_peers if number < self.arguments.repeat_raw else ():
                run, result = self.peer(engine, "raw", landing=os.path.join(self.source, "landing"))
                self.require_equal("findings from raw files", engine, bag(result["findings"]), expected)
                self.keep("findings from raw files", PEERS[engine], run)

    def require_same(self, work, found, expected):
        if found != expected:
            raise SystemExit(f"{work}: other findings than before: {difference(found, expected)}")

    def nights(self):
        """One new day in the second month and after eleven: a share of the month's rows of every kind."""
        others = [path for path in ours.landed(self.source) if not path.startswith("claims/")]
        for name, count in (("month 2", 1), ("month 12", 11)):
            before, after = self.place("before"), self.place("night")
            ours.empty(self.source, before, others + self.months[:count])
            month = self.months[count]
            as_of = os.path.basename(month)[len("claims-"):][:7] + "-28"
            self.program.run(before, "run", "nightly", "--as-of", as_of)
            day = self.place("day.parquet")
            ours.one_day(os.path.join(self.source, "landing", month), day, DAYS, 0)
            for _ in range(self.arguments.repeat):
                ours.link(before, after)
                os.link(day, os.path.join(after, "landing", "claims", "day.parquet"))
                self.keep(f"night with one new day, {name}", "poverty-watch",
                          self.program.run(after, "run", "nightly", "--as-of", as_of))
            self.notes[f"steps of the night of {name}"] = self.program.steps(after)
            shutil.rmtree(before)

    def lists(self):
        """The lists of 10,000 people in 80 counties, for both offices."""
        workspace, sealed = self.place("officials"), self.place("sealed")
        ours.empty(self.source, workspace, ["income/income-2026.csv"])
        ours.officials(workspace, 10_000, 80)
        self.program.run(workspace, "keys", "init")
        self.program.run(workspace, "run", "nightly", "--as-of", ours.AS_OF)
        for _ in range(self.arguments.repeat):
            ours.link(workspace, sealed)
            run = self.program.run(sealed, "run", "monthly", "--month", ours.AS_OF[:7])
            self.keep("lists of 10,000 people", "poverty-watch", run)
        self.notes["lists"] = run["out"].strip().splitlines()[-2].split(", below ")[0]

    def result(self):
        median = lambda runs, key: statistics.median(run[key] for run in runs)
        works = {work: {who: {"runs": len(runs), **{key: round(median(runs, key), 3) for key in ("seconds", "processor")},
                              "mib": max(run["mib"] for run in runs)}
                        for who, runs in found.items()} for work, found in self.measured.items()}
        # works that were not run this time are those of the last run of this size
        path = os.path.join(self.arguments.results, f"{self.arguments.size}.json")
        before = {"works": {}, "notes": {}}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                before = json.load(file)
        works, notes = {**before["works"], **works}, {**before["notes"], **self.notes}
        packages = {name: importlib.metadata.version(name) for name in ("duckdb", "polars", "chdb", "pyarrow")}
        return {"size": self.arguments.size, "persons": PERSONS[self.arguments.size],
                "machine": {**machine(), "load": [round(of(self.loads), 1) for of in (min, max)]},
                "packages": packages, "works": works, "notes": notes}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def bag(findings):
    """Findings to compare: people with other documents than resident ids have keys of each engine's own making."""
    return collections.Counter((key if key > 0 else 0, *rest) for key, *rest in findings)


def difference(found, expected):
    """How two results differ, without saying who."""
    if isinstance(found, collections.Counter):
        return f"{sum((found - expected).values())} too many, {sum((expected - found).values())} missing"
    return {name: (found.get(name), expected.get(name)) for name in sorted({*found, *expected})
            if found.get(name) != expected.get(name)}


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"processor": models[0] if models else platform.machine(), "cores": os.cpu_count(),
            "memory_gib": round(memory, 1), "system": platform.system() + " " + platform.release()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--size", choices=PERSONS, default="600k")
    parser.add_argument("--folder", required=True)
    parser.add_argument("--results", required=True)
    parser.add_argument("--repeat", type=int)
    parser.add_argument("--repeat-raw", type=int)
    parser.add_argument("--works", default="intake,findings,nights,lists")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--raw-peers")
    arguments = parser.parse_args()
    arguments.raw_peers = arguments.peers if arguments.raw_peers is None else arguments.raw_peers
    for which in ("peers", "raw_peers"):
        setattr(arguments, which, [name for name in getattr(arguments, which).split(",") if name])
    default = {"600k": 1, "6M": 5, "60M": 3, "240M": 1}[arguments.size]
    arguments.repeat = arguments.repeat or default
    arguments.repeat_raw = arguments.repeat_raw or min(arguments.repeat, 3)
    bench = Bench(arguments)
    bench.prepare()
    for work in arguments.works.split(","):
        getattr(bench, work)()
        report.write(bench.result(), arguments.results)
    print(f"benches: {arguments.size}, {len(bench.measured)} works, equal results of {len(arguments.peers)} peers")


if __name__ == "__main__":
    main()
