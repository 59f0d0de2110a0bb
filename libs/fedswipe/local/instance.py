"""A running program that is ours, whatever it runs in: a process or a container."""

from collections.abc import Callable
from typing import Protocol

from fedswipe.local.container_id import ContainerId
from fedswipe.local.pids import ProcessId
from fedswipe.local.poll import poll

Identity = ProcessId | ContainerId


class Instance(Protocol):
    """What fault tests stop, kill and restart: `id` is who it is to the system, `log` where its log is."""

    @property
    def id(self) -> Identity: ...  # noqa: D102 - said above
    @property
    def log(self) -> str: ...  # noqa: D102 - said above
    @property
    def running(self) -> bool: ...  # noqa: D102 - it is there; it may not answer yet

    def wait_ready(self) -> None:
        """Return once it answers a real request; StartFailed when it ends before, or takes too long."""
        ...

    def stop(self, grace: float = 10.0) -> int:
        """Send SIGTERM, after `grace` seconds SIGKILL; return the exit status (-9: it had to be killed)."""
        ...

    def kill(self) -> int:
        """Send SIGKILL; return the exit status."""
        ...

    def restart(self) -> None:
        """Run it again on the same port and data, and return once it answers."""
        ...


def missed_answer(ready: Callable[[], bool], status: Callable[[], int | None], seconds: float) -> str | None:
    """Wait until `ready` says yes; return None then, else what happened: its end, or the deadline.

    `status` is the exit status, None while it runs.
    """
    answered = False

    def settled() -> bool:
        nonlocal answered
        answered = ready()
        return answered or status() is not None

    settled_in_time = poll(settled, seconds)
    if answered:
        return None
    if settled_in_time:
        return f"ended with status {status()} before it answered"
    return f"did not answer within {seconds:g} s"
