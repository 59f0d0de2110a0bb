"""Who may import what: the contracts of pyproject.toml over the sources, and torch at run time."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest


def test_the_contracts_are_kept(root: Path) -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    env = os.environ | {"PYTHONPATH": f"{root / 'libs'}{os.pathsep}{root}"}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("service", ["ingest", "aggregator", "predictor"])
def test_a_service_that_does_not_train_never_loads_torch(service: str) -> None:
    module = f"services.{service}.app"
    assert importlib.util.find_spec(module) is not None
    program = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("heavy", ["torch", "numba", "onnxruntime", "confluent_kafka", "faust"])
def test_the_command_line_loads_nothing_heavy(heavy: str) -> None:
    program = f"import sys, fedswipe.cli.main; sys.exit({heavy!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
