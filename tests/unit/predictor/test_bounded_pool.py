import asyncio
import threading

import pytest

from services.predictor.bounded_pool import BoundedPool, Overloaded


async def test_what_does_not_fit_is_refused_at_once_and_fits_later() -> None:
    pool, gate = BoundedPool(threads=1, waiting=1), threading.Event()
    held = [asyncio.ensure_future(pool.run(lambda: gate.wait(10))) for _ in range(2)]
    await asyncio.sleep(0)  # both have taken their places
    with pytest.raises(Overloaded):
        await pool.run(lambda: True)
    gate.set()
    assert await asyncio.gather(*held) == [True, True]
    assert await pool.run(lambda: 7) == 7
    pool.close()


async def test_an_error_passes_and_frees_its_place() -> None:
    pool = BoundedPool(threads=1, waiting=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda: 1 // 0)
    pool.close()


async def test_a_caller_who_leaves_keeps_the_place_until_the_work_ends() -> None:
    pool, gate, begun = BoundedPool(threads=1, waiting=0), threading.Event(), threading.Event()

    def work() -> bool:
        begun.set()
        return gate.wait(10)

    caller = asyncio.ensure_future(pool.run(work))
    await asyncio.to_thread(begun.wait, 10)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    with pytest.raises(Overloaded):
        await pool.run(lambda: True)
    gate.set()
    pool.close()


async def test_a_closed_pool_takes_nothing() -> None:
    pool = BoundedPool(threads=1, waiting=0)
    pool.close()
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await pool.run(lambda: True)
