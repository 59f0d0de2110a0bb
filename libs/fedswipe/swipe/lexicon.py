import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fedswipe.swipe.layout import Layout
from fedswipe.swipe.steps import STEPS

OUTPUT_STEPS = STEPS // 2  # the network halves its input
FLOOR = 1e-8  # the rarest frequency that wordfreq tells; words it does not know get it too
SMOOTHING = 10**-5.5  # share of running words, see `Lexicon.smoothed`


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The words a decoder can answer with, the most frequent first.

    log_unigram: float32 (W,), natural logarithms of the words' share of all running words.
    """

    words: tuple[str, ...]
    log_unigram: NDArray[np.float32]
    language: str
    alphabet: str

    def __post_init__(self) -> None:
        if self.log_unigram.shape != (len(self.words),):
            raise ValueError(f"log_unigram: shape {self.log_unigram.shape} for {len(self.words)} words")
        if len(set(self.words)) != len(self.words) or "" in self.words:
            raise ValueError("words: a word is empty or stands twice; drop it")

    def with_words(self, words: Iterable[str]) -> "Lexicon":
        """Put words, in lower case, in place of the rarest ones; the size stays.

        Raises ValueError for a word with a letter outside the alphabet, or more words than the lexicon holds.
        """
        wanted = dict.fromkeys(word.lower() for word in words)
        for word in wanted:
            if not word or not set(word) <= set(self.alphabet):
                raise ValueError(f"words: {word!r}; use one or more of the letters {self.alphabet}")
        if len(wanted) > len(self.words):
            raise ValueError(f"words: {len(wanted)}; a lexicon of {len(self.words)} cannot hold them")
        known = dict(zip(self.words, self.log_unigram.tolist(), strict=True))
        strange = [word for word in wanted if word not in known]
        frequencies = _frequencies(self.language) if strange else {}
        new = {word: log_share(frequencies, word) for word in strange}
        rare = [word for word in reversed(self.words) if word not in wanted][: len(new)]
        kept = {word: log for word, log in known.items() if word not in set(rare)}
        return _ranked(kept | new, self.language, self.alphabet)

    def smoothed(self) -> "Lexicon":
        """The same words in the same order, each a little more frequent: by SMOOTHING.

        Names, abbreviations and words of one's own trade are written more often than a corpus of everybody
        tells (additive smoothing; Chen & Goodman 1999).
        """
        shares = np.exp(self.log_unigram.astype(np.float64)) + SMOOTHING
        return replace(self, log_unigram=np.log(shares).astype(np.float32))


def build_lexicon(language: str, size: int, layout: Layout) -> Lexicon:
    """The most frequent words of wordfreq that the layout can type, each as the layout spells it.

    Spellings that become one word add up. Equally frequent words stand in Unicode's order. The files under
    lexicons/ are `dump(build_lexicon(...))`. Source: wordfreq 3, Speer 2022. Raises ValueError for a language
    that wordfreq does not know, or that has fewer words.
    """
    letters = set(layout.alphabet)
    frequencies = _spelt(_frequencies(language), layout)
    typed = [word for word in frequencies if word and letters.issuperset(word) and _sayable(word)]
    if len(typed) < size:
        raise ValueError(f"size: {size}; {language} has {len(typed)} words in this alphabet")
    least = sorted((frequencies[word] for word in typed), reverse=True)[size - 1]
    frequent = (word for word in typed if frequencies[word] > 0.999 * least)  # rounded, these may be equal
    lexicon = _ranked({word: log_share(frequencies, word) for word in frequent}, language, layout.alphabet)
    return Lexicon(lexicon.words[:size], lexicon.log_unigram[:size], language, layout.alphabet)


def left_out(language: str, count: int, layout: Layout) -> tuple[str, ...]:
    """The most frequent words that the layout has no keys for, among those of small letters alone."""
    letters, frequencies = set(layout.alphabet), _spelt(_frequencies(language), layout)
    strange = (word for word in frequencies if word.isalpha() and not letters.issuperset(word))
    return tuple(sorted(strange, key=lambda word: (-frequencies[word], word))[:count])


def log_share(frequencies: Mapping[str, float], word: str) -> float:
    """Natural logarithm of a word's frequency, to the four places that a file keeps."""
    return round(math.log(max(frequencies.get(word, 0.0), FLOOR)), 4)


def dump(lexicon: Lexicon) -> str:
    """The text of a lexicon's file: language and alphabet, then a line a frequency: logarithm, words."""
    lines: dict[str, list[str]] = {}
    for word, log in zip(lexicon.words, lexicon.log_unigram.tolist(), strict=True):
        lines.setdefault(f"{log:.4f}", []).append(word)
    heads = [f"{lexicon.language} {lexicon.alphabet}"]
    return "\n".join(heads + [" ".join([log, *words]) for log, words in lines.items()]) + "\n"


def parse(text: str) -> Lexicon:
    """The inverse of `dump`."""
    head, *lines = text.splitlines()
    language, alphabet = head.split(" ")
    rows = [line.split(" ") for line in lines]
    words = tuple(word for row in rows for word in row[1:])
    logs = np.array([float(row[0]) for row in rows], dtype=np.float32)
    return Lexicon(words, np.repeat(logs, [len(row) - 1 for row in rows]), language, alphabet)


def load_lexicon(name: str) -> Lexicon:
    """Read a lexicon that comes with the package, such as "en-30k"; ValueError names the known ones."""
    folder = resources.files("fedswipe.swipe").joinpath("lexicons")
    known = sorted(file.name.removesuffix(".txt") for file in folder.iterdir() if file.name.endswith(".txt"))
    if name not in known:
        raise ValueError(f"lexicon {name!r} is unknown; use one of: {', '.join(known)}")
    return parse(folder.joinpath(f"{name}.txt").read_text("utf-8"))


def _frequencies(language: str) -> Mapping[str, float]:
    import wordfreq  # here, because who only loads a lexicon should not wait for it at every start

    known = wordfreq.available_languages("best")
    if language not in known:
        raise ValueError(
            f"language: wordfreq has no words of {language!r}; there are {', '.join(sorted(known))}"
        )
    frequencies: Mapping[str, float] = wordfreq.get_frequency_dict(language, wordlist="best")
    return frequencies


def _sayable(word: str) -> bool:
    """Whether the network's output has steps enough: one a letter, one more between two equal ones."""
    if 2 * len(word) <= OUTPUT_STEPS:  # nearly all words, and build_lexicon asks for a million
        return True
    return len(word) + sum(a == b for a, b in pairwise(word)) <= OUTPUT_STEPS


def _spelt(frequencies: Mapping[str, float], layout: Layout) -> Mapping[str, float]:
    """The frequencies of the words as the layout spells them."""
    if not layout.spelt:
        return frequencies
    sums: dict[str, float] = defaultdict(float)
    for word, frequency in frequencies.items():
        sums[layout.spell(word)] += frequency
    return sums


def _ranked(logs: Mapping[str, float], language: str, alphabet: str) -> Lexicon:
    words = sorted(logs, key=lambda word: (-round(logs[word], 4), word))
    return Lexicon(
        tuple(words), np.array([logs[word] for word in words], dtype=np.float32), language, alphabet
    )
