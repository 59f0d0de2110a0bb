import threading

import pytest

from fedswipe.http.problem import Problem
from services.predictor.bounded_pool import BoundedPool


def test_a_request_without_a_place_is_refused_and_later_there_is_one() -> None:
    pool = BoundedPool(threads=1, waiting=1)
    with pool.place():
        with pool.place(), pytest.raises(Problem, match="OVERLOADED"), pool.place():
            pass
        with pool.place():
            pass
    pool.close()


def test_an_error_gives_the_place_back() -> None:
    pool = BoundedPool(threads=1, waiting=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), pool.place():
            _ = 1 // 0
    pool.close()


async def test_work_runs_in_another_thread_and_its_errors_pass() -> None:
    pool = BoundedPool(threads=1, waiting=0)
    assert await pool.run(threading.get_ident) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        await pool.run(lambda: 1 // 0)
    pool.close()
    with pytest.raises(RuntimeError):
        await pool.run(threading.get_ident)
