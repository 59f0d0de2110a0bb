"""Which versions an audit is about, and how it tells how far it is."""

from collections.abc import Callable
from dataclasses import dataclass, field

from fedswipe.errors import FedswipeError

REPEAT_SPAN = 10_000  # the trainer's own default
Progress = Callable[[str, int, int], None]  # what is being done, how much is done, of how much


@dataclass(frozen=True)
class Scope:
    """Versions `first` to `last` (None: the head) of a lineage; `repeat_span` is the trainers' setting.

    `noise_keys` are those of private windows, as many as there were; without one their models are not judged.
    """

    first: int = 1
    last: int | None = None
    repeat_span: int = REPEAT_SPAN
    noise_keys: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """Refuse a range that is none, naming the option."""
        if self.first < 1:
            raise FedswipeError(f"--from {self.first}: give a version from 1 on")
        if self.last is not None and self.last < self.first:
            raise FedswipeError(f"--to {self.last}: give {self.first} or more, or leave --from out")

    def has(self, version: int) -> bool:
        """Tell whether a version is in it."""
        return self.first <= version <= (self.last or version)

    def check(self, head: int, model_id: str) -> None:
        """Refuse versions that the lineage does not have."""
        if head == 0:
            raise FedswipeError(f"{model_id}: no model was published yet; start an aggregator")
        for option, version in (("--from", self.first), ("--to", self.last or 1)):
            if version > head > 0:
                raise FedswipeError(f"{option} {version}: {model_id} has versions 1 to {head}; give one")


def quiet(what: str, done: int, of: int) -> None:
    """Show no progress."""
