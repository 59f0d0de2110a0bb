from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fedswipe.local.artifacts import Artifact
from fedswipe.local.cache import default_cache, fetch
from fedswipe.local.errors import BuildFailed, MissingTool
from fedswipe.local.reporter import Collected
from fedswipe.local.tools import Tool

ABSENT = Tool("no-such-program", (), "", (1, 0), dict.fromkeys(("apt-get", "dnf", "brew"), "it"))


def artifact(script: str, folder: str = "part-1", **changes: tuple[Tool, ...]) -> Artifact:
    tools = {"tools": (), "runs_with": (), **changes}
    return Artifact(
        title="Part 1",
        folder=folder,
        size="1 kB",
        seconds=90,
        command=lambda target: ("sh", "-c", script, "sh", str(target)),
        **tools,
    )


BUILD = 'echo content >"$1/file"'


def test_a_part_is_built_once(tmp_path: Path) -> None:
    counted = artifact(f"{BUILD}; echo x >>{tmp_path}/builds")
    for _ in range(2):
        assert fetch([counted], tmp_path / "cache", Collected()) == [tmp_path / "cache" / "part-1"]
    assert (tmp_path / "cache" / "part-1" / "file").read_text() == "content\n"
    assert (tmp_path / "builds").read_text() == "x\n"
    assert [path.name for path in (tmp_path / "cache").iterdir() if path.is_dir()] == ["part-1"]


def test_two_at_once_build_once(tmp_path: Path) -> None:
    counted = artifact(f"{BUILD}; echo x >>{tmp_path}/builds; sleep 0.2")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: fetch([counted], tmp_path / "cache", Collected()), range(4)))
    assert (tmp_path / "builds").read_text() == "x\n"


def test_size_and_time_are_said_before_the_build(tmp_path: Path) -> None:
    reporter = Collected()
    fetch([artifact(BUILD), artifact(BUILD, "part-2")], tmp_path, reporter)
    assert reporter.said[0].startswith(
        f"First set-up, once per user, into {tmp_path}. Part 1: 1 kB, about 90 s;"
    )
    assert reporter.said[0].endswith("About 3.0 min altogether.")
    fetch([artifact(BUILD)], tmp_path, again := Collected())
    assert again.said == []


def test_a_failed_build_leaves_nothing_and_shows_its_output(tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"(?s)ended with status 7.*no network here"):
        fetch([artifact(f"{BUILD}; echo no network here; exit 7")], tmp_path, Collected())
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []
    fetch([artifact(BUILD)], tmp_path, Collected())


def test_what_a_killed_build_left_is_cleared(tmp_path: Path) -> None:
    leftover = tmp_path / "part-1.part-abc"
    leftover.mkdir()
    fetch([artifact(BUILD)], tmp_path, Collected())
    assert not leftover.exists()


def test_a_missing_tool_is_named_before_anything_is_built(tmp_path: Path) -> None:
    reporter = Collected()
    with pytest.raises(MissingTool, match="no-such-program is missing"):
        fetch([artifact(BUILD), artifact(BUILD, "part-2", tools=(ABSENT,))], tmp_path, reporter)
    assert reporter.said == []
    assert list(tmp_path.iterdir()) == []


def test_a_cached_part_needs_only_what_runs_it(tmp_path: Path) -> None:
    fetch([artifact(BUILD)], tmp_path, Collected())
    fetch([artifact(BUILD, tools=(ABSENT,))], tmp_path, Collected())
    with pytest.raises(MissingTool, match="no-such-program is missing"):
        fetch([artifact(BUILD, runs_with=(ABSENT,))], tmp_path, Collected())


def test_the_cache_is_where_the_user_says() -> None:
    assert default_cache({"XDG_CACHE_HOME": "/elsewhere"}) == Path("/elsewhere/fedswipe")
    assert default_cache({}) == Path.home() / ".cache" / "fedswipe"
