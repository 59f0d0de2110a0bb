"""rclone's S3 server as one child process: a living second implementation for the model store's contract."""

from pathlib import Path

from fedswipe.local.addresses import S3Address
from fedswipe.local.leash import Leash
from fedswipe.local.ports import HOST, Ports
from fedswipe.local.probes import s3_answers
from fedswipe.local.process import ManagedProcess, Program

ACCESS_KEY = "fedswipe"  # rclone wants 8 characters or more


class RcloneServer:
    """A running `rclone serve s3` over a folder; each folder inside it is a bucket."""

    def __init__(self, binary: Path, folder: Path, secret_key: str, ports: Ports, leash: Leash) -> None:
        port = ports.take("rclone")
        self.s3 = S3Address(f"http://{HOST}:{port}", ACCESS_KEY, secret_key)
        data = folder / "data" / "rclone"
        data.mkdir(parents=True, exist_ok=True)
        command = (
            str(binary),
            "serve",
            "s3",
            "--addr",
            f"{HOST}:{port}",
            "--vfs-cache-mode",
            "off",
            str(data),
        )
        self.instance = ManagedProcess(
            Program(
                name="rclone",
                command=command,
                env={
                    "RCLONE_AUTH_KEY": f'"{ACCESS_KEY},{secret_key}"',
                    "RCLONE_CONFIG": "/dev/null",
                },  # a list in CSV
                log=folder / "logs" / "rclone.log",
                ready=lambda: s3_answers(self.s3),
            ),
            leash,
        )
