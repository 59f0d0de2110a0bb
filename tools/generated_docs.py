"""Writes what the code decides: .env.example, and in the docs `<!-- name:begin -->` to `<!-- name:end -->`.

`--check` changes nothing and ends with status 1 when a part is out of date.
"""

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from fedswipe.cli import settings, topology

ROOT = Path(__file__).resolve().parent.parent
PATCH = re.compile(r"Guarantee: (.+)\nTest: (\S+)\n")


def guarantees() -> str:
    """Return a table of the promises that the patches of tests/mutants take out, and of their tests."""
    rows = ["| promise | test | taken out by |", "|---|---|---|"]
    files = sorted((ROOT / "tests" / "mutants").glob("*.patch"))
    found = {file: PATCH.match(file.read_text("utf-8")) for file in files}
    rows += [
        f"| {patch[1]} | `{patch[2]}` | [{file.stem}](../tests/mutants/{file.name}) |"
        for file, patch in found.items()
        if patch
    ]
    return "\n".join(rows)


PARTS: dict[tuple[str, str], Callable[[], str]] = {
    ("README.md", "topology"): topology.markdown,
    ("docs/operations.md", "settings"): settings.markdown,
    ("docs/reliability.md", "guarantees"): guarantees,
}

ENV_FILE = ".env.example"


def main() -> int:
    """Write or check every part; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true")
    mode.add_argument("--check", action="store_true")
    check: bool = parser.parse_args().check
    texts = {name: (ROOT / name).read_text("utf-8") for name, _ in PARTS} | {ENV_FILE: settings.env_file()}
    for (name, part), content in PARTS.items():
        texts[name] = replaced(texts[name], part, content())
    stale = [name for name, text in texts.items() if not _holds(ROOT / name, text)]
    for name in stale:
        print(f"{name} {'is out of date' if check else 'written'}")
        if not check:
            (ROOT / name).write_text(texts[name], "utf-8")
    return 1 if check and stale else 0


def _holds(file: Path, text: str) -> bool:
    return file.exists() and file.read_text("utf-8") == text


def replaced(text: str, part: str, content: str) -> str:
    """Put the content between the part's marks. Raises ValueError when they are not there exactly once."""
    begin, end = f"<!-- {part}:begin -->", f"<!-- {part}:end -->"
    fresh, count = re.subn(f"{begin}.*?{end}", lambda _: f"{begin}\n{content}\n{end}", text, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"put {begin} and {end} once into the file")
    return fresh


if __name__ == "__main__":
    sys.exit(main())
