"""The programs that this machine must bring, and the command that installs each."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fedswipe.local.errors import MissingTool


@dataclass(frozen=True)
class Tool:
    """A program: how it tells its version, the oldest major.minor that will do, its package per manager."""

    name: str
    version_command: tuple[str, ...]
    version_pattern: str
    oldest: tuple[int, int]
    packages: Mapping[str, str]
    home: str | None = None  # a variable that points at its installation, looked at before PATH

    def path(self) -> str | None:
        """Return the program's path, or None when it is not installed."""
        home = os.environ.get(self.home) if self.home else None
        at_home = shutil.which(self.name, path=str(Path(home) / "bin")) if home else None
        return at_home or shutil.which(self.name)


JAVA = Tool(
    name="java",
    version_command=("-version",),
    version_pattern=r'version "(\d+)(?:\.(\d+))?',
    oldest=(17, 0),
    packages={"apt-get": "default-jre-headless", "dnf": "java-21-openjdk-headless", "brew": "openjdk"},
    home="JAVA_HOME",
)
MAVEN = Tool(
    name="mvn",
    version_command=("-v",),
    version_pattern=r"Apache Maven (\d+)\.(\d+)",
    oldest=(3, 6),
    packages={"apt-get": "maven", "dnf": "maven", "brew": "maven"},
)
GO = Tool(
    name="go",
    version_command=("version",),
    version_pattern=r"go version go(\d+)\.(\d+)",
    oldest=(1, 21),  # from here on Go fetches a newer version of itself when a module asks for one
    packages={"apt-get": "golang-go", "dnf": "golang", "brew": "go"},
)


def require(tools: Iterable[Tool]) -> None:
    """Return when all tools are there and new enough; MissingTool names each that is not, and its remedy."""
    complaints = dict.fromkeys(complaint for tool in tools if (complaint := _complaint(tool)))
    if complaints:
        raise MissingTool("\n".join(complaints))


def path_of(tool: Tool) -> str:
    """Return the path of a tool; MissingTool when it is not there."""
    require([tool])
    path = tool.path()
    if path is None:
        raise MissingTool(f"{tool.name} went away")
    return path


def _complaint(tool: Tool) -> str | None:
    oldest = ".".join(map(str, tool.oldest))
    path = tool.path()
    if path is None:
        return f"{tool.name} is missing ({oldest} or newer is needed). Install it: {_install(tool)}"
    answer = subprocess.run(  # noqa: S603 - found on PATH, arguments of our own
        [path, *tool.version_command], capture_output=True, text=True, check=False
    )
    found = re.search(tool.version_pattern, answer.stdout + answer.stderr)
    if found is None:
        return (
            f"{path} does not tell its version ({oldest} or newer is needed). Reinstall it: {_install(tool)}"
        )
    version = (int(found[1]), int(found[2] or 0))
    if version < tool.oldest:
        return (
            f"{path} is {found[1]}.{found[2] or 0}, {oldest} or newer is needed. Install it: {_install(tool)}"
        )
    return None


def _install(tool: Tool) -> str:
    for manager in ("apt-get", "dnf", "brew"):
        if shutil.which(manager):
            sudo = "" if manager == "brew" or os.geteuid() == 0 else "sudo "
            return f"{sudo}{manager} install {tool.packages[manager]}"
    manager = "brew" if sys.platform == "darwin" else "apt-get"
    return f"{manager} install {tool.packages[manager]} (or your system's package of that name)"
