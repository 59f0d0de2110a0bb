"""S3 servers as child processes: rclone as a second implementation, and both for tests that stop them."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from fedswipe.local.artifacts import MINIO, RCLONE, Artifact
from fedswipe.local.cache import default_cache, fetch
from fedswipe.local.errors import MissingTool
from fedswipe.local.leash import Leash
from fedswipe.local.minio import MinioServer
from fedswipe.local.ports import FreePorts
from fedswipe.local.rclone import RcloneServer
from fedswipe.local.reporter import Collected


@pytest.fixture(scope="session")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RcloneServer]:
    """One `rclone serve s3` for the whole session."""
    with Leash() as leash:
        yield start_rclone(tmp_path_factory.mktemp("rclone"), leash)


@pytest.fixture(params=["minio", "rclone"])
def mortal_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MinioServer | RcloneServer]:
    """An S3 server of the test's own, to stop and kill."""
    with Leash() as leash:
        yield start_rclone(tmp_path, leash) if request.param == "rclone" else start_minio(tmp_path, leash)


def start_rclone(folder: Path, leash: Leash) -> RcloneServer:
    server = RcloneServer(program(RCLONE) / "rclone", folder, secrets.token_urlsafe(24), FreePorts(), leash)
    server.process.wait_ready()
    return server


def start_minio(folder: Path, leash: Leash) -> MinioServer:
    server = MinioServer(program(MINIO) / "minio", folder, secrets.token_urlsafe(24), FreePorts(), leash)
    server.process.wait_ready()
    return server


def program(artifact: Artifact) -> Path:
    try:
        return fetch([artifact], default_cache(os.environ), Collected())[0]
    except MissingTool as error:
        pytest.skip(f"needs {artifact.title} as a child process: {error}")
