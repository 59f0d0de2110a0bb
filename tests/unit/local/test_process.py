import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fedswipe.local.errors import StartFailed
from fedswipe.local.leash import Leash
from fedswipe.local.process import ManagedProcess, Program


@pytest.fixture
def leash() -> Iterator[Leash]:
    with Leash() as leash:
        yield leash


def program(folder: Path, script: str, *, ready_within: float = 20.0, **env: str) -> Program:
    ready = folder / "ready"
    return Program("part", ("sh", "-c", script), folder / "log", ready.exists, env, ready_within)


def test_it_waits_until_the_program_answers(tmp_path: Path, leash: Leash) -> None:
    process = ManagedProcess(program(tmp_path, 'touch "$WHERE"/ready; sleep 600', WHERE=str(tmp_path)), leash)
    process.wait_ready()
    assert (tmp_path / "ready").exists()
    assert process.running


def test_a_program_that_ends_early_is_an_error_with_the_end_of_its_log(tmp_path: Path, leash: Leash) -> None:
    process = ManagedProcess(program(tmp_path, "echo no such port; exit 3"), leash)
    with pytest.raises(StartFailed, match=r"(?s)part ended with status 3.*no such port"):
        process.wait_ready()


def test_a_program_that_never_answers_is_an_error(tmp_path: Path, leash: Leash) -> None:
    process = ManagedProcess(program(tmp_path, "sleep 600", ready_within=0.0), leash)
    with pytest.raises(StartFailed, match="did not answer within 0 s"):
        process.wait_ready()


def test_stop_lets_the_program_finish(tmp_path: Path, leash: Leash) -> None:
    script = f"trap 'echo finished; exit 0' TERM; touch {tmp_path}/ready; while :; do sleep 0.05; done"
    process = ManagedProcess(program(tmp_path, script), leash)
    process.wait_ready()
    assert process.stop() == 0
    assert (tmp_path / "log").read_text() == "finished\n"


def test_stop_kills_a_program_that_does_not_listen(tmp_path: Path, leash: Leash) -> None:
    process = ManagedProcess(program(tmp_path, f"trap '' TERM; touch {tmp_path}/ready; sleep 600"), leash)
    process.wait_ready()
    assert process.stop(grace=0.0) == -signal.SIGKILL


def test_what_has_to_be_killed_may_say_first_where_it_is(tmp_path: Path, leash: Leash) -> None:
    # No shell: one that was started in the background can trap no SIGQUIT.
    deaf = f"""
import faulthandler, pathlib, signal
faulthandler.register(signal.SIGQUIT)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("{tmp_path}/ready").touch()
while True:
    signal.pause()
"""
    process = ManagedProcess(program(tmp_path, f"exec {sys.executable} -P -c '{deaf}'"), leash)
    process.wait_ready()
    assert process.stop(grace=0.0) == -signal.SIGKILL
    assert 'File "<string>", line 7' in (tmp_path / "log").read_text()


def test_restart_is_a_new_process_of_the_same_program(tmp_path: Path, leash: Leash) -> None:
    process = ManagedProcess(program(tmp_path, f"echo begun; touch {tmp_path}/ready; sleep 600"), leash)
    process.wait_ready()
    first = process.id
    assert process.kill() == -signal.SIGKILL
    assert not process.running
    (tmp_path / "ready").unlink()
    process.restart()
    assert process.id != first
    assert not first.alive()
    assert (tmp_path / "log").read_text() == "begun\nbegun\n"
