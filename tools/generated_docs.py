"""Writes the parts of the docs that the code decides, between `<!-- name:begin -->` and `<!-- name:end -->`.

`--check` changes nothing and ends with status 1 when a part is out of date.
"""

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from fedswipe.cli import settings, topology

ROOT = Path(__file__).resolve().parent.parent
PARTS: dict[tuple[str, str], Callable[[], str]] = {
    ("README.md", "topology"): topology.markdown,
    ("docs/operations.md", "settings"): settings.markdown,
}


def main() -> int:
    """Write or check every part; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true")
    mode.add_argument("--check", action="store_true")
    check: bool = parser.parse_args().check
    stale = 0
    for (name, part), content in PARTS.items():
        file = ROOT / name
        before = file.read_text("utf-8")
        after = replaced(before, part, content())
        if after != before:
            stale += 1
            print(f"{name}: {part} {'is out of date' if check else 'written'}")
            if not check:
                file.write_text(after, "utf-8")
    return 1 if check and stale else 0


def replaced(text: str, part: str, content: str) -> str:
    """Put the content between the part's marks. Raises ValueError when they are not there exactly once."""
    begin, end = f"<!-- {part}:begin -->", f"<!-- {part}:end -->"
    fresh, count = re.subn(f"{begin}.*?{end}", lambda _: f"{begin}\n{content}\n{end}", text, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"put {begin} and {end} once into the file")
    return fresh


if __name__ == "__main__":
    sys.exit(main())
