"""A container engine of this machine, through the Docker SDK for Python, imported only when it is needed."""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fedswipe.local.errors import EngineError

DOCKER_HOST = "DOCKER_HOST"
GONE, CONFLICT = 404, 409  # how an engine says that there is no such thing, or that its state forbids it
_USUAL = "unix:///var/run/docker.sock"
_TCP = ("tcp", "http", "https")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CONNECTS, _ANSWERS, _WORKS = 2.0, 5.0, 120.0  # seconds


@dataclass(frozen=True)
class Engine:
    """The engine at `address`: unix:///path or tcp://host:port. Every call opens and closes a connection.

    EngineError when nobody answers there, or when the engine refuses.
    """

    address: str

    @classmethod
    def find(cls, environ: Mapping[str, str]) -> "Engine":
        """Return the engine of DOCKER_HOST, else of Docker's current context, once it has answered."""
        engine = cls(environ.get(DOCKER_HOST) or _of_context(environ) or _USUAL)
        engine.ask(lambda client: client.ping(), seconds=_ANSWERS)
        return engine

    def ask(
        self, request: Callable[[Any], Any], *, unless: Sequence[int] = (), seconds: float = _WORKS
    ) -> Any:
        """Return what `request` makes of the SDK's client, or None when the engine refuses as `unless` says.

        `unless` holds HTTP statuses; `seconds` are for one HTTP request.
        """
        docker = _sdk()
        self._connect()  # the SDK leaves its socket open when nobody listens
        environment = {**os.environ, DOCKER_HOST: self.address}
        try:
            with closing(docker.from_env(timeout=seconds, environment=environment)) as client:
                return request(client)
        except (docker.errors.DockerException, OSError) as error:
            if getattr(error, "status_code", None) in unless:
                return None
            raise EngineError(f"the engine at {self.address}: {_reason(error)}") from error

    def has(self, image: str) -> bool:
        """Say whether the image is there."""
        return self.ask(lambda client: client.images.get(image), unless=[GONE]) is not None

    def pull(self, image: str) -> None:
        """Download an image; EngineError with the engine's own words when that fails."""
        lines = self.ask(lambda client: list(client.api.pull(image, stream=True, decode=True)))
        for line in lines:
            if "error" in line:
                raise EngineError(f"the engine at {self.address}: {line['error']}")

    def remove_labelled(self, label: str) -> None:
        """Remove the containers, running or not, and the volumes that carry a label.

        A volume that another container has taken up meanwhile stays.
        """
        found = {"filters": {"label": label}}
        for container in self.ask(lambda client: client.api.containers(all=True, **found)):
            self.remove_container(container["Id"])
        for volume in self.ask(lambda client: client.api.volumes(**found))["Volumes"] or ():
            self.remove_volume(volume["Name"], unless=[GONE, CONFLICT])

    def remove_container(self, name: str) -> None:
        """Remove a container, killed if it runs, and its nameless volumes, unless it is gone or going."""
        self.ask(
            lambda client: client.api.remove_container(name, v=True, force=True), unless=[GONE, CONFLICT]
        )

    def remove_volume(self, name: str, unless: Sequence[int] = (GONE,)) -> None:
        """Remove a volume; nothing happens when it is gone."""
        self.ask(lambda client: client.api.remove_volume(name), unless=unless)

    def _connect(self) -> None:
        """Connect and hang up; EngineError when nobody listens, or when that is not on this machine."""
        where = urlsplit(self.address)
        try:
            if where.scheme == "unix":
                with socket.socket(socket.AF_UNIX) as probe:
                    probe.settimeout(_CONNECTS)
                    probe.connect(where.path)
            elif where.scheme in _TCP and where.hostname in _LOOPBACK and where.port:
                socket.create_connection((where.hostname, where.port), _CONNECTS).close()
            else:
                raise EngineError(f"{self.address} is not on this machine, and so would be the ports")
        except OSError as error:
            raise EngineError(f"no engine answers at {self.address} ({error.strerror or error})") from error


def _sdk() -> Any:
    try:
        import docker
    except ModuleNotFoundError as error:
        raise EngineError("the Docker SDK for Python is not installed (package docker)") from error
    return docker


def _of_context(environ: Mapping[str, str]) -> str | None:
    """Return the address that `docker context` has been told to use."""
    docker = _sdk()
    try:
        context = docker.ContextAPI.get_context(environ.get("DOCKER_CONTEXT") or None)
    except (docker.errors.DockerException, ValueError, OSError) as error:
        raise EngineError(f"Docker's configuration cannot be read: {_reason(error)}") from error
    return str(context.Host).replace("http+unix://", "unix://") if context and context.Host else None


def _reason(error: BaseException) -> str:
    """Return the words of the engine, or else those of the system beneath."""
    if explanation := getattr(error, "explanation", None):
        return str(explanation)
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return getattr(error, "strerror", None) or str(error)
