"""Makes libs/fedswipe/swipe/contexts/en-30k.displays.txt, of wordfreq and the English dictionary in spylls.

    pip install wordfreq==3.1.1 spylls==0.1.7
    python -P tools/displays.py

A word gets a capital where the dictionary (Hunspell's en_US, of SCOWL) knows no other way to write it, or
where NAMES says so; an apostrophe where wordfreq finds that spelling much more often, see MORE.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import wordfreq
from spylls.hunspell import Dictionary

from fedswipe.swipe.displays import as_lexicon
from fedswipe.swipe.lexicon import load_lexicon

LEXICON = "en-30k"
TARGET = Path(__file__).resolve().parent.parent / "libs/fedswipe/swipe/contexts" / f"{LEXICON}.displays.txt"
# Also words in small letters, which people hardly ever mean.
NAMES = """
    I Afghan Amazon Android Bible Billy Bob Bobby Catholic Charlie China Christian Danish French Google Graham
    Harry Japan Jean Jenny Jimmy John Johnny Josh Ken Lee Martin Mike Molly Morocco Napoleon Nick Oxford
    Panama Peter Roger Sally Shanghai Soviet Ted Thanksgiving Timothy Tom Tony Troy Twitter Warren Welsh
"""
# Two letters that people mean as capitals: a state's hardly, and "de" and "da" are parts of names.
SHORT = "TV OK UK EU UN PC DJ CD BC NY LA DC HD UV IQ CV"
# The dictionary is American: it has these as names alone.
STAY = "grey armour tyre sabre nan que del mon"
MORE = 4.0  # times as often as the word without the apostrophe: "I'm" is for "im", but "were" stays
MORE_POSSESSIVE = 10.0  # "women's", "today's"; others in 's may as well be a plural


def main() -> int:
    """Write the file."""
    dictionary = Dictionary.from_files("en_US")
    frequencies = wordfreq.get_frequency_dict("en", wordlist="best")
    forms: dict[str, set[str]] = {}
    for entry in dictionary.dic.words:
        forms.setdefault(as_lexicon(entry.stem), set()).add(entry.stem)
    apostrophes = spelt_with_apostrophes(frequencies)
    shown = []
    for word in load_lexicon(LEXICON).words:
        written = apostrophes.get(word, word)
        display = written if written != word else capitals(word, forms.get(word, set()), dictionary)
        shown.append(first_person(display))
    different = [display for display in shown if display != as_lexicon(display)]
    TARGET.write_text("".join(f"{display}\n" for display in different), "utf-8")
    print(f"{TARGET}: {len(different)} words")
    return 0


def capitals(word: str, forms: set[str], dictionary: Dictionary) -> str:
    """A word with the capitals that it is always written with."""
    named = {word.capitalize(), word.upper()} & {*NAMES.split(), *SHORT.split()}
    if named:
        return min(named)
    if len(word) < 3 or word in STAY.split() or dictionary.lookup(word):
        return word
    written = sorted(form for form in forms | {word.capitalize()} if form != word and form.isalpha())
    known = [form for form in written if dictionary.lookup(form)]
    return min(known, key=lambda form: sum(map(str.isupper, form)), default=word)


def spelt_with_apostrophes(frequencies: Mapping[str, float]) -> dict[str, str]:
    """Words as they are written with an apostrophe, where that is so much more usual."""
    usual = {}
    for written in sorted(frequencies, key=frequencies.__getitem__):
        word = as_lexicon(written)
        if word == written or not word.isascii() or not written[0].isalpha() or not written[-1].isalpha():
            continue
        more = MORE_POSSESSIVE if possessive(written) else MORE
        if frequencies[written] > more * frequencies.get(word, 0.0):
            usual[word] = written
    return usual


def possessive(written: str) -> bool:
    """Whether it ends in 's and is not short for "is" or "us"."""
    short = {"it", "he", "she", "that", "what", "who", "where", "there", "here", "how", "when", "let"}
    return written.endswith("'s") and written[:-2] not in short


def first_person(display: str) -> str:
    """I'm, I've, I'll and I'd with their capital."""
    return "I" + display[1:] if display.startswith("i'") else display


if __name__ == "__main__":
    sys.exit(main())
