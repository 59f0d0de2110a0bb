"""The project of docker-compose.yml that these tests share, with small windows."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fedswipe.testing.compose import Compose, compose_project

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {"TRAINER_RANGE_SECONDS": "0.5", "AGGREGATOR_DELTAS": "4", "AGGREGATOR_SECONDS": "3"}


@pytest.fixture(scope="session")
def compose() -> Iterator[Compose]:
    with compose_project(ROOT, SETTINGS, predictors=4) as project:
        yield project


@pytest.fixture(scope="session")
def tag() -> str:
    return os.environ.get("FEDSWIPE_TAG", "local")
