"""The loop under faults at random moments, then a proof that nothing was lost or counted twice.

`python bench/chaos --swipes 100000 --seed 1 --json FILE`; the exit status is 1 when anything is lost,
doubled or not proved. Starts a Kafka, a MinIO and services of its own, and leaves --folder and --json alone.
"""

import argparse
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from fedswipe.testing.chaos.report import SHOWN, table, write_json
from fedswipe.testing.chaos.run import Order, Outcome, run_chaos


def main() -> None:
    """Run, print, and say by the exit status whether all was proved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--swipes", type=int, default=100_000, help="at least so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3, help="how often each service is killed")
    parser.add_argument("--rate", type=float, default=110.0, help="swipes a second")
    parser.add_argument("--range", type=float, default=15.0, help="seconds of swipes that a trainer collects")
    parser.add_argument("--drain", type=float, default=900.0, help="seconds in which all must be at rest")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    parser.add_argument("--folder", type=Path, help="where data and logs stay (else they are deleted)")
    options = parser.parse_args()
    order = Order(options.swipes, options.seed, options.rounds, options.rate, options.range, options.drain)
    console = Console(highlight=False, soft_wrap=True)
    with nullcontext(options.folder) if options.folder else tempfile.TemporaryDirectory() as folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        outcome = run_chaos(order, Path(folder), lambda line: console.print(escape(line)))
    tell(outcome, console)
    if options.json:
        write_json(outcome, options.json)
    sys.exit(1 if outcome.broken else 0)


def tell(outcome: Outcome, console: Console) -> None:
    """Print the table and what is broken."""
    console.print(table(outcome))
    for broken in outcome.broken[:SHOWN]:
        console.print(f"- {escape(broken)}")
    if len(outcome.broken) > SHOWN:
        console.print(f"... and {len(outcome.broken) - SHOWN} more")


if __name__ == "__main__":
    main()
