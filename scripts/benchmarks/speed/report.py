"""What was measured, as tables in Markdown and pictures."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.benchmarks.speed.systems import SYSTEMS

OURS = "searchkit"
COLUMNS = ("keyword", "vector", "hybrid", "hybrid, 50 %", "hybrid, 5 %", "hybrid, 0.1 %")


def table(header: list[str], rows: list[list[str]]) -> None:
    print("| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


def show(result: dict[str, Any]) -> None:
    """Print one size: building, warm latencies, and the rest, with the winner of each column in bold."""
    print(f"## {result['rows']:,} passages\n")
    print(f"{result['about']}\n")
    systems = [name for name in SYSTEMS if name in result["systems"]]
    building = [
        ("passages/s indexed", lambda s: s["build"]["rows"] / s["build"]["build_s"], max, "{:,.0f}"),
        ("processor s to index", lambda s: s["build"]["build_cpu_s"], min, "{:,.0f}"),
        ("first answer, s", lambda s: s["build"]["first_s"], min, "{:.1f}"),
        ("first answer with embedding, s", lambda s: s["embedded_first_s"], min, "{:,.0f}"),
        ("processor s until then", lambda s: s["embedded_first_cpu_s"], min, "{:,.0f}"),
        ("MiB while building", lambda s: s["build"]["peak"], min, "{:,.0f}"),
        ("MiB while searching", lambda s: s["memory"]["peak"], min, "{:,.0f}"),
        ("MiB on disk", lambda s: s["build"]["disk_mib"], min, "{:,.0f}"),
        ("cold hybrid, s", lambda s: s["cold"]["hybrid"], min, "{:.2f}"),
        ("cold keyword, s", lambda s: s["cold"]["keyword"], min, "{:.2f}"),
    ]
    grid(result, systems, building)
    warm = [(f"{mode}, p50", lambda s, mode=mode: s["warm"][mode]["p50"], min, "{:.1f}") for mode in COLUMNS]
    grid(result, systems, [*warm, ("recall@10", lambda s: s["recall"], max, "{:.3f}")])
    print("Milliseconds above; below, of the processor, all threads together, which other processes hardly change.\n")
    grid(
        result,
        systems,
        [(mode, lambda s, mode=mode: s["warm"][mode]["cpu_p50"], min, "{:.1f}") for mode in COLUMNS],
    )
    tails(result, systems)
    for name, problem in result["problems"].items():
        print(f"- {name}: {problem}")
    print()


def grid(result: dict[str, Any], systems: list[str], columns: list[tuple[Any, ...]]) -> None:
    values = {name: [value(result["systems"][name], column[1]) for column in columns] for name in systems}
    best = [
        column[2]((row[at] for row in values.values() if not math.isnan(row[at])), default=math.nan)
        for at, column in enumerate(columns)
    ]
    rows = []
    for name, row in values.items():
        cells = [
            "–" if math.isnan(each) else f"**{form}**" if each == best[at] else form
            for at, each in enumerate(row)
            for form in [columns[at][3].format(each)]
        ]
        rows.append([name, *cells])
    table(["system", *(column[0] for column in columns)], rows)


def value(system: dict[str, Any], pick: Callable[[Any], float]) -> float:
    """What `pick` finds in a system's results, NaN where it was not measured."""
    try:
        return float(pick(system))
    except (KeyError, TypeError):
        return math.nan


def tails(result: dict[str, Any], systems: list[str]) -> None:
    rows = []
    for name in systems:
        warm = result["systems"][name].get("warm", {})
        cells = []
        for mode in COLUMNS:
            found = warm.get(mode)
            cells.append(f"{found['p95']:.1f} / {found['p99']:.1f} ({found['asked']})" if found else "–")
        filled = [f"{warm[mode]['filled']:.2f}" if mode in warm else "–" for mode in COLUMNS[-2:]]
        rows.append([name, *cells, *filled])
    heads = [f"{mode}, p95 / p99 (asked)" for mode in COLUMNS]
    table(["system", *heads, "found of what 5 % holds", "of .1 %"], rows)
    print(f"The question's vector alone takes {result['embed_ms']:.1f} ms of vector and hybrid, in every system.\n")


def pictures(results: list[dict[str, Any]], folder: Path) -> None:
    """Draw how latency, time to the first answer and memory grow with size, as SVG."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "searchkit"
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    curves = {
        "hybrid": ("hybrid search, p50, ms", lambda s: s["warm"]["hybrid"]["p50"]),
        "filtered": ("hybrid search among 0.1 %, p50, ms", lambda s: s["warm"]["hybrid, 0.1 %"]["p50"]),
        "keyword": ("keyword search, p50, ms", lambda s: s["warm"]["keyword"]["p50"]),
        "first": ("first answer from nothing, embedding included, s", lambda s: s["embedded_first_s"]),
        "build": ("indexing without embedding, s", lambda s: s["build"]["build_s"]),
        "memory": ("memory while searching, MiB", lambda s: s["memory"]["peak"]),
    }
    for label, (title, pick) in curves.items():
        figure, axes = pyplot.subplots(figsize=(6, 4))
        for name in SYSTEMS:
            points = []
            for result in sorted(results, key=lambda each: each["rows"]):
                try:
                    points.append((result["rows"], float(pick(result["systems"][name]))))
                except (KeyError, TypeError):
                    continue
            if points:
                thick = {"linewidth": 2.5, "color": "black", "zorder": 3} if name == OURS else {"linewidth": 1}
                axes.plot(*zip(*points, strict=True), marker="o", markersize=3, label=name, **thick)
        axes.set(xscale="log", yscale="log", xlabel="passages", title=title)
        axes.grid(visible=True, which="major", alpha=0.3)
        axes.legend(fontsize=7)
        figure.tight_layout()
        figure.savefig(folder / f"speed-{label}.svg", metadata={"Date": None})
        pyplot.close(figure)
