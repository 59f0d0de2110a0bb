"""Only what the design names is a good cause for a service to end by itself."""

from pathlib import Path

import pytest

from fedswipe.testing.chaos.crashes import assignments, cause_of

TRACE = "Traceback (most recent call last):\n"
COMMIT = TRACE + '  File "/x/libs/fedswipe/kafka/transaction.py", line 85, in _give_up\n    raise error\n'


@pytest.mark.parametrize(
    "log",
    [
        TRACE + "fedswipe.kafka.errors.BrokerUnavailable: global-models: no answer",
        COMMIT + "cimpl.KafkaException: KafkaError{FATAL,code=_FENCED,val=-144}",
        COMMIT + "cimpl.KafkaException: KafkaError{code=_TRANSPORT}\nsomething that a thread said later",
    ],
)
def test_a_good_cause_is_named(log: str) -> None:
    assert cause_of("an earlier line\n" + log) is not None


@pytest.mark.parametrize(
    "log",
    [
        "",
        "an ordinary line",
        TRACE + "KeyError: 3",
        TRACE + "cimpl.KafkaException: KafkaError{code=_FATAL}",
        TRACE + "fedswipe.kafka.errors.PositionLost: swipes[3]",
        TRACE + "BrokerUnavailable: at first\n" + TRACE + "KeyError: 3",
    ],
)
def test_anything_else_is_no_good_cause(log: str) -> None:
    assert cause_of(log) is None


def test_assignments_are_counted_by_group(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "trainer.log").write_text("x INFO y: assigned [1]\nx INFO y: other\nx INFO y: assigned []\n")
    (logs / "trainer-2.log").write_text("x INFO y: assigned [2]\n")
    (logs / "aggregator.log").write_text("x INFO y: assigned [0], read from offset 3\n")
    assert assignments(tmp_path) == {"trainer": 3, "aggregator": 1}
