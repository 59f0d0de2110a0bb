"""How words are shown: a lexicon has them in small letters and without apostrophes."""

from collections.abc import Iterable, Mapping
from importlib import resources

from fedswipe.swipe.context import START

Displays = Mapping[str, str]


def as_lexicon(display: str) -> str:
    """The lexicon's word of a displayed one: "I'm" to "im"."""
    return display.lower().replace("'", "")


def show(word: str, displays: Displays, before: str | None) -> str:
    """How a word is shown behind another one: with a capital where a sentence begins (START)."""
    display = displays.get(word, word)
    if before == START and display.islower():
        return display[:1].upper() + display[1:]
    return display


def parse_displays(lines: Iterable[str]) -> Displays:
    """Words and how they are shown, of a file's lines: a displayed word each."""
    return {as_lexicon(line): line for line in lines}


def load_displays(lexicon: str) -> Displays:
    """Read those that come with the package for a lexicon such as "en-30k"; none where there are none."""
    file = resources.files("fedswipe.swipe").joinpath("contexts", f"{lexicon}.displays.txt")
    return parse_displays(file.read_text("utf-8").splitlines()) if file.is_file() else {}
