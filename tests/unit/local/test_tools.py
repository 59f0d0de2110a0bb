from pathlib import Path

import pytest

from fedswipe.local.errors import MissingTool
from fedswipe.local.tools import GO, JAVA, MAVEN, path_of, require


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return tmp_path


def install(folder: Path, name: str, answer: str = "") -> str:
    program = folder / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\necho '{answer}' >&2\n")
    program.chmod(0o755)
    return str(program)


def test_every_missing_tool_is_named_with_the_command_that_installs_it(programs: Path) -> None:
    install(programs, "apt-get")
    with pytest.raises(MissingTool) as error:
        require([JAVA, MAVEN, GO, JAVA])
    lines = str(error.value).splitlines()
    assert [line.split()[0] for line in lines] == ["java", "mvn", "go"]
    assert [line.rpartition("install ")[2] for line in lines] == [
        "default-jre-headless",
        "maven",
        "golang-go",
    ]


@pytest.mark.parametrize(("manager", "package"), [("dnf", "golang"), ("brew", "go")])
def test_the_command_is_that_of_the_machines_package_manager(
    programs: Path, manager: str, package: str
) -> None:
    install(programs, manager)
    with pytest.raises(MissingTool, match=f"{manager} install {package}$"):
        require([GO])


@pytest.mark.parametrize(
    ("answer", "fine"),
    [
        ('openjdk version "17.0.15" 2025-04-15', True),
        ('openjdk version "21" 2023-09-19', True),
        ('openjdk version "11.0.2" 2019-01-15', False),
        ('java version "1.8.0_401"', False),
        ("cannot start", False),
    ],
)
def test_a_java_that_is_too_old_does_not_do(programs: Path, answer: str, fine: bool) -> None:
    path = install(programs, "java", answer)
    if fine:
        assert path_of(JAVA) == path
    else:
        with pytest.raises(MissingTool, match=r"17\.0 or newer is needed"):
            path_of(JAVA)


def test_java_home_goes_before_path(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(programs, "java", 'openjdk version "11.0.2"')
    home = install(programs / "bin", "java", 'openjdk version "21.0.2"')
    monkeypatch.setenv("JAVA_HOME", str(programs))
    assert path_of(JAVA) == home
