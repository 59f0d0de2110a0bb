"""`fedswipe models accuracy` and `watch`: what swipes whose word is known tell of versions."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fedswipe.events import (
    CanaryBy,
    ClientId,
    PredictionServed,
    ServingChange,
    ServingChanged,
    SwipeId,
    SwipeRecorded,
    Version,
)
from fedswipe.serving import changes
from fedswipe.topology import LINEAGES

if TYPE_CHECKING:
    from conftest import Command

LINE = LINEAGES[0]


def predicted(number: int, version: int, word: str) -> PredictionServed:
    names = ClientId(f"client-{number % 97}"), SwipeId(f"s{number}")
    return PredictionServed(*names, LINE.model_id, Version(version), (word, "help"))


def meant(number: int, word: str) -> SwipeRecorded:
    names = ClientId(f"client-{number % 97}"), SwipeId(f"s{number}")
    return SwipeRecorded(*names, "qwerty-en", word, 360, 200, (1.0, 2.0), (1.0, 2.0), (0.0, 9.0))


def outcomes(start: int, version: int, right: int, wrong: int) -> list[PredictionServed | SwipeRecorded]:
    """What lies in the topics when a version was so often right and wrong."""
    words = ["hello"] * right + ["yellow"] * wrong
    told = [predicted(start + n, version, word) for n, word in enumerate(words)]
    return [*told, *(meant(start + n, "hello") for n in range(len(words)))]


def test_accuracy_is_counted_per_version(models: "Command") -> None:
    models.log.batches = [
        outcomes(0, 4, right=3, wrong=1),
        outcomes(100, 5, right=1, wrong=1),
        [predicted(999, 5, "x")],
    ]
    found = json.loads(models.does("accuracy", "--json", "--hours", "2"))
    assert found["versions"] == [
        {"version": 4, "judged": 4, "top1": 75.0, "top3": 75.0},
        {"version": 5, "judged": 2, "top1": 50.0, "top3": 50.0},
    ]
    assert models.log.asked_since is not None
    assert abs(models.log.asked_since - datetime.now(UTC) + timedelta(hours=2)) < timedelta(minutes=5)
    assert "75.0 %" in models.does("accuracy")


def test_a_watch_aborts_a_worse_canary_once_and_says_why(models: "Command") -> None:
    models.does("pin", "4")
    models.does("canary")
    models.log.batches = [outcomes(0, 4, 800, 200), outcomes(10_000, 5, 100, 200), outcomes(20_000, 5, 9, 9)]
    assert models.run("watch") == 1
    assert models.log.asked_since == models.log.changed_at(1), (
        "only what came after the canary's event counts"
    )
    last = models.log.changes[-1]
    assert (last.change, last.canary, len(models.log.changes)) == (ServingChange.ABORT, 1, 3)
    assert "canary version 5: 100 of 300 right, stable version 4: 800 of 1000 right: worse" in last.reason
    assert models.log.servings.state.canary is None
    assert "no canary is on" in models.refuses("watch")


def test_a_watch_leaves_an_equal_canary_on_and_says_so(models: "Command") -> None:
    models.does("canary")
    models.log.batches = [outcomes(0, 4, 8_000, 2_000), outcomes(50_000, 5, 4_020, 1_000)]
    said = models.does("watch")
    assert "not worse" in said
    assert "promote" in said
    assert models.log.servings.state.canary is not None


def test_a_watch_ends_when_somebody_ends_the_canary(models: "Command") -> None:
    models.does("canary")
    models.log.batches = [
        outcomes(0, 4, 800, 200),
        lambda: changes.promote(models.log),
        outcomes(500, 5, 0, 900),
    ]
    assert "The canary is over. Predictors follow the head." in models.does("watch")
    assert len(models.log.changes) == 2


def test_a_second_watch_that_comes_too_late_does_no_harm(
    models: "Command", monkeypatch: pytest.MonkeyPatch
) -> None:
    models.does("canary")
    models.log.batches = [outcomes(0, 4, 800, 200), outcomes(10_000, 5, 100, 200)]
    append = models.log.append_change

    def second(event: ServingChanged) -> int:
        """Between this watch's last look and its event, another one aborts and a new canary begins."""
        monkeypatch.setattr(models.log, "append_change", append)
        changes.abort(models.log)
        changes.start_canary(models.log, 3, 0.2, CanaryBy.CLIENT)
        return append(event)

    monkeypatch.setattr(models.log, "append_change", second)
    assert "Somebody else has ended it." in models.does("watch")
    canary = models.log.servings.state.canary
    assert canary is not None
    assert canary.link.version == 3


def test_progress_is_told_while_nothing_is_decided(models: "Command") -> None:
    models.does("canary")
    models.log.batches = [outcomes(0, 4, 800, 200), outcomes(10_000, 5, 788, 212)]
    assert "canary version 5: 788 of 1000 right" in models.does("watch")
