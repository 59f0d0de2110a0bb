"""Every way to a model, and what it reads: one table.

    python bench/learning --swipes swipelogs.zip --out learning
    python bench/learning --out quick --quick         (simulated typists; its figures mean nothing)

Each row's run lies in a folder of its own under --out: it goes on where it was ended, and is not run again
when it is done. What the rows are told stands in bench/learning/learning.toml. The exit status is 1 when a
row failed.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from rows import Bench
from settings import read_settings
from table import write_table

from fedswipe.errors import FedswipeError

SETTINGS = Path(__file__).parent / "learning.toml"


def main() -> None:
    """Run the rows, one after another, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--swipes", type=Path, help="the logs of How We Swipe; simulated typists without them"
    )
    parser.add_argument("--out", type=Path, required=True, help="a folder for the rows and the table")
    parser.add_argument("--config", type=Path, default=SETTINGS)
    parser.add_argument("--quick", action="store_true", help="few people, rounds and epochs")
    parser.add_argument(
        "--only", help="names of rows with commas between them; the others are shown as they are"
    )
    options = parser.parse_args()
    settings = read_settings(options.config, options.quick)
    names = options.only.split(",") if options.only else [row.name for row in settings.rows]
    if unknown := set(names) - {row.name for row in settings.rows}:
        parser.error(f"--only: no rows {', '.join(sorted(unknown))}")
    out = options.out.resolve()
    bench = Bench(
        out, options.swipes, settings.typists, lambda line: print(line, file=sys.stderr, flush=True)
    )
    found: dict[str, Any] = {}
    for row in settings.rows:
        waits = f": waits for {row.waits_for}" if row.waits_for else ""
        found[row.name] = {"missing": f"to be measured{waits}"}
        if not waits and (row.name in names or bench.is_done(row)):
            try:
                found[row.name] = bench.run(row)
            except FedswipeError as error:
                found[row.name] = {"missing": f"failed: {error}", "failed": True}
        bench.say(f"{row.name}: {found[row.name].get('top1', found[row.name].get('missing'))}")
    print(write_table(settings.rows, found, out, options.swipes))
    sys.exit(1 if any(one.get("failed") for one in found.values()) else 0)


if __name__ == "__main__":
    main()
