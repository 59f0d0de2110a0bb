from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.layout_file import LayoutFile, read_layout


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the letters of a keyboard lie.

    alphabet: its K letters; letter i is class i + 1 of the network, class 0 is the CTC blank.
    centres: float32 (K, 2), x in fractions of the keyboard's width, y in fractions of its height. Letters
    that share a key (a long press on it gives the other one) share its centre: the lexicon tells them apart.
    key_width, key_height: of one key, in the same fractions.
    spelt: letters that words are written without, each with what stands for it.
    """

    name: str
    alphabet: str
    centres: NDArray[np.float32]
    key_width: float
    key_height: float
    spelt: Mapping[str, str] = field(default_factory=dict)

    @property
    def classes(self) -> int:
        """The network's outputs: one a letter, and the blank."""
        return 1 + len(self.alphabet)

    def encode(self, word: str) -> NDArray[np.int64]:
        """The word's classes (letters only, no blanks); ValueError for a letter that has no key."""
        codes = [self.alphabet.find(letter) + 1 for letter in word]
        if not codes or 0 in codes:
            raise ValueError(f"word {word!r}: use one or more of the letters of {self.name}: {self.alphabet}")
        return np.array(codes, dtype=np.int64)

    def spell(self, word: str) -> str:
        """The word as this keyboard writes it: letters without a class are replaced, all others stay."""
        if self.spelt.keys().isdisjoint(word):
            return word
        return word.translate({ord(letter): written for letter, written in self.spelt.items()})


def layout_names() -> tuple[str, ...]:
    """The layouts that come with the package."""
    files = resources.files("fedswipe.swipe").joinpath("layouts").iterdir()
    return tuple(sorted(file.name.removesuffix(".json") for file in files if file.name.endswith(".json")))


def load_layout(name: str) -> Layout:
    """Read a layout that comes with the package; ValueError names the known ones."""
    return _layout(load_layout_file(name))


def load_layout_file(name: str) -> LayoutFile:
    """Read what a layout's file says, its keys row by row; ValueError names the known ones."""
    if name not in layout_names():
        raise ValueError(f"layout {name!r} is unknown; use one of: {', '.join(layout_names())}")
    return read_layout(
        resources.files("fedswipe.swipe").joinpath("layouts", f"{name}.json").read_text("utf-8")
    )


def parse_layout(text: str) -> Layout:
    """The layout that a file's text describes; ValueError names the field that is wrong, and the remedy."""
    return _layout(read_layout(text))


def _layout(file: LayoutFile) -> Layout:
    return Layout(
        name=file.name,
        alphabet=file.alphabet,
        centres=_centres(file),
        key_width=file.key_width,
        key_height=file.key_height,
        spelt=file.spelt,
    )


def _centres(file: LayoutFile) -> NDArray[np.float32]:
    keys = file.keys()
    return np.array([keys[letter] for letter in file.alphabet], dtype=np.float32)
