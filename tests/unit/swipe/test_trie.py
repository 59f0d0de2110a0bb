import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.trie import NO_WORD, Trie, build_trie

LAYOUT = load_layout("qwerty-en")


def prefixes(trie: Trie) -> list[str]:
    spelt: list[str] = []
    path = ""
    for letter, depth in zip(trie.letters.tolist(), trie.depths.tolist(), strict=True):
        path = path[: max(depth - 1, 0)] + (LAYOUT.alphabet[letter - 1] if depth else "")
        spelt.append(path)
    return spelt


@settings(deadline=None)  # the first example compiles
@given(
    st.dictionaries(
        st.text("abz", min_size=1, max_size=5), st.floats(-9, -1, width=32), min_size=1, max_size=40
    )
)
def test_a_node_is_a_prefix_and_knows_what_is_below(words: dict[str, float]) -> None:
    names = tuple(words)
    trie = build_trie(names, np.array(list(words.values()), dtype=np.float32), LAYOUT)
    spelt = prefixes(trie)
    assert spelt == sorted({word[:n] for word in names for n in range(len(word) + 1)})
    for node, prefix in enumerate(spelt):
        below = [word for word in names if word.startswith(prefix)]
        assert trie.words[node] == (names.index(prefix) if prefix in words else NO_WORD)
        assert trie.heights[node] == max(map(len, below)) - len(prefix)
        assert trie.best_below[node] == max(words[word] for word in below)
        assert trie.worst_below[node] == min(words[word] for word in below)
        assert spelt[node : trie.ends[node]] == [other for other in spelt if other.startswith(prefix)]


def test_a_word_without_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="'é'"):
        build_trie(("cafe", "café"), np.zeros(2, dtype=np.float32), LAYOUT)
