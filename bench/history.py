"""What `python -m bench run` has measured, kept and drawn.

In: results, by benchmark, runtime and measure: a median and its spread. Out: lines of
history.jsonl, one a run with its commit, date, machine and versions; plots, made by matplotlib.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click

HISTORY = Path(__file__).parent / "history.jsonl"
MEASURES = ("process", "ready", "steady", "peak")
Results = dict[str, dict[str, dict[str, list[float]]]]


def ratios(
    results: Results, layers: list[str], runtime: str, peer: str
) -> dict[str, dict[str, float]]:
    """By measure and benchmark of these layers: the runtime's median divided by the peer's."""
    found: dict[str, dict[str, float]] = {measure: {} for measure in MEASURES}
    for name, by_runtime in results.items():
        if name.split("/")[0] not in layers or not {runtime, peer} <= set(by_runtime):
            continue
        for measure in MEASURES:
            ours, theirs = (by_runtime[one].get(measure) for one in (runtime, peer))
            if ours is not None and theirs is not None:
                found[measure][name] = ours[0] / theirs[0]
    return found


def processor() -> str:
    """The name of this machine's processor, as far as the system tells."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def commit() -> str:
    """The commit that is checked out, with "+" if files differ from it."""
    folder = HISTORY.parent
    try:
        name = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return name + ("+" if changed.strip() else "")


def record(results: Results, versions: dict[str, str], runs: int, setting: str) -> None:
    """Append a line to the history."""
    rounded = {
        name: {
            runtime: {
                measure: [float(f"{figure:.4g}") for figure in figures]
                for measure, figures in summary.items()
            }
            for runtime, summary in by_runtime.items()
        }
        for name, by_runtime in results.items()
    }
    line = {
        "commit": commit(),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": processor(),
            "cores": os.cpu_count(),
        },
        "setting": setting,
        "versions": versions,
        "runs": runs,
        "results": rounded,
    }
    with open(HISTORY, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def read() -> list[dict[str, Any]]:
    """All records, the oldest first."""
    try:
        lines = HISTORY.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines]


def plot(file: Path, results: Results, runtime: str = "zwasm", peer: str = "wasmtime") -> None:
    """Draw the ratios of each benchmark, and their means over the history.

    The ending of `file` says the format, as in .svg or .png. Raises click.ClickException without
    matplotlib, and where nothing can be compared.
    """
    try:
        import matplotlib
    except ModuleNotFoundError:
        raise click.ClickException("plots need matplotlib: pip install matplotlib") from None
    matplotlib.use("agg")
    matplotlib.rcParams["svg.hashsalt"] = "zwasm"  # the same figures give the same file
    from matplotlib import pyplot

    layers = sorted({name.split("/")[0] for name in results})
    found = ratios(results, layers, runtime, peer)
    names = sorted(found["steady"] or found["process"])
    if not names:
        raise click.ClickException(f"a plot needs figures of {runtime} and {peer}")
    colours = {"process": "#7f7f7f", "ready": "#2ca02c", "steady": "#1f77b4", "peak": "#ff7f0e"}
    marks = {"process": "s", "ready": "^", "steady": "o", "peak": "D"}
    records = read()
    height = 1.6 + 0.17 * len(names)
    parts = [height, 2.4] if records else [height]
    figure, axes = pyplot.subplots(
        len(parts), 1, figsize=(8, sum(parts)), height_ratios=parts, squeeze=False
    )
    figure.set_layout_engine("constrained")
    above, below = axes[0][0], axes[-1][0]
    places = range(len(names))
    for measure in MEASURES:
        points = [
            (found[measure][name], at) for at, name in enumerate(names) if name in found[measure]
        ]
        if points:
            across, along = zip(*points, strict=True)
            above.plot(
                across, along, marks[measure], color=colours[measure], markersize=4, label=measure
            )
    above.set_yticks(list(places), names, fontsize=7)
    above.set_ylim(len(names) - 0.5, -0.5)
    above.set_xscale("log")
    _ticks(above.xaxis, [found[measure][name] for measure in MEASURES for name in found[measure]])
    above.axvline(1, color="black", linewidth=0.8)
    above.grid(axis="both", linewidth=0.3)
    above.set_xlabel(f"{runtime}'s time or memory divided by {peer}'s (less is better)")
    above.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, fontsize=7)
    if records:
        _over_time(below, records, runtime, peer, colours, marks)
    metadata = {"Date": None} if file.suffix == ".svg" else None
    figure.savefig(file, dpi=150, metadata=metadata)
    pyplot.close(figure)


def _over_time(
    below: Any,
    records: list[dict[str, Any]],
    runtime: str,
    peer: str,
    colours: dict[str, str],
    marks: dict[str, str],
) -> None:
    """The geometric means of layers 1 to 3, a place a record."""
    drawn = []
    for measure in MEASURES:
        means = []
        for entry in records:
            values = ratios(entry["results"], ["1", "2", "3"], runtime, peer)[measure].values()
            means.append(statistics.geometric_mean(values) if values else float("nan"))
        below.plot(means, marks[measure] + "-", color=colours[measure], markersize=4)
        drawn += [mean for mean in means if mean == mean]
    labels = [f"{entry['date'][:10]}\n{entry['commit'][:7]}" for entry in records]
    below.set_xticks(range(len(records)), labels, fontsize=7)
    below.set_yscale("log")
    _ticks(below.yaxis, drawn)
    below.axhline(1, color="black", linewidth=0.8)
    below.grid(axis="both", linewidth=0.3)
    below.set_ylabel("geometric mean,\nlayers 1 to 3", fontsize=8)


def _ticks(axis: Any, values: list[float]) -> None:
    """Plain numbers on a logarithmic axis."""
    from matplotlib import ticker

    steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
    low, high = min(values, default=0.5) / 1.3, max(values, default=2) * 1.3
    axis.set_major_locator(ticker.FixedLocator([step for step in steps if low <= step <= high]))
    axis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
    axis.set_minor_locator(ticker.NullLocator())
