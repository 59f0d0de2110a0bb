"""One project of docker-compose.yml, with a name, ports and a secret key of its own."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import docker
from docker.models.containers import Container

from fedswipe.local.addresses import Addresses, S3Address
from fedswipe.local.minio import ACCESS_KEY
from fedswipe.local.ports import HOST, FreePorts
from fedswipe.testing.until import until

SECONDS = 600.0  # for one command; building images may be part of it
READY_SECONDS = 180.0
PROJECT, SERVICE, ONE_OFF = (f"com.docker.compose.{label}" for label in ("project", "service", "oneoff"))


class Compose:
    """Runs the compose file of `root`; `environ` are settings beside the ports and the key.

    `predictors` is how many of them may run; with more than one, a restarted one may have another port.
    """

    def __init__(self, root: Path, environ: Mapping[str, str], predictors: int = 1) -> None:
        ports = FreePorts()
        self.project = f"fedswipe-{secrets.token_hex(4)}"
        self.ports = {name: ports.take(name) for name in ("kafka", "s3", "ingest", "aggregator")}
        self.predictor_ports = ports.take_run("predictor", predictors)
        self.docker = docker.from_env()
        self._root = root
        self._secret_key = secrets.token_urlsafe(24)
        self._environ = {
            **os.environ,
            **environ,
            "COMPOSE_PROJECT_NAME": self.project,
            "FEDSWIPE_S3_SECRET_KEY": self._secret_key,
            "KAFKA_PORT": str(self.ports["kafka"]),
            "MINIO_PORT": str(self.ports["s3"]),
            "INGEST_PORT": str(self.ports["ingest"]),
            "AGGREGATOR_PORT": str(self.ports["aggregator"]),
            "PREDICTOR_PORT": "-".join(map(str, sorted({self.predictor_ports[0], self.predictor_ports[-1]}))),
        }

    @property
    def addresses(self) -> Addresses:
        """Return where Kafka and MinIO are published."""
        s3 = S3Address(f"http://{HOST}:{self.ports['s3']}", ACCESS_KEY, self._secret_key)
        return Addresses(f"{HOST}:{self.ports['kafka']}", s3)

    def run(self, *arguments: str) -> str:
        """Run one compose command; return what it prints. An AssertionError shows a failed one's output."""
        done = subprocess.run(  # noqa: S603  (our own arguments)
            [*compose_command(), *arguments],
            cwd=self._root,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def up(self, *arguments: str) -> None:
        """Bring it up and wait until everything that has a health check is healthy."""
        self.run("up", "-d", *arguments)
        until(lambda: all(map(_is_well, self.containers())), "every container is healthy", READY_SECONDS)

    def containers(self, service: str | None = None) -> list[Container]:
        """Return the project's containers, or one service's, by name; one-off ones are left out."""
        labels = [f"{PROJECT}={self.project}", *([f"{SERVICE}={service}"] if service else [])]
        found = self.docker.containers.list(all=True, filters={"label": labels})
        return sorted((c for c in found if c.labels.get(ONE_OFF) != "True"), key=lambda c: c.name or "")

    def down(self) -> None:
        """Remove its containers, networks and volumes."""
        self.run("down", "--volumes", "--timeout", "15")
        self.docker.close()


@contextmanager
def compose_project(root: Path, environ: Mapping[str, str], predictors: int = 1) -> Iterator[Compose]:
    """Have a project up while the context is open; nothing is left of it afterwards."""
    compose = Compose(root, environ, predictors)
    try:
        compose.up()
        yield compose
    finally:
        compose.down()


def compose_command() -> tuple[str, ...]:
    """Return Compose v2 where the client has it, else the older program of its own."""
    if _succeeds("docker", "compose", "version"):
        return ("docker", "compose")
    assert shutil.which("docker-compose"), "neither `docker compose` nor `docker-compose` is there"
    return ("docker-compose",)


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


def _is_well(container: Container) -> bool:
    """Tell whether a job has ended with 0, or a service is healthy."""
    state = container.attrs["State"]
    if "Health" in state:
        return bool(state["Health"]["Status"] == "healthy")
    return bool(state["Status"] == "exited" and state["ExitCode"] == 0)
