import stat
from pathlib import Path

import pytest

from fedswipe.local.addresses import S3Address
from fedswipe.local.container_id import ContainerId
from fedswipe.local.errors import StackError
from fedswipe.local.pids import ProcessId
from fedswipe.local.state import FILE, Running, State, default_folder

STATE = State(
    S3Address("http://127.0.0.1:9000", "access", "secret"),
    (
        Running("s3", "native", "http://127.0.0.1:9000", ProcessId(12, "boot:345"), "/logs/minio.log"),
        Running("kafka", "given", "one:9092,two:9093"),
        Running(
            "ingest",
            "container",
            "127.0.0.1:1",
            log="docker logs a",
            container=ContainerId("unix:///x", "1", "a"),
        ),
    ),
    (ContainerId("unix:///x", "2", "b"),),
)


def test_state_survives_the_file(tmp_path: Path) -> None:
    STATE.save(tmp_path)
    assert State.load(tmp_path) == STATE
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_only_its_owner_reads_the_file_with_the_secret(tmp_path: Path) -> None:
    STATE.save(tmp_path)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_containers_that_are_gone_but_for_their_data_are_remembered(tmp_path: Path) -> None:
    kept = State(kept=STATE.with_volumes)
    kept.save(tmp_path)
    assert [container.name for container in State.load(tmp_path).with_volumes] == ["a", "b"]
    assert State.load(tmp_path).running == ()


def test_without_a_file_nothing_is_up(tmp_path: Path) -> None:
    state = State.load(tmp_path)
    assert state.running == ()
    with pytest.raises(StackError, match="no stack is up"):
        _ = state.addresses


@pytest.mark.parametrize("content", ["", "{}", '{"s3": {}, "running": []}', '{"s3": 3, "running": [4]}'])
def test_a_file_that_is_not_ours_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(StackError, match="is not a state file"):
        State.load(tmp_path)


def test_a_part_whose_process_or_container_is_gone_does_not_answer() -> None:
    assert not STATE.answers(STATE.running[0])
    assert not STATE.answers(STATE.running[2])


def test_the_folder_is_where_the_user_says() -> None:
    assert default_folder({"XDG_STATE_HOME": "/elsewhere"}) == Path("/elsewhere/fedswipe")
