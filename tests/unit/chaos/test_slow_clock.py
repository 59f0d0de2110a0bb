"""The slow clock is late for the process that runs under it, and nothing else of time is."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fedswipe.testing.chaos.slow_clock import LATE_SECONDS, slow_clock

CODE = "import time; print(time.time(), time.monotonic())"


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler `cc`")
def test_the_wall_clock_alone_is_late(tmp_path: Path) -> None:
    environ = slow_clock(tmp_path)
    assert environ is not None
    command = [sys.executable, "-c", CODE]
    shown = subprocess.run(command, env=os.environ | environ, check=True, capture_output=True, text=True)
    wall, monotonic = map(float, shown.stdout.split())
    assert time.time() - wall == pytest.approx(LATE_SECONDS, abs=60)
    assert time.monotonic() - monotonic == pytest.approx(0, abs=60)


def test_without_a_compiler_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert slow_clock(tmp_path) is None
