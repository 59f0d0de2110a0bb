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
        kept = state.with_volumes if keep_data else ()
        if not keep_data:
            for container in state.with_volumes:
                container.remove_data()
        if kept:
            State(kept=kept).save(folder)
        _clean(folder, keep_data=keep_data, keep_state=bool(kept))
    if kept:
        reporter.say(f"Data kept in the volumes {', '.join(container.name for container in kept)}.")
    elif keep_data and folder.exists():
        reporter.say(f"Data kept in {folder / 'data'}.")


def stop(parts: Sequence[Running], reporter: Reporter) -> None:
    """Ask all to end at once, then wait for each; SIGKILL for one that takes longer than its grace.

    Containers are removed; their data stay in their volumes.
    """
    ours = [(part.name, part.id) for part in parts if part.id and part.id.alive()]
    for _, instance in ours:
        instance.terminate()
    for name, instance in ours:
        if not instance.wait_gone(GRACE):
            instance.kill_group()
            instance.wait_gone(GRACE)
            reporter.say(f"{name} did not end within {GRACE:g} s of SIGTERM: killed.")
        else:
            reporter.say(f"{name} has ended.")
    for part in parts:
        if part.container:
            part.container.remove()


def _clean(folder: Path, *, keep_data: bool, keep_state: bool) -> None:
    for name in ("logs", "run") if keep_data else ("data", "logs", "run"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (LOCK,) if keep_state else (FILE, LOCK):
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):  # not empty: kept data, or files that are not ours
        folder.rmdir()
