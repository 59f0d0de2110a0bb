"""The far end of a leash: `python -m fedswipe.local.watcher` kills what it holds when its input ends.

Its standard input is a pipe that only the owner writes to, so it ends with the owner, however that ends.
Lines: `hold PID STARTED` and `release`; after `release` the processes go on by themselves.
"""

import sys
from typing import TextIO

from fedswipe.local.pids import ProcessId


def watch(lines: TextIO) -> None:
    """Read lines until the pipe ends; without a `release` every held process is killed with its group."""
    held: list[ProcessId] = []
    for line in lines:
        verb, *words = line.split(maxsplit=2)
        if verb == "release":
            return
        held.append(ProcessId(int(words[0]), words[1].strip()))
    for process in held:
        process.kill_group()


if __name__ == "__main__":
    watch(sys.stdin)
