"""Fixtures that every kind of test may use."""

from collections.abc import Iterator

import pytest

from fedswipe.local import NativeStack, native_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    """One real Kafka and one real MinIO for the whole session; use names of your own for topics and buckets."""
    with native_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running
