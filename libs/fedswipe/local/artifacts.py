"""What the stack is made of: pinned versions, how each is fetched or compiled, and what that costs."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from fedswipe.local.tools import GO, JAVA, MAVEN, Tool

MINIO_VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c"  # the archived repository's last state
RCLONE_VERSION = "v1.76.0"
_POM = (files("fedswipe.local") / "pom.xml").read_bytes()


@dataclass(frozen=True)
class Artifact:
    """One part on disk. `command(folder)` fills an empty folder with `tools`; `runs_with` is needed after.

    `size` (of what is kept) and `seconds` are what the first set-up costs on 2 cores.
    """

    title: str
    folder: str
    tools: tuple[Tool, ...]
    runs_with: tuple[Tool, ...]
    size: str
    seconds: float
    command: Callable[[Path], tuple[str, ...]]
    env: Callable[[Path], Mapping[str, str]] = field(default=lambda _: {})


def _copy_jars(folder: Path) -> tuple[str, ...]:
    pom = folder / "pom.xml"
    pom.write_bytes(_POM)
    return (
        "mvn",
        "-B",
        "-q",
        "-f",
        str(pom),
        "dependency:copy-dependencies",
        f"-DoutputDirectory={folder / 'jars'}",
    )


def _go_install(module: str, version: str) -> Callable[[Path], tuple[str, ...]]:
    return lambda _: ("go", "install", "-trimpath", "-ldflags=-s -w", f"{module}@{version}")


def _go_environment(folder: Path) -> Mapping[str, str]:
    return {"GOBIN": str(folder), "CGO_ENABLED": "0"}


KAFKA = Artifact(
    title="Apache Kafka 4.1.0",
    folder=f"kafka-4.1.0-{hashlib.sha256(_POM).hexdigest()[:8]}",
    tools=(MAVEN,),
    runs_with=(JAVA,),
    size="54 MB",
    seconds=15,
    command=_copy_jars,
)
MINIO = Artifact(
    title="MinIO (compiled from its source)",
    folder=f"minio-{MINIO_VERSION}",
    tools=(GO,),
    runs_with=(),
    size="112 MB (and up to 3 GB in Go's own caches)",
    seconds=160,
    command=_go_install("github.com/minio/minio", MINIO_VERSION),
    env=_go_environment,
)
RCLONE = Artifact(
    title="rclone (compiled from its source)",
    folder=f"rclone-{RCLONE_VERSION}",
    tools=(GO,),
    runs_with=(),
    size="87 MB (and up to 3 GB in Go's own caches)",
    seconds=155,
    command=_go_install("github.com/rclone/rclone", RCLONE_VERSION),
    env=_go_environment,
)
