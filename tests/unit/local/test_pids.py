import os
import subprocess

import pytest

from fedswipe.local.pids import ProcessId


def test_this_process_is_alive() -> None:
    assert ProcessId.of(os.getpid()).alive()


def test_a_recycled_pid_is_another_process() -> None:
    ours = ProcessId.of(os.getpid())
    another = ProcessId(ours.pid, ours.started + "0")
    assert not another.alive()
    another.kill_group()  # would end this test run if it took the pid for the process


def test_an_ended_child_is_gone_before_anyone_has_waited_for_it() -> None:
    with subprocess.Popen(["sleep", "600"]) as child:  # noqa: S607 - a standard program
        process = ProcessId.of(child.pid)
        child.kill()
        assert process.wait_gone(20.0)
        with pytest.raises(ProcessLookupError):
            ProcessId.of(child.pid)


def test_waiting_has_an_end() -> None:
    assert not ProcessId.of(os.getpid()).wait_gone(0.0)
