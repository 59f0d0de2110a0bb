"""An actor that ends by itself is started again and noted; one that is put down stays down."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fedswipe.local.leash import Leash
from fedswipe.local.process import ManagedProcess, Program
from fedswipe.testing.chaos.actor import LAST_LINES, Actor, last_words
from fedswipe.testing.until import until

NOWHERE = "http://127.0.0.1:9"  # nothing is ever ready there
LASTING = "import time; time.sleep(60)"
FAILING = "raise KeyError(3)"

Make = Callable[[str], Actor]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with Leash() as leash:

        def actor(code: str) -> Actor:
            program = Program("one", (sys.executable, "-c", code), tmp_path / "one.log", ready=lambda: True)
            return Actor("one", NOWHERE, lambda: ManagedProcess(program, leash))

        yield actor


def test_one_that_ends_by_itself_is_noted_with_its_log_and_started_again(make: Make) -> None:
    actor = make(FAILING)
    actor.start()
    until(lambda: actor.look() or len(actor.crashes) >= 2, "two crashes")
    assert all((crash.name, crash.status) == ("one", 1) for crash in actor.crashes)
    assert "KeyError: 3" in actor.crashes[0].log


def test_one_that_was_killed_stays_down_and_is_no_crash(make: Make) -> None:
    actor = make(LASTING)
    actor.start()
    actor.kill()
    actor.look()
    assert actor.crashes == []
    with pytest.raises(AssertionError, match="down already"):
        actor.kill()


def test_an_outage_begins_before_the_kill_and_lasts_until_it_is_ready(make: Make) -> None:
    actor = make(LASTING)
    actor.start()
    before = time.monotonic()
    actor.kill()
    assert not actor.ready
    assert any(outage.touches(before, before) and outage.end == float("inf") for outage in actor.outages)


def test_a_frozen_one_is_no_crash_and_can_be_killed(make: Make) -> None:
    actor = make(LASTING)
    actor.start()
    actor.freeze()
    actor.look()
    actor.thaw()
    actor.freeze()
    actor.kill()
    assert actor.crashes == []


def test_a_kafka_clients_own_lines_are_left_out_of_the_last_words(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {n}\n" for n in range(60)) + "KeyError: 3\n" + "%3|17|FAIL|x\n" * 100)
    words = last_words(log).splitlines()
    assert words[-1] == "KeyError: 3"
    assert len(words) == LAST_LINES


def test_a_bad_answer_to_sigterm_is_a_crash(make: Make) -> None:
    actor = make(LASTING)  # it has no handler for SIGTERM
    actor.start()
    actor.stop()
    assert [crash.status for crash in actor.crashes] == [-15]
