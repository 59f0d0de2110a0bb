"""Which words follow which: what the word before a swipe says about the swipe's word."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import numpy as safetensors

from fedswipe.swipe.context import START

STEP = 0.125  # nats; gains are kept in whole steps
UNKNOWN = -1


@dataclass(frozen=True, eq=False)
class Bigrams:
    """The gains of pairs of words: log p(word | previous) - log(backoff(previous) * p(word)).

    A model that backs off (Katz 1987) gives any other pair backoff(previous) * p(word). What a previous word
    adds to the scores of a swipe's words is, but for a number that they share, the gain, and 0 without one.
    vocabulary: V words. keys: int64 (P,), ascending, previous * V + word by their places; V is the previous
    of a sentence's first word. steps: int8 (P,), gains in STEP.
    """

    vocabulary: tuple[str, ...]
    keys: NDArray[np.int64]
    steps: NDArray[np.int8]

    def __post_init__(self) -> None:
        most = len(self.vocabulary) * (len(self.vocabulary) + 1)
        if self.keys.shape != self.steps.shape or self.keys.ndim != 1 or len(self.keys) == 0:
            raise ValueError(f"keys: shape {self.keys.shape} for steps of {self.steps.shape}; give one each")
        if self.keys[0] < 0 or self.keys[-1] >= most or (np.diff(self.keys) <= 0).any():
            raise ValueError(f"keys: give them in ascending order, from 0 to less than {most}")

    @cached_property
    def _place(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.vocabulary)} | {START: len(self.vocabulary)}

    def places(self, words: Sequence[str | None]) -> NDArray[np.int64]:
        """Where words stand in the vocabulary, (N,); V for START, UNKNOWN for None and what it lacks."""
        places = (UNKNOWN if word is None else self._place.get(word, UNKNOWN) for word in words)
        return np.fromiter(places, dtype=np.int64, count=len(words))

    def gains(self, previous: NDArray[np.int64], words: NDArray[np.int64]) -> NDArray[np.float64]:
        """In nats, (N, M), for places (N,) and (N, M); 0 for a pair that is not there, and for UNKNOWN."""
        wanted = previous[:, None] * len(self.vocabulary) + words
        found = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        known = (self.keys[found] == wanted) & (previous[:, None] != UNKNOWN) & (words != UNKNOWN)
        return np.where(known, STEP * self.steps[found], 0.0)


def dump(bigrams: Bigrams) -> bytes:
    """The bytes of a bigram file (safetensors): equal bigrams give equal bytes."""
    size = len(bigrams.vocabulary)
    if size > np.iinfo(np.uint16).max:
        raise ValueError(f"vocabulary: {size} words; a file holds {np.iinfo(np.uint16).max} at most")
    previous, words = np.divmod(bigrams.keys, size)
    tensors: dict[str, NDArray[Any]] = {
        "counts": np.bincount(previous, minlength=size + 1).astype(np.uint16),
        "steps": bigrams.steps,
        "vocabulary": np.frombuffer("\n".join(bigrams.vocabulary).encode(), dtype=np.uint8),
        "words": words.astype(np.uint16),
    }
    return safetensors.save(tensors)


def parse(data: bytes) -> Bigrams:
    """The inverse of `dump`."""
    tensors = safetensors.load(data)
    vocabulary = tuple(tensors["vocabulary"].tobytes().decode().split("\n"))
    previous = np.repeat(np.arange(len(vocabulary) + 1), tensors["counts"])
    return Bigrams(vocabulary, previous * len(vocabulary) + tensors["words"], tensors["steps"])


def load_bigrams(lexicon: str) -> Bigrams | None:
    """Read those that come with the package for a lexicon such as "en-30k"; None where there are none."""
    file = resources.files("fedswipe.swipe").joinpath("contexts", f"{lexicon}.bigrams")
    return parse(file.read_bytes()) if file.is_file() else None
