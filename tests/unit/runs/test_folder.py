from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson
import pytest

from fedswipe.errors import FedswipeError
from fedswipe.runs.folder import RunFolder
from fedswipe.runs.tracking import Untracked, tracking_from_env


def folder(path: Path, **settings: object) -> RunFolder:
    return RunFolder(path, settings or {"seed": 0}, Untracked())


def test_a_run_goes_on_with_what_was_saved_and_forgets_what_was_not(tmp_path: Path) -> None:
    run = folder(tmp_path / "run")
    assert run.state() is None
    run.note(1, loss=2.0)
    run.save(b"one", 1)
    run.note(2, loss=1.0)
    again = folder(tmp_path / "run")
    assert again.state() == b"one"
    assert again.metrics == [{"step": 1, "loss": 2.0}]


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, seed=0)
    with pytest.raises(FedswipeError, match="other settings; give another folder"):
        folder(tmp_path, seed=1)


def test_a_finished_run_leaves_model_result_and_curves(tmp_path: Path) -> None:
    run = folder(tmp_path, seed=3)
    run.note(1, loss=2.0, top1=50.0, top3=60.0)
    result = run.finish(b"model", {"top1": 50.0}, "epochs")
    assert (tmp_path / "model.safetensors").read_bytes() == b"model"
    assert orjson.loads((tmp_path / "result.json").read_bytes()) == result
    assert result["settings"] == {"seed": 3}
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.glob("*.new"))


class Remembers:
    def __init__(self) -> None:
        self.logged: list[tuple[int, dict[str, float]]] = []
        self.kept: list[str] = []

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        self.logged.append((step, dict(figures)))

    def finish(self, files: Sequence[Path]) -> None:
        self.kept = [file.name for file in files]


def test_figures_and_files_are_tracked(tmp_path: Path) -> None:
    tracking = Remembers()
    run = RunFolder(tmp_path, {}, tracking)
    run.note(1, loss=2.0)
    run.finish(b"model", {}, "epochs")
    assert tracking.logged == [(1, {"loss": 2.0})]
    assert tracking.kept == ["model.safetensors", "result.json", "curves.png"]


def test_mlflow_is_asked_for_by_its_own_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(tracking_from_env({}, "run", {}), Untracked)
    monkeypatch.setitem(__import__("sys").modules, "mlflow", None)  # as if it were not installed
    with pytest.raises(FedswipeError, match="MLFLOW_TRACKING_URI is set, but mlflow is not installed"):
        tracking_from_env({"MLFLOW_TRACKING_URI": "file:x"}, "run", {})
