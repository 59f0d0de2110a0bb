"""The object store's secret key, made once for a server and its clients."""

from pathlib import Path

import pytest

from fedswipe.cli.prepare import prepare_given, write_secret_key
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


def test_servers_without_an_address_are_not_guessed() -> None:
    with pytest.raises(StackError, match="FEDSWIPE_KAFKA is not set"):
        prepare_given({}, seconds=0)
