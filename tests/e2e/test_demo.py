"""`fedswipe demo` as a user runs it: figures as JSON, a picture, a stack that stays until `fedswipe down`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from fedswipe.local.addresses import KAFKA, S3
from fedswipe.local.state import State

CLIENTS, SWIPES_EACH = 34, 50
UNSEEN_SWIPES = 60 * 50
SECONDS = 400.0  # reached only by a failure
DOCUMENTED = {
    *("swipes", "clients", "deltas", "models", "version", "top1_before", "top1_after", "top3_before"),
    *("top3_after", "unseen_swipes", "coverage", "seconds", "kafka", "minio", "model"),
}

pytestmark = [pytest.mark.slow, pytest.mark.heavy, pytest.mark.timeout(SECONDS + 60)]


def fedswipe(*arguments: str, cwd: Path) -> str:
    """Run the command with no address given, so that it brings a stack of its own; return what it prints."""
    environ = {name: value for name, value in os.environ.items() if name not in (KAFKA, S3)}
    run = subprocess.run(
        [sys.executable, "-P", "-m", "fedswipe.cli.main", *arguments],
        cwd=cwd,
        env=environ,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,  # the assertion shows more
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "stack"
    yield folder
    fedswipe("down", "--folder", str(folder), cwd=tmp_path)


def test_the_demo_reports_leaves_its_stack_up_and_down_leaves_nothing(tmp_path: Path, folder: Path) -> None:
    report, place = tmp_path / "report.json", ("--folder", str(folder))
    printed = fedswipe("demo", "--clients", str(CLIENTS), "--json", str(report), *place, cwd=tmp_path)

    found: dict[str, Any] = orjson.loads(report.read_bytes())
    assert found.keys() >= DOCUMENTED
    assert (found["clients"], found["swipes"]) == (CLIENTS, CLIENTS * SWIPES_EACH)
    assert found["unseen_swipes"] == UNSEEN_SWIPES
    assert found["deltas"] > 0
    assert (found["models"] >= 1, found["version"]) == (True, found["models"] + 1)
    for moment in ("before", "after"):
        assert 0 < found[f"top1_{moment}"] <= found[f"top3_{moment}"] <= 100
    assert found["top1_after"] > found["top1_before"]
    assert found["coverage"] == 100  # simulated words are drawn from the lexicon
    assert found["seconds"] > 0
    assert found["model"].keys() == {"uri", "sha256"}
    assert (tmp_path / "demo-report.png").read_bytes().startswith(b"\x89PNG")

    state = State.load(folder)
    parts = {part.name: part for part in state.running}
    assert parts.keys() == {"s3", "kafka", "ingest", "trainer", "aggregator", "predictor"}
    assert all(state.answers(part) for part in state.running)
    assert found["kafka"].endswith(parts["kafka"].address)
    assert found["minio"].endswith(parts["s3"].address)
    served = httpx.get(f"{parts['predictor'].address}/api/v1/model").json()
    assert (served["version"], served["sha256"]) == (found["version"], found["model"]["sha256"])
    assert served["sha256"] in found["model"]["uri"]
    for path in (f"{parts['ingest'].address}/api/v1/swipes", f"{parts['predictor'].address}/api/v1/predict"):
        assert path in printed  # the lines to paste
    assert f"Swipe and watch: {parts['ingest'].address}/\n" in printed

    fedswipe("down", *place, cwd=tmp_path)
    assert not any(part.id and part.id.alive() for part in state.running)
    assert not folder.exists()
