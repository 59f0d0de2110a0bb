"""`fedswipe models` over the operator's log in memory."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from fedswipe import codec
from fedswipe.cli import main as cli
from fedswipe.cli import operator
from fedswipe.events import (
    CanaryBy,
    ClientId,
    ClosedBy,
    GlobalModelPublished,
    OffsetRange,
    PredictionServed,
    ServingChange,
    ServingChanged,
    SwipeId,
    SwipeRecorded,
    Version,
)
from fedswipe.learning.manifest import Manifest
from fedswipe.serving import changes
from fedswipe.testing.lineage_log import InMemoryLineageLog
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.testing.operator_log import InMemoryOperatorLog
from fedswipe.topology import LINEAGES

LINE = LINEAGES[0]


class Command:
    """Runs `fedswipe models ...` on a lineage of five versions and reads what it printed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.lineage_log, self.store = InMemoryLineageLog(LINE), InMemoryModelStore()
        self.log = InMemoryOperatorLog(self.lineage_log)
        for _ in range(5):
            self.publish()
        self._patch, self._capsys = monkeypatch, capsys

        @contextmanager
        def opened(model_id: str) -> Iterator[operator.Operator]:
            assert model_id == LINE.model_id
            yield operator.Operator(self.log, self.store)

        monkeypatch.setattr(operator, "open_operator", opened)

    def publish(self) -> None:
        head = self.log.chain.head
        version, parent, end = (head.version + 1, head.sha256, head.end) if head else (1, "", 0)
        content = self.store.put("swipe-en/models", f"model {version}".encode())
        nothing = self.store.put("swipe-en/manifests", Manifest(()).to_bytes())
        settled = OffsetRange(LINE.partition, end, end + 3 * (version > 1))
        event = GlobalModelPublished(
            *(LINE.model_id, Version(version), parent, (settled,), content, content, nothing, nothing),
            *(3, 1, 30, ClosedBy.DELTAS if head else ClosedBy.FACTORY, None),
        )
        self.log.append_link(codec.encode(event))

    def run(self, *words: str) -> int | str | None:
        self._patch.setattr(sys, "argv", ["fedswipe", "models", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code

    def does(self, *words: str) -> str:
        code = self.run(*words)
        out, err = self._capsys.readouterr()
        assert code in (0, None), err
        return " ".join(out.split())

    def refuses(self, *words: str) -> str:
        assert self.run(*words) == cli.REFUSED
        return " ".join(self._capsys.readouterr().err.split())


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


def test_the_list_shows_the_newest_first_and_marks_what_is_served(models: Command) -> None:
    listed = json.loads(models.does("list", "--last", "3", "--json"))
    assert [row["version"] for row in listed["versions"]] == [5, 4, 3]
    assert [row["marks"] for row in listed["versions"]] == [["head", "stable"], [], []]
    newest = listed["versions"][0]
    assert (newest["folded"], newest["refused"], newest["examples"]) == (3, 1, 30)
    assert (newest["closed_by"], newest["published"]) == ("DELTAS", "2030-01-01T00:00:04+00:00")
    models.does("canary", "4", "--share", "0.25", "--stable", "3")
    listed = json.loads(models.does("list", "--json"))
    marks = {row["version"]: row["marks"] for row in listed["versions"]}
    assert marks == {5: ["head"], 4: ["canary"], 3: ["stable"], 2: [], 1: []}
    assert listed["serving"]["canary"]["share"] == 0.25
    shown = models.does("list")
    assert "A canary is on: version 4 for 25.0% of the clients, 3 for the others." in shown


def test_a_version_is_shown_with_its_objects(models: Command) -> None:
    models.does("rollback", "2")
    shown = json.loads(models.does("show", "6", "--json"))
    assert (shown["closed_by"], shown["rollback_to"], shown["continues"]) == ("ROLLBACK", 2, 2)
    assert shown["model"] == models.log.event(2).model.key
    assert "rollback_to" in models.does("show", "6")
    assert "has versions 1 to 6" in models.refuses("show", "7")


def test_a_rollback_publishes_the_old_content_and_says_when_a_pin_hides_it(models: Command) -> None:
    said = models.does("rollback", "2")
    assert said == "Version 6 is published, with the content of version 2."
    models.does("pin", "5")
    assert "Version 5 is pinned. They serve that until it is changed." in models.does("rollback", "1")
    assert "is the head" in models.refuses("rollback", "7")


def test_pin_and_unpin_are_written_and_read_back(models: Command) -> None:
    assert models.does("pin", "3", "--reason", "v4 is slow") == "Version 3 is pinned."
    assert models.does("unpin") == "Predictors follow the head."
    first, second = models.log.changes
    assert (first.change, first.reason, second.change) == (
        ServingChange.PIN,
        "v4 is slow",
        ServingChange.UNPIN,
    )
    assert "nothing is pinned" in models.refuses("unpin")
    assert "has versions 1 to 5" in models.refuses("pin", "6")
    assert len(models.log.changes) == 2, "what is refused is not written"


def test_a_canary_of_the_head_holds_the_others_at_the_version_before_it(models: Command) -> None:
    models.does("canary", "newest")
    (event,) = models.log.changes
    assert event.link is not None
    assert event.stable is not None
    assert (event.link.version, event.stable.version) == (5, 4)
    assert (event.share, event.by) == (0.1, CanaryBy.CLIENT)


def test_after_a_rollback_the_version_before_the_head_is_the_one_it_continues(models: Command) -> None:
    models.does("rollback", "2")
    models.publish()
    models.does("canary")
    assert models.log.servings.state.stable is not None
    assert models.log.servings.state.stable.version == 6
    models.does("abort")
    assert "has versions" in models.refuses("canary", "8")


def test_a_canary_of_an_older_version_leaves_the_others_at_the_head_or_at_the_pinned_one(
    models: Command,
) -> None:
    said = models.does("canary", "2", "--by", "predictor", "--share", "0.5")
    assert "version 2 for 50.0% of the predictors, 5 for the others" in said
    models.does("abort")
    models.does("pin", "3")
    assert "version 5 for 10.0% of the clients, 3 for the others" in models.does("canary")
    assert models.does("promote") == "Version 5 is pinned."


def test_promoted_the_head_is_followed_and_aborted_the_stable_version_is_pinned(models: Command) -> None:
    models.does("canary")
    assert models.does("promote") == "Predictors follow the head."
    models.does("canary")
    assert models.does("abort") == "Version 4 is pinned."
    assert "no canary is on" in models.refuses("promote")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--share", "0"), "more than 0 and 1 at most"),
        (("4", "--stable", "4"), "are the same"),
        (("1", "--stable", "9"), "has versions 1 to 5"),
    ],
)
def test_a_canary_that_makes_no_sense_is_refused_before_it_is_written(
    models: Command, words: tuple[str, ...], why: str
) -> None:
    assert why in models.refuses("canary", *words)
    assert models.log.changes == []


def test_a_change_that_came_too_late_says_so(models: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    models.does("canary")
    append = models.log.append_change

    def overtaken(event: object) -> int:
        monkeypatch.setattr(models.log, "append_change", append)
        models.does("abort")
        return append(event)  # type: ignore[arg-type]

    monkeypatch.setattr(models.log, "append_change", overtaken)
    assert "another change came first" in models.refuses("promote")
    assert models.log.servings.state.pinned


def test_an_unknown_outcome_is_told_as_such(models: Command) -> None:
    models.log.available = False
    assert "look before you try again" in models.refuses("pin", "3")


def test_an_unknown_lineage_names_those_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fedswipe", "models", "list", "--model", "swipe-xx"])
    with pytest.raises(SystemExit):
        cli.main()
    assert "--model swipe-xx: unknown model; there are swipe-en" in " ".join(capsys.readouterr().err.split())


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


def test_accuracy_is_counted_per_version(models: Command) -> None:
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


def test_a_watch_aborts_a_worse_canary_once_and_says_why(models: Command) -> None:
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


def test_a_watch_leaves_an_equal_canary_on_and_says_so(models: Command) -> None:
    models.does("canary")
    models.log.batches = [outcomes(0, 4, 8_000, 2_000), outcomes(50_000, 5, 4_020, 1_000)]
    said = models.does("watch")
    assert "not worse" in said
    assert "promote" in said
    assert models.log.servings.state.canary is not None


def test_a_watch_ends_when_somebody_ends_the_canary(models: Command) -> None:
    models.does("canary")
    models.log.batches = [
        outcomes(0, 4, 800, 200),
        lambda: changes.promote(models.log),
        outcomes(500, 5, 0, 900),
    ]
    assert "The canary is over. Predictors follow the head." in models.does("watch")
    assert len(models.log.changes) == 2


def test_a_second_watch_that_comes_too_late_does_no_harm(
    models: Command, monkeypatch: pytest.MonkeyPatch
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


def test_progress_is_told_while_nothing_is_decided(models: Command) -> None:
    models.does("canary")
    models.log.batches = [outcomes(0, 4, 800, 200), outcomes(10_000, 5, 788, 212)]
    assert "canary version 5: 788 of 1000 right" in models.does("watch")
