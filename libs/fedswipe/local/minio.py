"""MinIO as one child process on the loopback interface."""

from pathlib import Path

from fedswipe.local.addresses import S3Address
from fedswipe.local.leash import Leash
from fedswipe.local.ports import HOST, Ports
from fedswipe.local.probes import s3_answers
from fedswipe.local.process import ManagedProcess, Program

ACCESS_KEY = "fedswipe"


def minio_variables(secret_key: str) -> dict[str, str]:
    """Return MinIO's settings, the same for every way to run it."""
    return {
        "MINIO_ROOT_USER": ACCESS_KEY,
        "MINIO_ROOT_PASSWORD": secret_key,
        "MINIO_BROWSER": "off",  # no web console, so no second port
        "MINIO_UPDATE": "off",  # no calls home
    }


class MinioServer:
    """A starting or running MinIO; `instance` stops, kills and restarts it on the same port and data."""

    how = "native"

    def __init__(self, binary: Path, folder: Path, secret_key: str, ports: Ports, leash: Leash) -> None:
        port = ports.take("s3")
        self.s3 = S3Address(f"http://{HOST}:{port}", ACCESS_KEY, secret_key)
        self.address = self.s3.url
        data = folder / "data" / "minio"
        data.mkdir(parents=True, exist_ok=True)
        self.instance = ManagedProcess(
            Program(
                name="MinIO",
                command=(str(binary), "server", str(data), "--address", f"{HOST}:{port}"),
                env=minio_variables(secret_key),
                log=folder / "logs" / "minio.log",
                ready=lambda: s3_answers(self.s3),
            ),
            leash,
        )

    def wait_ready(self) -> None:
        """Return once it answers a signed request; StartFailed when it ends before, or takes too long."""
        self.instance.wait_ready()
