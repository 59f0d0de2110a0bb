import fcntl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from fedswipe.local.locked import locked


def test_one_holder_at_a_time_even_when_holders_delete_the_file(tmp_path: Path) -> None:
    path, inside, most = tmp_path / "folder" / "lock", [0], [0]

    def hold() -> None:
        for _ in range(50):
            with locked(path):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1
                path.unlink()

    threads = [threading.Thread(target=hold) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_who_waited_for_a_deleted_file_takes_the_lock_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lock = tmp_path / "lock", fcntl.flock
    steps: list[Callable[[], None]] = [path.unlink]  # the holder deletes the file while we wait for it

    def flock(file: int, operation: int) -> None:
        if steps:
            steps.pop()()
        lock(file, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with locked(path), path.open() as another, pytest.raises(BlockingIOError):
        lock(another, fcntl.LOCK_EX | fcntl.LOCK_NB)
