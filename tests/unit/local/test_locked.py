import threading
from pathlib import Path

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
