"""S3 servers of a test's own: rclone as a second implementation, and both for tests that stop them."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from fedswipe.local.artifacts import RCLONE
from fedswipe.local.cache import default_cache, fetch
from fedswipe.local.leash import Leash
from fedswipe.local.parts import OwnS3Server, Place
from fedswipe.local.ports import FreePorts
from fedswipe.local.rclone import RcloneServer
from fedswipe.local.reporter import Collected
from fedswipe.testing.stacks import own_way


@pytest.fixture(scope="session")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RcloneServer]:
    """One `rclone serve s3` for the whole session."""
    with Leash() as leash:
        yield start_rclone(place(tmp_path_factory.mktemp("rclone"), leash))


@pytest.fixture(params=["minio", "rclone"])
def mortal_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OwnS3Server | RcloneServer]:
    """An S3 server of the test's own, to stop and kill."""
    with Leash() as leash:
        here = place(tmp_path, leash)
        yield start_rclone(here) if request.param == "rclone" else start_minio(here)


def place(folder: Path, leash: Leash) -> Place:
    return Place(folder, FreePorts(), leash, secrets.token_urlsafe(24))


def start_rclone(place: Place) -> RcloneServer:
    program = fetch([RCLONE], default_cache(os.environ), Collected())[0] / "rclone"
    server = RcloneServer(program, place.folder, place.secret_key, place.ports, place.leash)
    server.instance.wait_ready()
    return server


def start_minio(place: Place) -> OwnS3Server:
    way = own_way()
    way.fetch(["s3"])
    server = way.s3(place)
    server.wait_ready()
    return server
