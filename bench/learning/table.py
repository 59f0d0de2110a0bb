"""The rows as a Markdown table, as JSON, and the race against Flower as a picture."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from settings import Row

Found = Mapping[str, Mapping[str, Any]]  # by the row's name: its figures, or {"missing": why}
FIGURES = {
    "top1": "top-1",
    "top3": "top-3",
    "top1_context": "top-1 with the word before",
    "top3_context": "top-3 with it",
    "seconds": "seconds",
}
COMMANDS = {"train": "fedswipe train", "simulate": "fedswipe simulate"}


def write_table(rows: Sequence[Row], found: Found, out: Path, swipes: Path | None) -> str:
    """Write learning.md, learning.json and race.png into the folder; return the Markdown."""
    heads = ("row", *FIGURES.values(), "seed", "remarks", "command")
    lines = [heads, ["---"] * len(heads), *(_cells(row, found[row.name], out, swipes) for row in rows)]
    text = "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines) + "\n"
    (out / "learning.md").write_text(text, "utf-8")
    (out / "learning.json").write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    for figures in found.values():
        if "flower" in figures:
            _draw(figures, out / "race.png")
    return text


def _cells(row: Row, figures: Mapping[str, Any], out: Path, swipes: Path | None) -> Sequence[object]:
    seed = figures.get("settings", {}).get("seed", "")
    shown = [figures.get(name, "") for name in FIGURES]
    return [row.label, *shown, seed, _remarks(figures), f"`{_command(row, out, swipes)}`"]


def _command(row: Row, out: Path, swipes: Path | None) -> str:
    logs = f" --swipes {swipes.name}" if swipes else ""
    if row.kind in COMMANDS and swipes:
        return f"{COMMANDS[row.kind]} --config {out.name}/{row.name}/config.toml{logs} --out {row.name}"
    return f"python bench/learning{logs} --out {out.name} --only {row.name}"


def _remarks(figures: Mapping[str, Any]) -> str:
    if "missing" in figures:
        return str(figures["missing"])
    if "flower" in figures:
        ours, theirs = figures["ours"], figures["flower"]
        return (
            f"{theirs['round_seconds']} s a round (the first {theirs['seconds'][0]:.1f}), "
            f"ours {ours['round_seconds']} (the first {ours['seconds'][0]:.1f}), "
            f"{figures['ours_faster']} times as fast; behind the last round top-1 {theirs['top1'][-1]}, "
            f"ours {ours['top1'][-1]} (on some swipes); the models lie {figures['apart']:.0e} apart"
        )
    if "top1_before" in figures:
        before = f"{figures['top1_before']} / {figures['top3_before']}"
        return f"before {before}; {figures['people']} people, {figures['swipes']} swipes"
    if "reach" in figures:
        return f"reach {figures['reach']}, shape {figures['shape']:.3g}, unigram {figures['unigram']:.3g}"
    if "epsilon" in figures:
        window = figures["settings"]["simulate"]["window"]
        return (
            f"epsilon {figures['epsilon']} at delta {window['privacy_delta']:g}; noise {window['noise']:g} "
            f"x clip {window['max_norm']:g}, {window['deltas']} clients a window"
        )
    return f"greedy {figures['greedy']}, {figures['swipes']} swipes"


def _draw(figures: Mapping[str, Any], file: Path) -> None:
    from matplotlib.figure import Figure  # here: a second that only the end of a run needs

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    by_round, by_time = figure.subplots(1, 2, sharey=True)
    for name, label, style in (("ours", "FedSwipe's simulation", "-"), ("flower", "Flower", "--")):
        top1, seconds = figures[name]["top1"], figures[name]["seconds"]
        passed = [sum(seconds[: number + 1]) for number in range(len(seconds))]
        by_round.plot(range(1, len(top1) + 1), top1, style, label=label, marker=".")
        by_time.plot(passed, top1[: len(passed)], style, label=label, marker=".")
    by_round.set(xlabel="round", ylabel="top-1, % of unseen people's words")
    by_time.set(xlabel="seconds of training and folding")
    for axes in (by_round, by_time):
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(file, dpi=120)
