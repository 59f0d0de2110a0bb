"""What a run leaves behind, and from what it goes on: one folder."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from fedswipe.errors import FedswipeError
from fedswipe.runs.tracking import Tracking

METRICS, RESULT, STATE, CURVES, MODEL = (
    "metrics.jsonl",
    "result.json",
    "state.safetensors",
    "curves.png",
    "model.safetensors",
)


@dataclass(eq=False)
class RunFolder:
    """A run's folder; ``settings`` decide the run, so a folder of other settings is refused.

    Every write is whole or not there: a run that is killed goes on from its last state.
    """

    path: Path
    settings: dict[str, Any]
    tracking: Tracking
    metrics: list[dict[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Take up what is there. FedswipeError when it belongs to another run."""
        self.path.mkdir(parents=True, exist_ok=True)
        known = self.path / "settings.json"
        wanted = orjson.dumps(self.settings, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        if known.exists() and known.read_bytes() != wanted:
            raise FedswipeError(f"--out {self.path}: holds a run with other settings; give another folder")
        self._write(known.name, wanted)
        lines = self.path / METRICS
        if lines.exists():
            self.metrics = [orjson.loads(line) for line in lines.read_bytes().splitlines()]

    def state(self) -> bytes | None:
        """The last saved state, or None when the run begins."""
        file = self.path / STATE
        return file.read_bytes() if file.exists() else None

    def save(self, state: bytes, done: int) -> None:
        """Save the state, and with it what was measured up to ``done`` steps."""
        self.metrics = [one for one in self.metrics if one["step"] <= done]
        self._write(METRICS, b"".join(orjson.dumps(one) + b"\n" for one in self.metrics))
        self._write(STATE, state)

    def note(self, step: int, **figures: float) -> None:
        """Keep figures of a step; `save` writes them."""
        self.metrics.append({"step": step, **figures})
        self.tracking.log(step, figures)

    def finish(self, model: bytes, result: dict[str, Any], label: str) -> dict[str, Any]:
        """Write the model, the result and the curves; return the result with the model's hash."""
        result = {**result, "sha256": hashlib.sha256(model).hexdigest(), "settings": self.settings}
        self._write(MODEL, model)
        self._write(RESULT, orjson.dumps(result, option=orjson.OPT_INDENT_2) + b"\n")
        self._draw(label)
        self.tracking.finish([self.path / name for name in (MODEL, RESULT, CURVES)])
        return result

    def _write(self, name: str, data: bytes) -> None:
        fresh = self.path / f"{name}.new"
        fresh.write_bytes(data)
        fresh.replace(self.path / name)

    def _draw(self, label: str) -> None:
        from matplotlib.figure import Figure  # here: a second that only the end of a run needs

        figure = Figure(figsize=(8, 3.5), layout="constrained")
        loss, words = figure.subplots(1, 2)
        for axes, names in ((loss, ("loss",)), (words, ("top1", "top3"))):
            for name in names:
                points = [(one["step"], one[name]) for one in self.metrics if name in one]
                axes.plot(*zip(*points, strict=True) if points else ((), ()), label=name)
            axes.set(xlabel=label)
            axes.grid(alpha=0.3)
            axes.legend()
        words.set(ylabel="% of unseen people's words")
        figure.savefig(self.path / CURVES, dpi=120)
