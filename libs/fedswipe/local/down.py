"""`fedswipe down`: stops what `up` started and leaves nothing behind."""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from fedswipe.local.locked import locked
from fedswipe.local.parts import PARTS
from fedswipe.local.reporter import Reporter
from fedswipe.local.state import FILE, LOCK, Running, State

GRACE = 10.0  # seconds between SIGTERM and SIGKILL


def take_down(folder: Path, *, keep_data: bool, reporter: Reporter) -> None:
    """Stop services, then Kafka and the object store; delete logs, state and (unless kept) data.

    What `up` only found at given addresses is left alone. Waits for an `up` that is still starting.
    """
    if not folder.exists():
        reporter.say("Nothing is up.")
        return
    with locked(folder / LOCK):
        state = State.load(folder)
        if not state.running:
            reporter.say("Nothing is up.")
        stop([part for part in state.running if part.name not in PARTS], reporter)
        stop([part for part in state.running if part.name in PARTS], reporter)
        _clean(folder, keep_data=keep_data)
    if keep_data and folder.exists():
        reporter.say(f"Data kept in {folder / 'data'}.")


def stop(parts: Sequence[Running], reporter: Reporter) -> None:
    """Ask all to end at once, then wait for each; SIGKILL for one that takes longer than its grace."""
    ours = [(part.name, part.process) for part in parts if part.process and part.process.alive()]
    for _, process in ours:
        process.terminate()
    for name, process in ours:
        if not process.wait_gone(GRACE):
            process.kill_group()
            process.wait_gone(GRACE)
            reporter.say(f"{name} did not end within {GRACE:g} s of SIGTERM: killed.")
        else:
            reporter.say(f"{name} has ended.")


def _clean(folder: Path, *, keep_data: bool) -> None:
    for name in ("logs", "run") if keep_data else ("data", "logs", "run"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (FILE, LOCK):
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):  # not empty: kept data, or files that are not ours
        folder.rmdir()
