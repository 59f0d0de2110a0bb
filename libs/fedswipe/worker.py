"""Something that a service runs in a thread of its own."""

from typing import Protocol


class Worker(Protocol):
    """Something that runs until it is stopped; an error it raises crashes the service."""

    def run(self) -> None:
        """Work until `stop`."""
        ...

    def stop(self) -> None:
        """Make `run` finish what it holds and return; callable from any thread."""
        ...
