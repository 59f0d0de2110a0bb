from pathlib import Path

import pytest

from fedswipe.cli.model_uri import ModelNotFoundError, resolve_model
from fedswipe.errors import FedswipeError
from fedswipe.learning.factory import factory_bytes


def test_a_file_on_disk_is_a_model(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"some bytes")
    assert resolve_model(str(file), "swipe-en") == b"some bytes"
    assert resolve_model(f"file://{file}", "swipe-en") == b"some bytes"


def test_the_factory_model_is_packaged() -> None:
    assert resolve_model("factory", "swipe-en") == factory_bytes("swipe-en")


def test_what_is_no_model_names_the_kinds_there_are(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="factory, latest or s3"):
        resolve_model(str(tmp_path / "nothing"), "swipe-en")


def test_latest_without_a_stack_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("FEDSWIPE_KAFKA", raising=False)
    with pytest.raises(FedswipeError, match="fedswipe up"):
        resolve_model("latest", "swipe-en")
