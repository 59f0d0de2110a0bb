import threading
from collections.abc import Iterator

import pytest

from fedswipe.errors import FedswipeError
from fedswipe.http.problem import Problem
from services.ingest.operator.desk import Desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(room=2)
    thread = threading.Thread(target=desk.run, daemon=True)
    thread.start()
    yield desk
    desk.stop()
    thread.join(5)
    assert not thread.is_alive()


def test_jobs_are_done_one_after_the_other(desk: Desk) -> None:
    done: list[int] = []
    futures = [desk.submit(lambda n=n: done.append(n)) for n in range(2)]
    for future in futures:
        future.result(30)
    assert done == [0, 1]


def test_an_error_is_told_to_whoever_asked_and_the_next_job_is_done(desk: Desk) -> None:
    def fail() -> None:
        raise FedswipeError("no")

    with pytest.raises(FedswipeError, match="no"):
        desk.submit(fail).result(30)
    assert desk.submit(lambda: 7).result(30) == 7


def test_only_a_few_wait() -> None:
    desk = Desk(room=2)
    for _ in range(2):
        desk.submit(lambda: None)
    with pytest.raises(Problem) as refused:
        desk.submit(lambda: None)
    assert refused.value.status == 503
    desk.stop()
    desk.run()  # returns, with what waited undone


def test_a_stopped_one_takes_no_job() -> None:
    desk = Desk()
    desk.stop()
    with pytest.raises(Problem):
        desk.submit(lambda: None)
