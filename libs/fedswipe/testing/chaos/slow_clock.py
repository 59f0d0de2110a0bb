"""A process whose wall clock is late, without a line of production code that knows of it.

A library of thirty lines is compiled and loaded before the C library. It moves the wall clock alone: no
machine's monotonic clock is wrong by hours.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path

from fedswipe.errors import FedswipeError

LATE_SECONDS = 3600
LEAST_SECONDS = 60  # the clock must be seen to be off by more than a start can take


def slow_clock(folder: Path) -> dict[str, str] | None:
    """Compile it into `folder`; return the variables that load it, None where there is no C compiler.

    Raises FedswipeError when the clock does not turn out to be slow.
    """
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    library = folder / "slow_clock.so"
    with as_file(files("fedswipe.testing.chaos") / "slow_clock.c") as source:
        command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own source
    environ = {"LD_PRELOAD": str(library), "SLOW_CLOCK_SECONDS": str(LATE_SECONDS)}
    _check(environ)
    return environ


def _check(environ: Mapping[str, str]) -> None:
    command = [sys.executable, "-c", "import time; print(time.time())"]
    shown = subprocess.run(  # noqa: S603 - ourselves
        command, env={**os.environ, **environ}, check=True, capture_output=True, text=True
    )
    late = time.time() - float(shown.stdout)
    if not abs(late - LATE_SECONDS) < LEAST_SECONDS:
        raise FedswipeError(f"the slow clock is {late:g} s late, not {LATE_SECONDS} s: look at slow_clock.c")
