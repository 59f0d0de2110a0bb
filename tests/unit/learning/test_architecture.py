from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedswipe.learning.architecture import SEARCH_NAMES, Architecture
from fedswipe.swipe.layout import load_layout

ENGLISH = Architecture(load_layout("qwerty-en"))


def test_the_english_network_has_the_recipes_parameters() -> None:
    assert sum(map(prod, ENGLISH.network_shapes.values())) == 255_771
    assert ENGLISH.size == 255_771 + len(SEARCH_NAMES)


def test_another_alphabet_changes_only_the_input_and_the_head() -> None:
    russian = Architecture(load_layout("jcuken-ru"))
    different = {name for name, shape in russian.shapes.items() if shape != ENGLISH.shapes[name]}
    assert different == {"conv1.weight", "head.weight", "head.bias"}


@given(st.integers(0, 2**32 - 1))
def test_join_undoes_split(seed: int) -> None:
    flat = np.random.default_rng(seed).normal(size=ENGLISH.size).astype(np.float32)
    np.testing.assert_array_equal(ENGLISH.join(ENGLISH.split(flat)), flat)


def test_flat_order_is_the_declared_order_whatever_the_mappings() -> None:
    flat = np.arange(ENGLISH.size, dtype=np.float32)
    parts = ENGLISH.split(flat)
    shuffled = {name: parts[name] for name in sorted(parts)}
    np.testing.assert_array_equal(ENGLISH.join(shuffled), flat)
    assert next(iter(parts)) == "conv1.weight"
    assert tuple(parts)[-3:] == SEARCH_NAMES


def test_a_vector_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="255774"):
        ENGLISH.split(np.zeros(5, np.float32))
