"""The result as JSON, as a Markdown table with what was to be reached, and as a bar chart."""

import json
import math
import os
from xml.sax.saxutils import escape

OURS = "poverty-watch"
COLOURS = {OURS: "#b4413c", "DuckDB": "#c9b037", "Polars": "#3b6ea5", "ClickHouse (chdb)": "#5a8f5a", "pyarrow": "#999999"}


def fastest(works, work, by):
    """The least that any peer took for a work."""
    taken = [run[by] for who, run in works.get(work, {}).items() if who not in (OURS, "pyarrow")]
    return min(taken) if taken else None


def targets(result):
    """What was to be reached: a text, the value by the clock, the same by the processor, and whether it holds.

    On a machine that others use the processor's seconds are the steadier measure; the clock's decide.
    """
    works, rows = result["works"], []

    def ours(work, by="seconds"):
        return works[work][OURS][by] if OURS in works.get(work, {}) else None

    def ratio(text, limit, part, whole, is_least=False):
        values = [part(by) / whole(by) if part(by) and whole(by) else None for by in ("seconds", "processor")]
        if values[0] is not None:
            holds = values[0] >= limit if is_least else values[0] <= limit
            rows.append((text, *(f"{value:.2f}" for value in values), holds))

    def amount(text, value, limit, unit):
        if value is not None:
            rows.append((text, f"{value:.2f} {unit}", "", value <= limit))

    raw = "findings from raw files"
    night, second = "night with one new day, month 12", "night with one new day, month 2"
    ratio("intake: rows per second against the fastest peer, at least 1.5", 1.5,
          lambda by: fastest(works, "intake", by), lambda by: ours("intake", by), is_least=True)
    ratio("findings: time against the fastest peer, at most 0.6", 0.6,
          lambda by: ours("findings", by), lambda by: fastest(works, "findings", by))
    ratio("findings: time against decoding alone, at most 2.5", 2.5, lambda by: ours("findings", by),
          lambda by: works.get("decoding alone", {}).get("pyarrow", {}).get(by))
    ratio("night of month 12: time against the fastest peer from raw files, at most 0.1", 0.1,
          lambda by: ours(night, by), lambda by: fastest(works, raw, by))
    ratio("night of month 12: time against the night of month 2, at most 1.2", 1.2,
          lambda by: ours(night, by), lambda by: ours(second, by))
    ratio("findings, reach fresh: against the fastest peer from raw files, at most 0.1", 0.1,
          lambda by: ours("findings, reach fresh", by), lambda by: fastest(works, raw, by))
    amount("peak memory of any run, at most 1536 MiB",
           max((runs[OURS]["mib"] for runs in works.values() if OURS in runs), default=None), 1536, "MiB")
    amount("lists of 10,000 people, at most 5 s", ours("lists of 10,000 people"), 5, "s")
    amount("a night with nothing new, under 1 s", ours("nothing new"), 1, "s")
    return rows


def markdown(result):
    machine, packages = result["machine"], result["packages"]
    lines = [
        f"{result['size']} claims of {result['persons']:,} people, {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}; " + ", ".join(f"{n} {v}" for n, v in packages.items())
        + ". Two threads each; results were equal before a time counted; medians of so many runs. Work that waited or ran "
        f"on the machine (load): {machine['load'][0]} to {machine['load'][1]}; two is this program or a peer alone.",
        "", "| work | who | runs | seconds | processor seconds | peak MiB |", "|---|---|---|---|---|---|",
    ]
    for work, found in result["works"].items():
        for who, run in sorted(found.items(), key=lambda pair: pair[1]["seconds"]):
            name = f"**{who}**" if who == OURS else who
            lines.append(f"| {work} | {name} | {run['runs']} | {run['seconds']:.2f} | {run['processor']:.2f} | {run['mib']:.0f} |")
    lines += ["", "| to reach | by the clock | by the processor | reached |", "|---|---|---|---|"]
    lines += [f"| {text} | {clock} | {processor} | {'yes' if holds else 'no'} |"
              for text, clock, processor, holds in targets(result)]
    return "\n".join(lines) + "\n"


def chart(result):
    """Horizontal bars, one group per work, each group on its own scale: the works differ by orders of magnitude."""
    bars, y = [], 34
    for work, found in result["works"].items():
        longest = max(run["seconds"] for run in found.values()) or 1
        bars.append(f'<text x="10" y="{y + 11}" font-weight="bold">{escape(work)}</text>')
        y += 18
        for who, run in sorted(found.items(), key=lambda pair: pair[1]["seconds"]):
            width = max(1, round(360 * run["seconds"] / longest))
            bars.append(f'<text x="150" y="{y + 11}" text-anchor="end">{escape(who)}</text>'
                        f'<rect x="156" y="{y}" width="{width}" height="13" fill="{COLOURS.get(who, "#777777")}"/>'
                        f'<text x="{162 + width}" y="{y + 11}">{run["seconds"]:.2f} s, {run["mib"]:.0f} MiB</text>')
            y += 17
        y += 9
    title = f"{result['size']} claims, {result['machine']['cores']} cores: seconds, and the most memory held"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="680" height="{y}" font-family="sans-serif" font-size="12">'
            f'<rect width="100%" height="100%" fill="#ffffff"/><text x="10" y="20" font-size="14">{escape(title)}</text>'
            + "".join(bars) + "</svg>\n")


SIZES = {"600k": 0.6, "6M": 6, "60M": 60, "240M": 240}


def memory(folder):
    """The most memory that each held for the year, over the sizes that have been run, as lines; both axes by decades."""
    lines = {}
    for size, millions in SIZES.items():
        path = os.path.join(folder, f"{size}.json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                works = json.load(file)["works"]
            held = {}
            year = works.get("findings from raw files", {})
            for work in ("intake of the year", "findings", "findings from raw files"):
                # a peer that was not given the raw files at this size has no point there
                for who, run in works.get(work, {}).items():
                    if who == OURS or who in year:
                        held[who] = max(held.get(who, 0), run["mib"])
            for who, mib in held.items():
                lines.setdefault(who, []).append((size, millions, mib))
    labels = []
    across = lambda millions: 70 + 170 * (math.log10(millions) + 0.3)
    up = lambda mib: 300 - 95 * (math.log10(mib) - 2)
    parts = []
    for mib in (100, 1024, 10240):
        parts.append(f'<line x1="70" y1="{up(mib):.0f}" x2="560" y2="{up(mib):.0f}" stroke="#dddddd"/>'
                     f'<text x="64" y="{up(mib) + 4:.0f}" text-anchor="end">{mib} MiB</text>')
    for size, millions in SIZES.items():
        parts.append(f'<text x="{across(millions):.0f}" y="322" text-anchor="middle">{size}</text>')
    for who, points in sorted(lines.items()):
        colour = COLOURS.get(who, "#777777")
        path = " ".join(f"{across(millions):.0f},{up(mib):.0f}" for _, millions, mib in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{across(millions):.0f}" cy="{up(mib):.0f}" r="3" fill="{colour}"/>' for _, millions, mib in points]
        _, millions, mib = points[-1]
        labels.append((up(mib) + 4, across(millions) + 8, colour, f"{who} {mib:.0f}"))
    last = 0
    for y, x, colour, text in sorted(labels):
        last = max(y, last + 14)
        parts.append(f'<text x="{x:.0f}" y="{last:.0f}" fill="{colour}">{escape(text)}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="680" height="335" font-family="sans-serif" font-size="12">'
            f'<rect width="100%" height="100%" fill="#ffffff"/><text x="10" y="20" font-size="14">claims of a year, and the '
            f'most memory held (this program: intake and findings)</text>' + "".join(parts) + "</svg>\n")


def write(result, folder):
    """Writes the three files and the plot over all sizes; the JSON says which targets were reached as well."""
    os.makedirs(folder, exist_ok=True)
    result["targets"] = [{"target": text, "clock": clock, "processor": processor, "reached": holds}
                         for text, clock, processor, holds in targets(result)]
    for ending, text in (("json", json.dumps(result, indent=1, ensure_ascii=False) + "\n"),
                         ("md", markdown(result)), ("svg", chart(result))):
        with open(os.path.join(folder, f"{result['size']}.{ending}"), "w", encoding="utf-8") as file:
            file.write(text)
    with open(os.path.join(folder, "memory.svg"), "w", encoding="utf-8") as file:
        file.write(memory(folder))
