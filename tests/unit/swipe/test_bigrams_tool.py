"""tools/bigrams.py reads PocketSphinx's binary models, and keeps the pairs that matter."""

import struct
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from fedswipe.swipe.bigrams import STEP
from fedswipe.swipe.context import START
from fedswipe.swipe.lexicon import Lexicon

WORDS = ("<s>", "don't", "go", "i", "i.")
ALONE, BACKOFFS = (0.5, 0.1, 0.2, 0.15, 0.05), (0.5, 0.25, 0.4, 0.2, 0.6)
PAIRS = {("<s>", "i"): 0.25, ("i", "don't"): 0.5, ("i.", "don't"): 0.1, ("don't", "go"): 0.3}


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    file = Path(__file__).parents[3] / "tools" / "bigrams.py"
    spec = spec_from_file_location("bigrams_tool", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def packed(triples: int = 6) -> bytes:
    """The model's bytes; the rows of a word's pairs name the words before it, in their order."""
    log = 1.0 / np.log(1.0001)
    rows = sorted(((WORDS.index(word), WORDS.index(before), p) for (before, word), p in PAIRS.items()))
    table, bits, width = np.zeros(1 << 16, "<f4"), 0, 3 + 32 + 3
    for place, (_, before, probability) in enumerate(rows):
        table[place] = log * np.log(probability)
        bits |= (before | place << 3 + 16) << place * width
    starts = [sum(row[0] < word for row in rows) for word in range(len(WORDS) + 1)]
    unigrams = zip((*ALONE, 1.0), (*BACKOFFS, 1.0), starts, strict=True)
    return b"".join(
        [
            b"Trie Language Model\x03",
            struct.pack("<4I", len(WORDS), len(rows), triples, 1),
            table.tobytes() + bytes(2 * table.nbytes),
            *(struct.pack("<2fI", log * np.log(p), log * np.log(back), next_) for p, back, next_ in unigrams),
            bits.to_bytes(((1 + len(rows)) * width + 7) // 8 + 8, "little"),
            bytes(((1 + triples) * (3 + 16) + 7) // 8 + 8),
            struct.pack("<i", len("\0".join(WORDS)) + 1) + "\0".join(WORDS).encode() + b"\0",
        ]
    )


def test_a_models_words_and_pairs_are_read(tool: ModuleType) -> None:
    model = tool.read(packed())
    assert tuple(model.words) == WORDS
    assert model.alone.tolist() == pytest.approx(ALONE, rel=1e-3)
    assert model.backoffs.tolist() == pytest.approx(BACKOFFS, rel=1e-3)
    places = zip(model.previous.tolist(), model.following.tolist(), strict=True)
    found = {(WORDS[before], WORDS[word]): p for (before, word), p in zip(places, model.pairs, strict=True)}
    assert found == {pair: pytest.approx(p, rel=1e-3) for pair, p in PAIRS.items()}


def test_gains_are_over_the_backing_off_and_spellings_that_become_one_add_up(tool: ModuleType) -> None:
    shares = {"go": 0.3, "dont": 0.01, "i": 0.2}
    lexicon = Lexicon(
        tuple(shares), np.log(np.array([*shares.values()], np.float32)), "en", "abcdefghijklmnop"
    )
    bigrams = tool.build(tool.read(packed()), lexicon)
    before = bigrams.places([START, "i", "dont", "go"])
    gains = bigrams.gains(before, np.repeat(bigrams.places(["go", "dont", "i"])[None], 4, axis=0))
    # "i" is "i" in three of four cases, else "i.".
    backoff, pair = 0.75 * 0.2 + 0.25 * 0.6, 0.75 * 0.5 + 0.25 * 0.1
    expected = np.zeros((4, 3))
    expected[0, 2] = np.log(0.25 / (0.5 * 0.2))
    expected[1, 1] = np.log(pair / (backoff * 0.01))
    expected[2, 0] = np.log(0.3 / (0.25 * 0.3))
    assert gains == pytest.approx(expected, abs=STEP / 2 + 1e-3)


def test_the_weightiest_pairs_are_kept(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    lexicon = Lexicon(
        ("go", "dont", "i"), np.log(np.array([0.3, 0.01, 0.2], np.float32)), "en", "abcdefghijklmnop"
    )
    monkeypatch.setattr(tool, "PAIRS", 1)
    bigrams = tool.build(tool.read(packed()), lexicon)
    assert bigrams.keys.tolist() == [2 * 3 + 1]  # "i", then "dont"


def test_another_source_is_refused(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "en-us.lm.bin"
    other.write_bytes(packed())
    monkeypatch.setattr(tool, "TARGET", tmp_path / "target")
    monkeypatch.setattr("sys.argv", ["bigrams.py", str(other)])
    assert tool.main() == 1
    assert "pocketsphinx 5.1.1" in capsys.readouterr().out
    assert not (tmp_path / "target").exists()
