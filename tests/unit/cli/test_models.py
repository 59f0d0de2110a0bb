"""`fedswipe models`: versions, rollbacks, pins and canaries."""

import json
import sys
from typing import TYPE_CHECKING

import pytest

from fedswipe.cli import main as cli
from fedswipe.events import CanaryBy, PrivacySpent, ServingChange, Version

if TYPE_CHECKING:
    from conftest import Command


def test_the_list_shows_the_newest_first_and_marks_what_is_served(models: "Command") -> None:
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


def test_a_private_lineage_shows_what_each_version_has_told(models: "Command") -> None:
    models.publish(PrivacySpent(0.5, 5.254, 1e-6, Version(5)))
    rows = json.loads(models.does("list", "--json"))["versions"]
    assert [row["epsilon"] for row in rows[:2]] == [5.254, None]
    assert rows[0]["unprotected"] == 5
    assert "5.25" in models.does("list")
    shown = json.loads(models.does("show", "6", "--json"))
    assert shown["privacy"] == {"rho": 0.5, "epsilon": 5.254, "delta": 1e-6, "unprotected": 5}
    assert shown["noise"] is None


def test_a_version_is_shown_with_its_objects(models: "Command") -> None:
    models.does("rollback", "2")
    shown = json.loads(models.does("show", "6", "--json"))
    assert (shown["closed_by"], shown["rollback_to"], shown["continues"]) == ("ROLLBACK", 2, 2)
    assert shown["model"] == models.log.event(2).model.key
    assert "rollback_to" in models.does("show", "6")
    assert "has versions 1 to 6" in models.refuses("show", "7")


def test_a_rollback_publishes_the_old_content_and_says_when_a_pin_hides_it(models: "Command") -> None:
    said = models.does("rollback", "2")
    assert said == "Version 6 is published, with the content of version 2."
    models.does("pin", "5")
    assert "Version 5 is pinned. They serve that until it is changed." in models.does("rollback", "1")
    assert "is the head" in models.refuses("rollback", "7")


def test_pin_and_unpin_are_written_and_read_back(models: "Command") -> None:
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


def test_a_canary_of_the_head_holds_the_others_at_the_version_before_it(models: "Command") -> None:
    models.does("canary", "newest")
    (event,) = models.log.changes
    assert event.link is not None
    assert event.stable is not None
    assert (event.link.version, event.stable.version) == (5, 4)
    assert (event.share, event.by) == (0.1, CanaryBy.CLIENT)


def test_after_a_rollback_the_version_before_the_head_is_the_one_it_continues(models: "Command") -> None:
    models.does("rollback", "2")
    models.publish()
    models.does("canary")
    assert models.log.servings.state.stable is not None
    assert models.log.servings.state.stable.version == 6
    models.does("abort")
    assert "has versions" in models.refuses("canary", "8")


def test_a_canary_of_an_older_version_leaves_the_others_at_the_head_or_at_the_pinned_one(
    models: "Command",
) -> None:
    said = models.does("canary", "2", "--by", "predictor", "--share", "0.5")
    assert "version 2 for 50.0% of the predictors, 5 for the others" in said
    models.does("abort")
    models.does("pin", "3")
    assert "version 5 for 10.0% of the clients, 3 for the others" in models.does("canary")
    assert models.does("promote") == "Version 5 is pinned."


def test_promoted_the_head_is_followed_and_aborted_the_stable_version_is_pinned(models: "Command") -> None:
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
    models: "Command", words: tuple[str, ...], why: str
) -> None:
    assert why in models.refuses("canary", *words)
    assert models.log.changes == []


def test_a_change_that_came_too_late_says_so(models: "Command", monkeypatch: pytest.MonkeyPatch) -> None:
    models.does("canary")
    append = models.log.append_change

    def overtaken(event: object) -> int:
        monkeypatch.setattr(models.log, "append_change", append)
        models.does("abort")
        return append(event)  # type: ignore[arg-type]

    monkeypatch.setattr(models.log, "append_change", overtaken)
    assert "another change came first" in models.refuses("promote")
    assert models.log.servings.state.pinned


def test_an_unknown_outcome_is_told_as_such(models: "Command") -> None:
    models.log.available = False
    assert "look before you try again" in models.refuses("pin", "3")


def test_an_unknown_lineage_names_those_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fedswipe", "models", "list", "--model", "swipe-xx"])
    with pytest.raises(SystemExit):
        cli.main()
    assert "--model swipe-xx: unknown model; there are swipe-en" in " ".join(capsys.readouterr().err.split())
