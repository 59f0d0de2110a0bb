"""JSON that somebody else made: the documented error and no other, in bounded memory.

FEDSWIPE_RUNS sets how many inputs are tried.
"""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedswipe.errors import FedswipeError
from fedswipe.http.body import read_json
from fedswipe.learning.manifest import Manifest
from fedswipe.learning.recipe import Recipe
from fedswipe.testing.bad_input import MB, memory_below

tried = settings.get_profile("decoders")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
ENTRIES = st.fixed_dictionaries(
    {"entries": JSON | st.lists(st.lists(JSON, min_size=4, max_size=4), max_size=2)}
)
RECIPES = st.fixed_dictionaries({}, optional=dict.fromkeys(json.loads(Recipe().to_bytes()), JSON))


@tried
@given(
    st.one_of(JSON, ENTRIES, RECIPES).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40)
)
def test_any_bytes_are_a_manifest_a_recipe_or_refused(data: bytes) -> None:
    for read in (Manifest.from_bytes, Recipe.from_bytes):
        try:
            read(data)
        except FedswipeError:
            continue


@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"entries":' * 100_000, b"[" * 900 + b"]" * 900])
def test_deep_json_is_refused_within_bounds(deep: bytes) -> None:
    with memory_below(30 * len(deep) + MB):
        for read in (Manifest.from_bytes, Recipe.from_bytes, read_json):
            try:
                read(deep)
            except FedswipeError:
                continue
