"""What the demonstration leaves behind: a table, a JSON file, a picture."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from rich.table import Table

from fedswipe.demo.main_job import Outcome


@dataclass(frozen=True)
class Report:
    """An outcome with what is known around it. `coverage`: share of judged words in the lexicon, 0 to 1."""

    outcome: Outcome
    coverage: float
    kafka: str
    minio: str
    model_uri: str
    total_seconds: float
    services_peak_mb: float

    def as_json(self) -> dict[str, Any]:
        """Return the figures by their documented names; accuracies and coverage in percent."""
        o = self.outcome
        return {
            "swipes": o.swipes,
            "clients": len(o.crowd.clients),
            "deltas": o.deltas,
            "models": o.served.version - o.first_version,
            "version": o.served.version,
            "top1_before": round(o.before.top1, 2),
            "top1_after": round(o.after.top1, 2),
            "top3_before": round(o.before.top3, 2),
            "top3_after": round(o.after.top3, 2),
            "unseen_swipes": o.after.swipes,
            "unseen_people": len(o.crowd.unseen),
            "coverage": round(100 * self.coverage, 2),
            "seconds": round(self.total_seconds, 1),
            "phases": {name: round(seconds, 1) for name, seconds in o.seconds.items()},
            "services_peak_mb": round(self.services_peak_mb),
            "kafka": self.kafka,
            "minio": self.minio,
            "model": {"uri": self.model_uri, "sha256": o.served.sha256},
        }

    def write_json(self, path: Path) -> None:
        """Write `as_json` into a file."""
        path.write_bytes(orjson.dumps(self.as_json(), option=orjson.OPT_INDENT_2) + b"\n")

    def table(self) -> Table:
        """Return the figures as a person reads them."""
        f, o = self.as_json(), self.outcome
        table = Table("what", "figure", title="What the loop did", title_justify="left")
        table.add_row("swipes of", o.crowd.source)
        table.add_row("swipes sent and acknowledged", f"{f['swipes']:,} of {f['clients']} clients")
        table.add_row("deltas folded", f"{f['deltas']}")
        table.add_row("global models", f"{f['models']}; version {o.first_version} to {f['version']}")
        table.add_row("judged on", f"{f['unseen_swipes']:,} swipes of {f['unseen_people']} people never sent")
        table.add_row(
            "top-1",
            f"{o.before.top1:.1f} % -> [bold]{o.after.top1:.1f} %[/] ({_gain(o.before.top1, o.after.top1)})",
        )
        table.add_row(
            "top-3",
            f"{o.before.top3:.1f} % -> [bold]{o.after.top3:.1f} %[/] ({_gain(o.before.top3, o.after.top3)})",
        )
        table.add_row("words in the lexicon", f"{100 * self.coverage:.1f} % (the others count as wrong)")
        table.add_row("model", self.model_uri)
        table.add_row("SHA-256", o.served.sha256)
        spent = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in o.seconds.items())
        table.add_row("time", f"{self.total_seconds:.0f} s: {spent}")
        if self.services_peak_mb:  # 0 where the services run somewhere else
            table.add_row("memory", f"{self.services_peak_mb:,.0f} MB: the four services' peaks, added up")
        return table

    def draw(self, path: Path) -> None:
        """Draw accuracy per version on the sample that was judged on the way."""
        import matplotlib as mpl
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator

        versions = [version for version, _ in self.outcome.curve]
        with mpl.rc_context({"font.size": 11}):
            figure = Figure(figsize=(7, 4), layout="constrained")
            axes = figure.subplots()
            axes.plot(versions, [a.top1 for _, a in self.outcome.curve], marker="o", label="top-1")
            axes.plot(versions, [a.top3 for _, a in self.outcome.curve], marker="s", label="top-3")
            sample = self.outcome.curve[-1][1].swipes
            axes.set(xlabel="version of the global model", ylabel="% of words right")
            axes.set_title(f"Words for people who were never sent ({sample} of their swipes)", fontsize=11)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.grid(alpha=0.3)
            axes.legend()
            figure.savefig(path, dpi=120)


def _gain(before: float, after: float) -> str:
    return f"{after - before:+.1f} points"
