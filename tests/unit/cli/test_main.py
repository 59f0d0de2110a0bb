import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fedswipe.cli import main as cli
from fedswipe.cli import running
from fedswipe.errors import FedswipeError


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["fedswipe", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


def test_the_version_is_the_packages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out.startswith("fedswipe 0.")


def test_an_expected_error_is_its_message_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("FEDSWIPE_S3", "nowhere")
    assert run(monkeypatch, "up", "--folder", str(tmp_path)) == cli.REFUSED
    written = capsys.readouterr().err
    assert "write it as http://host:port" in written
    assert "Traceback" not in written


def test_an_unexpected_error_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("fedswipe.cli.topology.markdown", broken)
    monkeypatch.setattr(sys, "argv", ["fedswipe", "topology", "--markdown"])
    with pytest.raises(ZeroDivisionError):
        cli.main()


def test_status_without_a_stack_is_not_up(tmp_path: Path) -> None:
    assert CliRunner().invoke(cli.app, ["status", "--folder", str(tmp_path)]).exit_code == running.NOT_UP


def test_an_error_is_a_fedswipe_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused() -> str:
        raise FedswipeError("field: wrong [bold]; mend it")

    monkeypatch.setattr("fedswipe.cli.topology.markdown", refused)
    assert run(monkeypatch, "topology", "--markdown") == cli.REFUSED
    assert "field: wrong [bold]; mend it" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("list",), ("retry", "--reason", "empty"), ("drop", "--reason", "empty")])
def test_dead_letters_without_a_stack_say_how_to_start_one(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: tuple[str, ...],
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("FEDSWIPE_KAFKA", raising=False)
    assert run(monkeypatch, "dlq", *words) == cli.REFUSED
    assert "fedswipe up" in capsys.readouterr().err


@pytest.mark.parametrize("service", ["INGEST_", "TRAINER_", "AGGREGATOR_", "PREDICTOR_"])
def test_settings_lists_each_services_variables(service: str) -> None:
    shown = CliRunner().invoke(cli.app, ["settings", "--markdown"])
    assert shown.exit_code == 0
    assert f"| `{service}" in shown.output
