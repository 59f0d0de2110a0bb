import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedswipe.modelstore import ContentMismatch, reference, verified


@given(st.binary())
def test_a_reference_names_its_content(data: bytes) -> None:
    ref = reference("swipe-en/models", data)
    assert ref.key == f"swipe-en/models/{hashlib.sha256(data).hexdigest()}.safetensors"
    assert ref.size == len(data)
    assert verified(ref, data) == data


@given(st.binary(), st.binary())
def test_other_content_is_refused(data: bytes, other: bytes) -> None:
    ref = reference("swipe-en/models", data)
    if other != data:
        with pytest.raises(ContentMismatch, match=ref.key):
            verified(ref, other)


def test_the_size_counts_too() -> None:
    ref = reference("swipe-en/models", b"four")
    with pytest.raises(ContentMismatch, match="4 bytes read, 5 expected"):
        verified(replace(ref, size=5), b"four")


@pytest.mark.parametrize(
    ("kind", "suffix"), [("a/models", ".safetensors"), ("a/manifests", ".json"), ("a/something-else", "")]
)
def test_the_suffix_tells_the_format(kind: str, suffix: str) -> None:
    assert reference(kind, b"").key.endswith(hashlib.sha256(b"").hexdigest() + suffix)


@pytest.mark.parametrize("kind", ["", "/models", "models/", "a//b", "../secrets", "Models", "a b"])
def test_a_kind_is_a_path_of_words(kind: str) -> None:
    with pytest.raises(ValueError, match="use lower-case words"):
        reference(kind, b"")
