"""What the stack tells its user while it works; the command line draws it, tests collect it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Reporter(Protocol):
    """Receives plain sentences and steps that take a while."""

    def say(self, text: str) -> None:
        """Tell one finished sentence."""
        ...

    def step(self, title: str, seconds: float) -> AbstractContextManager[None]:
        """Show that `title` is going on while the context is open; `seconds` is what it usually takes."""
        ...


class Collected:
    """A reporter that keeps everything in `said`, for tests and for callers that want silence."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        """Keep the sentence."""
        self.said.append(text)

    @contextmanager
    def step(self, title: str, seconds: float) -> Iterator[None]:
        """Keep the step's title."""
        self.said.append(f"{title} (about {seconds:.0f} s)")
        yield
