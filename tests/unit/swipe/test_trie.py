import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.trie import NO_WORD, Trie, build_trie, encode_words

LAYOUT = load_layout("qwerty-en")


def children(trie: Trie, node: int) -> range:
    return range(trie.first[node], trie.first[node + 1])


def prefixes(trie: Trie) -> list[str]:
    spelt = [""] * len(trie.letters)
    for node in range(len(trie.letters)):
        for child in children(trie, node):
            spelt[child] = spelt[node] + LAYOUT.alphabet[trie.letters[child] - 1]
    return spelt


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text("abz", min_size=1, max_size=5), st.floats(-9, -1, width=32), min_size=1, max_size=40
    )
)
def test_a_node_is_a_prefix_and_knows_what_is_below(words: dict[str, float]) -> None:
    names = tuple(words)
    trie = build_trie(encode_words(names, LAYOUT), np.array(list(words.values()), dtype=np.float32))
    spelt = prefixes(trie)
    assert spelt == sorted({word[:n] for word in names for n in range(len(word) + 1)}, key=by_length)
    assert [child for node in range(len(spelt)) for child in children(trie, node)] == [*range(1, len(spelt))]
    for node, prefix in enumerate(spelt):
        below = [words[word] for word in names if word.startswith(prefix)]
        assert trie.words[node] == (names.index(prefix) if prefix in words else NO_WORD)
        assert (trie.best_below[node], trie.worst_below[node]) == (max(below), min(below))


def by_length(prefix: str) -> tuple[int, str]:
    return len(prefix), prefix


def test_a_word_without_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="'é'"):
        encode_words(("cafe", "café"), LAYOUT)


def test_a_word_is_encoded_as_the_layout_does() -> None:
    codes = encode_words(("zoo", "a"), LAYOUT)
    assert codes.tolist() == [LAYOUT.encode("zoo").tolist(), [*LAYOUT.encode("a").tolist(), 0, 0]]
