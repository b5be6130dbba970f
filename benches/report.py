"""The result as JSON, as a Markdown table with what was to be reached, and as a bar chart."""

import json
import os
from xml.sax.saxutils import escape

OURS = "poverty-watch"
COLOURS = {OURS: "#b4413c", "DuckDB": "#c9b037", "Polars": "#3b6ea5", "ClickHouse (chdb)": "#5a8f5a", "pyarrow": "#999999"}


def fastest(works, work):
    """The fastest peer of a work: its name and seconds."""
    peers = {who: run["seconds"] for who, run in works.get(work, {}).items() if who not in (OURS, "pyarrow")}
    return min(peers.items(), key=lambda pair: pair[1]) if peers else (None, None)


def targets(result):
    """What was to be reached: a text, the value, and whether it holds. Values are ratios unless they say otherwise."""
    works, rows = result["works"], []

    def ours(work):
        return works[work][OURS]["seconds"] if OURS in works.get(work, {}) else None

    def ratio(text, ours_in, other, limit):
        if ours_in and other:
            value = ours_in / other
            rows.append((text, f"{value:.2f}", value <= limit))

    _, peer = fastest(works, "intake")
    if peer and ours("intake"):
        value = peer / ours("intake")
        rows.append(("intake: rows per second against the fastest peer, at least 1.5", f"{value:.2f}", value >= 1.5))
    ratio("findings: time against the fastest peer, at most 0.6", ours("findings"), fastest(works, "findings")[1], 0.6)
    decode = works.get("decoding alone", {}).get("pyarrow", {}).get("seconds")
    ratio("findings: time against decoding alone, at most 2.5", ours("findings"), decode, 2.5)
    raw = fastest(works, "findings from raw files")[1]
    night, second = ours("night with one new day, month 12"), ours("night with one new day, month 2")
    ratio("night of month 12: time against the fastest peer from raw files, at most 0.1", night, raw, 0.1)
    ratio("night of month 12: time against the night of month 2, at most 1.2", night, second, 1.2)
    ratio("findings, totals fresh: against the fastest peer from raw files, at most 0.1",
          ours("findings, totals fresh"), raw, 0.1)
    peak = max((runs[OURS]["mib"] for runs in works.values() if OURS in runs), default=0)
    rows.append(("peak memory of any run, at most 1536 MiB", f"{peak:.0f} MiB", peak <= 1536))
    if ours("lists of 10,000 people"):
        value = ours("lists of 10,000 people")
        rows.append(("lists of 10,000 people, at most 5 s", f"{value:.2f} s", value <= 5))
    if ours("nothing new"):
        rows.append(("a night with nothing new, under 1 s", f"{ours('nothing new'):.2f} s", ours("nothing new") < 1))
    return rows


def markdown(result):
    machine, packages = result["machine"], result["packages"]
    lines = [
        f"{result['size']} claims of {result['persons']:,} people, {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}; " + ", ".join(f"{n} {v}" for n, v in packages.items())
        + ". Two threads each; results were equal before a time counted; medians of so many runs.",
        "", "| work | who | runs | seconds | processor seconds | peak MiB |", "|---|---|---|---|---|---|",
    ]
    for work, found in result["works"].items():
        for who, run in sorted(found.items(), key=lambda pair: pair[1]["seconds"]):
            name = f"**{who}**" if who == OURS else who
            lines.append(f"| {work} | {name} | {run['runs']} | {run['seconds']:.2f} | {run['processor']:.2f} | {run['mib']:.0f} |")
    lines += ["", "| to reach | measured | reached |", "|---|---|---|"]
    lines += [f"| {text} | {value} | {'yes' if holds else 'no'} |" for text, value, holds in targets(result)]
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


def write(result, folder):
    """Writes the three files; the JSON says which targets were reached as well."""
    os.makedirs(folder, exist_ok=True)
    result["targets"] = [{"target": text, "value": value, "reached": holds} for text, value, holds in targets(result)]
    for ending, text in (("json", json.dumps(result, indent=1, ensure_ascii=False) + "\n"),
                         ("md", markdown(result)), ("svg", chart(result))):
        with open(os.path.join(folder, f"{result['size']}.{ending}"), "w", encoding="utf-8") as file:
            file.write(text)
