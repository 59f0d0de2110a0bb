"""The far end of a leash: `python -m fedswipe.local.watcher` ends what it holds when its input ends.

Its standard input is a pipe that only the owner writes to, so it ends with the owner, however that ends.
Lines: `hold PID STARTED` for a process, `label LABEL ENGINE` for what carries a label at an engine's address,
`release`: so far all goes on by itself; `leave`: the owner is about to end, with nothing half done.
"""

import sys
from collections.abc import Callable
from typing import TextIO

from fedswipe.local.engine import Engine
from fedswipe.local.pids import ProcessId
from fedswipe.local.poll import poll

# So long an engine may still be making what an owner had asked for when it was killed.
LATE_SECONDS = 3.0


def watch(
    lines: TextIO,
    remove: Callable[[str, str], None] = lambda engine, label: Engine(engine).remove_labelled(label),
    late_seconds: float = LATE_SECONDS,
) -> None:
    """Read lines until the pipe ends; then end every held process with its group, and `remove` each label.

    `remove` is given an engine's address and a label; without a `leave` it is asked again for `late_seconds`.
    """
    processes: list[ProcessId] = []
    labels: list[tuple[str, str]] = []
    for line in lines:
        match line.split(maxsplit=2):
            case ["hold", pid, started]:
                processes.append(ProcessId(int(pid), started.strip()))
            case ["label", label, engine]:
                labels.append((engine.strip(), label))
            case ["release"]:
                processes.clear()
                labels.clear()
            case ["leave"]:
                late_seconds = 0.0
    for process in processes:
        process.kill_group()

    def all_removed() -> bool:
        for engine, label in dict.fromkeys(labels):
            remove(engine, label)
        return not labels  # where there is an engine, something may still come

    poll(all_removed, late_seconds)


if __name__ == "__main__":
    watch(sys.stdin)
