import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fedswipe.local.choose import Choice, choose, decide
from fedswipe.local.containers import Containers
from fedswipe.local.engine import Engine
from fedswipe.local.errors import EngineError, StackError
from fedswipe.local.given import Given
from fedswipe.local.images import IMAGES
from fedswipe.local.native import Native
from fedswipe.local.reporter import Collected

FakeEngine = Callable[[dict[str, Any]], str]
GIVEN_S3 = {
    "FEDSWIPE_S3": "http://s3:9000",
    "FEDSWIPE_S3_ACCESS_KEY": "access",
    "FEDSWIPE_S3_SECRET_KEY": "secret",
}


@pytest.fixture
def nobody(tmp_path: Path) -> dict[str, str]:
    """An environment whose engine is not there."""
    return {"DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"}


def test_an_engine_that_answers_is_taken(fake_engine: FakeEngine) -> None:
    address = fake_engine({})
    for wanted in ("", "auto", "containers"):
        choice = decide({"DOCKER_HOST": address, "STACK": wanted})
        assert choice == Choice(f"an engine answers at {address}", Engine(address))
        assert isinstance(choice.way({}, Collected()), Containers)


def test_without_an_engine_parts_are_native_and_the_reason_is_said(nobody: dict[str, str]) -> None:
    choice = decide(nobody)
    assert str(choice) == f"native: no engine answers at {nobody['DOCKER_HOST']} (No such file or directory)"
    assert isinstance(choice.way({}, Collected()), Native)


def test_an_engine_in_trouble_is_none_and_its_words_are_said(fake_engine: FakeEngine) -> None:
    address = fake_engine({"GET /_ping": (500, {"message": "the disk is full"})})
    assert str(decide({"DOCKER_HOST": address})) == f"native: the engine at {address}: the disk is full"


def test_an_engine_of_another_machine_is_none() -> None:
    for address in ("tcp://192.0.2.1:2375", "ssh://me@build", "nonsense"):
        assert str(decide({"DOCKER_HOST": address})).startswith(f"native: {address} is not on this machine")


def test_without_the_docker_sdk_parts_are_native(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docker", None)
    assert "the Docker SDK for Python is not installed" in str(decide({}))


def test_containers_that_are_asked_for_need_an_engine(nobody: dict[str, str]) -> None:
    with pytest.raises(EngineError, match=r"STACK is containers, but no engine answers at .*: start an eng"):
        decide(nobody | {"STACK": "containers"})


def test_native_asks_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Engine, "find")
    assert str(decide({"STACK": "native"})) == "native: STACK=native"


def test_another_word_is_refused() -> None:
    with pytest.raises(StackError, match="STACK is 'docker': set it to auto, containers or native"):
        decide({"STACK": "docker"})


@pytest.mark.parametrize(
    "kept", [Choice("the data are here"), Choice("the data are here", Engine("unix:///x"))]
)
def test_data_that_are_there_decide_and_another_wish_is_refused(kept: Choice) -> None:
    other = "containers" if kept.kind == "native" else "native"
    for same in ("auto", kept.kind):
        assert decide({"STACK": same}, kept) is kept
    with pytest.raises(StackError, match=f"STACK is {other}, but the data are here: `fedswipe down` first"):
        decide({"STACK": other}, kept)


def test_a_given_address_comes_first(fake_engine: FakeEngine) -> None:
    reporter = Collected()
    ways = choose({"DOCKER_HOST": fake_engine({}), **GIVEN_S3}, reporter)
    assert isinstance(ways["s3"], Given)
    assert isinstance(ways["kafka"], Containers)
    assert [text.partition(":")[0] for text in reporter.said] == ["containers"]


def test_when_all_is_given_no_engine_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Engine, "find")
    reporter = Collected()
    ways = choose({"FEDSWIPE_KAFKA": "kafka:9092", **GIVEN_S3}, reporter)
    assert [type(way) for way in ways.values()] == [Given, Given]
    assert reporter.said == []


def test_an_image_that_cannot_be_pulled_is_an_error_and_no_change_to_native(fake_engine: FakeEngine) -> None:
    address = fake_engine({"POST /images/create": (500, {"message": "no route to the registry"})})
    reporter = Collected()
    way = choose({"DOCKER_HOST": address}, reporter)["kafka"]
    with pytest.raises(
        EngineError, match=rf"image {IMAGES['kafka']} is absent .*no route to the registry.*STACK=native"
    ):
        way.fetch(["kafka"])
    assert reporter.said[1].startswith(f"First set-up, once per engine: {IMAGES['kafka']} ")


def test_an_image_that_is_there_is_not_pulled(fake_engine: FakeEngine) -> None:
    reporter = Collected()
    address = fake_engine({f"GET /images/{IMAGES['kafka']}/json": (200, {"Id": "sha256:0"})})
    Containers(Engine(address), reporter).fetch(["kafka"])
    assert reporter.said == []
