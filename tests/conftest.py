"""Fixtures that every kind of test may use."""

import os
from collections.abc import Iterator

import pytest

from fedswipe.local.stack import Stack, open_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One real Kafka and one real S3 server for the whole session; use topics and buckets of your own.

    They are those of FEDSWIPE_KAFKA and FEDSWIPE_S3 when set, else child processes. A test that stops or
    kills one of them takes a `native_stack` of its own.
    """
    with open_stack(tmp_path_factory.mktemp("stack"), os.environ) as running:
        yield running


def pytest_report_header() -> str:
    """Say which Kafka and which S3 server the tests use."""
    kafka = os.environ.get("FEDSWIPE_KAFKA", "a child process")
    return f"Kafka: {kafka}; S3: {os.environ.get('FEDSWIPE_S3', 'a child process')}"
