"""Writes requirements/*.txt from pyproject.toml: pinned, hashed, without an address.

Needs uv and the network. Pins that still fit are kept; `--upgrade` takes the newest that fit. base.txt is
all that a whole installation needs but torch; train.txt and dev.txt hold only what an extra adds to it. The
others are whole, each for one service's image. All have the same pins.
"""

import argparse
import os
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
PARTS = ("ingest", "trainer", "aggregator", "predictor", "demo")
WHOLE = (*PARTS, "build")
SETS: dict[str, tuple[str, ...]] = {
    "base": (*PARTS, "lexicon", "secure-sum"),
    "train": ("train",),
    "dev": ("dev",),
    **{name: (name,) for name in WHOLE},
}
ADDED = ("train", "dev")  # to base
ENTRY = re.compile(r"^(?=\S)", re.MULTILINE)  # a pin and its indented hashes


def main() -> None:
    """Compile each set in turn, each constrained by those before it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="do not keep the present pins")
    upgrade: bool = parser.parse_args().upgrade
    FOLDER.mkdir(exist_ok=True)
    done: list[Path] = []
    for name, extras in SETS.items():
        target = FOLDER / f"{name}.txt"
        kept = target.read_text() if target.exists() and not upgrade else ""
        pins = compiled(extras, constraints=done, kept=kept)
        base = set(entries((FOLDER / "base.txt").read_text())) if name in ADDED else set()
        target.write_text("".join(entry for entry in entries(pins) if entry not in base))
        if name not in WHOLE:
            done.append(target)
        print(f"{target.relative_to(ROOT)}: {len(entries(target.read_text()))} packages")


def compiled(extras: tuple[str, ...], constraints: list[Path], kept: str) -> str:
    """Return uv's pins for every platform and Python from 3.11 on."""
    with TemporaryDirectory() as folder:
        output = Path(folder) / "pins.txt"
        output.write_text(kept)
        command = [
            *("uv", "pip", "compile", "pyproject.toml", "--quiet", "--output-file", str(output)),
            *("--universal", "--python-version", "3.11", "--fork-strategy", "fewest", "--generate-hashes"),
            *("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate"),
            "--no-strip-extras",  # pip 23.2 takes a dependency x[y] for unpinned when only x is pinned
            *(part for extra in extras for part in ("--extra", extra)),
            *(part for path in constraints for part in ("--constraints", str(path))),
        ]
        subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"})
        return output.read_text()


def entries(text: str) -> list[str]:
    """Split a requirements file into its pins, each with its hashes."""
    return [entry for entry in ENTRY.split(text) if entry.strip()]


if __name__ == "__main__":
    main()
