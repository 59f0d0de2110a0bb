"""Who may import what: the contracts of pyproject.toml over the sources, and torch at run time."""

import os
import subprocess
import sys
from pathlib import Path


def test_the_contracts_are_kept(root: Path) -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    env = os.environ | {"PYTHONPATH": f"{root / 'libs'}{os.pathsep}{root}"}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_service_that_does_not_train_never_loads_torch() -> None:
    assert (
        loaded(["services.ingest.app", "services.aggregator.app", "services.predictor.app"], ["torch"]) == []
    )


def test_the_command_line_loads_nothing_heavy() -> None:
    heavy = ["torch", "numba", "onnxruntime", "confluent_kafka", "faust", "fastapi"]
    assert loaded(["fedswipe.cli.main"], heavy) == []


def loaded(modules: list[str], wanted: list[str]) -> list[str]:
    """Import modules in a fresh process; return which of the wanted ones came along."""
    imports = "; ".join(f"import {module}" for module in modules)
    program = f"import sys; {imports}; print(*(set({wanted!r}) & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
