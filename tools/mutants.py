"""Takes one guarantee after another out of the code, and expects its test to turn red: `make mutants`.

A patch of tests/mutants begins with two lines, `Guarantee: ...` and `Test: path[::name]`. It is applied to a
copy of the sources. A mutant whose test stays green has survived: its guarantee has no test. Arguments: names
of patches.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "mutants"
SOURCES = ("libs", "services", "schemas", "examples", "tests", "pyproject.toml")
SECONDS = 300  # for one test
CAUGHT, SURVIVED = "caught", "SURVIVED"
PASSED, FAILED = 0, 1  # pytest's exit codes; any other: it did not come to run the test


@dataclass(frozen=True)
class Mutant:
    """A patch, the guarantee that it takes out, and the test that notices."""

    file: Path
    guarantee: str
    test: str

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a patch; ValueError when its first lines are not the two."""
        found = re.match(r"Guarantee: (.+)\nTest: (\S+)\n", file.read_text("utf-8"))
        if found is None:
            raise ValueError(f"{file}: begin with `Guarantee: ...` and `Test: path[::name]`")
        return cls(file, found[1], found[2])


def main() -> int:
    """Judge every mutant, or those that are named; return the exit status."""
    wanted = set(sys.argv[1:])
    mutants = [Mutant.read(file) for file in sorted(FOLDER.glob("*.patch"))]
    chosen = [mutant for mutant in mutants if not wanted or mutant.file.stem in wanted]
    table = Table("mutant", "guarantee", "test", "verdict")
    sound = {test: judged(test, None) == SURVIVED for test in dict.fromkeys(mutant.test for mutant in chosen)}
    verdicts = {}
    for mutant in chosen:
        verdicts[mutant] = judged(mutant.test, mutant.file) if sound[mutant.test] else "red without it"
        print(f"{mutant.file.stem}: {verdicts[mutant]}", flush=True)
        table.add_row(mutant.file.stem, mutant.guarantee, mutant.test, verdicts[mutant])
    Console(width=160).print(table)
    caught = sum(verdict == CAUGHT for verdict in verdicts.values())
    print(f"{caught} passed, {len(chosen) - caught} failed")
    return 0 if chosen and caught == len(chosen) else 1


def judged(test: str, patch: Path | None) -> str:
    """Return `caught` when the test turns red on sources with this patch, else what happened."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for source in SOURCES:
            copied(ROOT / source, folder / source)
        if patch is not None:
            apply = ("git", "apply", "--whitespace=nowarn", str(patch))
            applied = subprocess.run(apply, cwd=folder, capture_output=True, text=True, check=False)
            if applied.returncode != 0:
                return f"does not apply: {applied.stderr.strip()}"
        code = tested(test, folder)
    return {PASSED: SURVIVED, FAILED: CAUGHT}.get(code, f"pytest ended with {code}")


def tested(test: str, folder: Path) -> int:
    """Run a test on these sources; return pytest's exit code."""
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
    environ = {**os.environ, "PYTHONPATH": f"{folder / 'libs'}:{folder}", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        return subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, timeout=SECONDS, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return FAILED  # it waits for ever for what the guarantee promised


def copied(source: Path, target: Path) -> None:
    """Copy a file or a folder; links, as that to the schemas, stay links."""
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


if __name__ == "__main__":
    sys.exit(main())
