"""`bench/learning --quick` on simulated typists: every row but Flower's, which downloads it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fedswipe.learning.privacy import cost, epsilon

ROWS = [
    *("shark2", "factory", "central", "federated", "federated-int8", "federated-int4", "federated-topk"),
    *("federated-dp", "loop"),
    "personal",  # behind the row that it starts from
]
SECONDS = 300.0  # reached only by a failure

pytestmark = [pytest.mark.slow, pytest.mark.heavy, pytest.mark.timeout(2 * SECONDS)]


def bench(root: Path, out: Path) -> str:
    command = [sys.executable, "-P", str(root / "bench" / "learning"), "--out", str(out), "--quick"]
    done = subprocess.run(
        [*command, "--only", ",".join(ROWS)], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def test_every_row_is_judged_and_none_is_run_twice(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    bench(root, tmp_path)
    found = json.loads((tmp_path / "learning.json").read_bytes())
    assert {name for name in found if "top1" in found[name]} == set(ROWS)
    for name in ROWS:
        assert 0 <= found[name]["top1"] <= found[name]["top3"] <= 100
        if name != "federated-dp":  # four clients' sum drowns in noise that is made for hundreds
            assert found[name]["top1"] > 0
    assert found["federated-dp"]["epsilon"] == round(epsilon(2 * cost(1.0), 1e-6), 2)
    assert found["central"]["top1"] > found["factory"]["top1"]  # these typists are easy to learn from
    results = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/result.json")}
    said = bench(root, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in results} == results
    assert "reading people" not in said
    assert json.loads((tmp_path / "learning.json").read_bytes()) == found
