"""What `up` starts, and the object store's secret key, made once for a server and its clients."""

from pathlib import Path

import pytest

from fedswipe.cli.prepare import prepare_given, services, wiring, write_secret_key
from fedswipe.errors import FedswipeError
from fedswipe.local.errors import StackError

LEAST = 20  # characters that nobody guesses


def test_a_key_is_made_once_and_then_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "key"
    write_secret_key(file, {})
    first = file.read_text()
    write_secret_key(file, {"FEDSWIPE_S3_SECRET_KEY": "another"})
    assert file.read_text() == first
    assert len(first) >= LEAST


def test_every_key_is_another(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_secret_key(tmp_path / name, {})
    assert (tmp_path / "one").read_text() != (tmp_path / "two").read_text()


def test_the_environments_key_is_taken(tmp_path: Path) -> None:
    write_secret_key(tmp_path / "key", {"FEDSWIPE_S3_SECRET_KEY": "given-by-hand"})
    assert (tmp_path / "key").read_text() == "given-by-hand"


def test_each_model_has_a_predictor_of_its_own_and_the_rest_is_for_all() -> None:
    assert services().keys() == {"ingest", "trainer", "aggregator", "predictor"}
    parts = services(["swipe-en", "swipe-ru"])
    assert parts.keys() == services().keys() | {"predictor-swipe-ru"}
    served = {name: parts[name]["PREDICTOR_MODEL"] for name in ("predictor", "predictor-swipe-ru")}
    assert served == {"predictor": "swipe-en", "predictor-swipe-ru": "swipe-ru"}
    assert services(["swipe-ru"]).keys() == parts.keys() - {"predictor"}


def test_ingest_is_told_where_the_predictors_are() -> None:
    urls = {"ingest": "http://i:1", "predictor": "http://p:2", "predictor-swipe-ru": "http://p:3"}
    assert wiring(urls) == {"ingest": {"INGEST_PREDICTORS": "swipe-en=http://p:2,swipe-ru=http://p:3"}}
    assert wiring({"ingest": "http://i:1"}) == {"ingest": {"INGEST_PREDICTORS": ""}}


def test_a_predictor_of_no_lineage_is_refused() -> None:
    with pytest.raises(FedswipeError, match="--model swipe-xx: unknown model; there are swipe-en"):
        services(["swipe-xx"])


def test_servers_without_an_address_are_not_guessed() -> None:
    with pytest.raises(StackError, match="FEDSWIPE_KAFKA is not set"):
        prepare_given({}, seconds=0)
