import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fedswipe.local.leash import Leash
from fedswipe.local.pids import ProcessId

DEADLINE = 20.0  # seconds; reached only by a failure
SLEEP = ("sleep", "600")


def test_a_process_ends_with_its_leash(tmp_path: Path) -> None:
    with Leash() as leash:
        _, process = leash.spawn(SLEEP, env=os.environ, log=tmp_path / "log")
        assert process.alive()
    assert not process.alive()


def test_a_released_process_goes_on(tmp_path: Path) -> None:
    with Leash() as leash:
        _, process = leash.spawn(SLEEP, env=os.environ, log=tmp_path / "log")
        leash.release()
    assert process.alive()
    process.kill_group()
    assert process.wait_gone(DEADLINE)


def test_output_goes_to_the_log_and_input_is_empty(tmp_path: Path) -> None:
    with Leash() as leash:
        child, _ = leash.spawn(
            ("sh", "-c", "cat; echo out; echo err >&2"), env=os.environ, log=tmp_path / "log"
        )
        assert child.wait(DEADLINE) == 0
    assert (tmp_path / "log").read_text() == "out\nerr\n"


OWNER = """
import os, signal, sys
from pathlib import Path
from fedswipe.local.leash import Leash
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is born deaf to it
with Leash() as leash:
    # the program starts a process of its own, as a shell script or a server with workers does
    command = ("sh", "-c", "sleep 600 & echo $!; wait")
    _, process = leash.spawn(command, env=os.environ, log=Path(sys.argv[1]))
    while not Path(sys.argv[1]).read_text():
        pass
    print(process.pid, Path(sys.argv[1]).read_text().strip(), flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_owner_leaves_no_orphan(tmp_path: Path, end: signal.Signals) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "log")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with owner:
        assert owner.stdout is not None
        processes = [ProcessId.of(int(pid)) for pid in owner.stdout.readline().split()]
        assert len(processes) == 2
        owner.send_signal(end)
        assert all(process.wait_gone(DEADLINE) for process in processes)


def test_a_process_whose_owner_died_before_it_was_held_never_begins(tmp_path: Path) -> None:
    """The gate: the program starts only after the owner has put it on the leash."""
    script = (
        "import os, signal, subprocess, sys\n"
        "from pathlib import Path\n"
        "from fedswipe.local import leash\n"
        "leash.ProcessId.of = lambda pid: os.kill(os.getpid(), signal.SIGKILL)\n"
        "leash.Leash().spawn(('touch', sys.argv[1]), env=os.environ, log=Path(sys.argv[2]))\n"
    )
    begun, log = tmp_path / "begun", tmp_path / "log"
    # The pipe of standard output ends when the owner and its child have both ended.
    owner = subprocess.run(
        [sys.executable, "-c", script, str(begun), str(log)],
        stdout=subprocess.PIPE,
        timeout=DEADLINE,
        check=False,
    )
    assert owner.returncode == -signal.SIGKILL
    assert not begun.exists()
