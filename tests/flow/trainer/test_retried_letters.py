"""Dead letters on a real broker: listed once, sent again by the tool, taken up by the trainer, dropped."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Producer
from typer.testing import CliRunner

from fedswipe import avro_schemas, codec
from fedswipe.cli.main import app
from fedswipe.dead_letters.closing import Closing
from fedswipe.dead_letters.desk import Desk
from fedswipe.dead_letters.letters import Letter
from fedswipe.dead_letters.position import Position
from fedswipe.events import ClientId, SwipeId, SwipeRecorded
from fedswipe.topology import SCHEMAS, SWIPES, dead_letters

if TYPE_CHECKING:
    from conftest import Flow

Eventually = Callable[[Callable[[], bool]], None]
LINE = (10.0, 20.0, 30.0)


def newer_swipe(client: str, field: str) -> tuple[bytes, str]:
    """A swipe of a schema that nobody has published yet, and that schema."""
    schema = json.loads(avro_schemas.versions(SwipeRecorded)[-1])
    schema["fields"].append({"name": field, "type": "int", "default": 0})
    text = json.dumps(schema)
    swipe = SwipeRecorded(
        *(ClientId(client), SwipeId("1"), "qwerty-en", "hello", 360.0, 216.0, LINE, LINE, LINE)
    )
    body = codec.encode(swipe)[codec.HEADER :] + b"\x00"
    return codec.MARKER + avro_schemas.fingerprint_of(text) + body, text


def publish(flow: "Flow", schema: str) -> None:
    producer = Producer(flow.settings.producer())
    producer.produce(SCHEMAS.name, schema, avro_schemas.fingerprint_of(schema), 0)
    assert producer.flush(10) == 0


def trained(flow: "Flow", client: str) -> list[int]:
    return [o for delta in flow.deltas() if delta.client_id == client for o in delta.swipe_offsets]


def find(flow: "Flow", offset: int, partition: int) -> Letter | None:
    with Desk(flow.settings) as desk:
        letters, _ = desk.letters(SWIPES.name)
    at = Position(SWIPES.name, partition, offset)
    return next((letter for letter in letters.select(closed=True) if letter.at == at), None)


def test_a_letter_is_retried_once_whatever_mended_it_is_there(flow: "Flow", eventually: Eventually) -> None:
    value, schema = newer_swipe("hal", "finger")
    flow.member()
    offset = flow.producer.send_bytes(SWIPES.name, value, key="hal", partition=6).result()
    eventually(lambda: find(flow, offset, 6) is not None)
    letter = find(flow, offset, 6)
    assert letter is not None
    assert letter.event.reason == "unknown_schema"

    publish(flow, schema)
    with Desk(flow.settings) as desk:
        (first,) = desk.retry([letter])
        (second,) = desk.retry([letter])
    eventually(lambda: flow.committed(SWIPES.name, 6) == second.offset + 1)
    assert trained(flow, "hal") == [first.offset]
    closed = find(flow, offset, 6)
    assert closed is not None
    assert closed.closed is Closing.RETRIED


def test_another_member_knows_what_was_taken_up(flow: "Flow", eventually: Eventually) -> None:
    value, schema = newer_swipe("ida", "thumb")
    member = flow.member()
    offset = flow.producer.send_bytes(SWIPES.name, value, key="ida", partition=7).result()
    eventually(lambda: find(flow, offset, 7) is not None)
    letter = find(flow, offset, 7)
    assert letter is not None
    publish(flow, schema)
    with Desk(flow.settings) as desk:
        (first,) = desk.retry([letter])
        eventually(lambda: trained(flow, "ida") == [first.offset])
        member.stop()
        flow.members.remove(member)
        (again,) = desk.retry([letter])
    flow.member()
    eventually(lambda: flow.committed(SWIPES.name, 7) == again.offset + 1)
    assert trained(flow, "ida") == [first.offset]


def dlq(*words: str) -> str:
    done = CliRunner().invoke(app, ["dlq", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def listed(*words: str) -> dict[str, Any]:
    return {group["reason"]: group for group in json.loads(dlq("list", "--json", *words))}


def test_the_commands_list_show_retry_and_drop(
    flow: "Flow", eventually: Eventually, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FEDSWIPE_KAFKA", flow.settings.bootstrap)
    flow.member()
    offsets = [
        flow.producer.send_bytes(SWIPES.name, b"junk%d" % n, key="jan", partition=5).result() for n in (1, 2)
    ]
    eventually(lambda: all(find(flow, offset, 5) for offset in offsets))
    here = ("--topic", SWIPES.name, "--reason", "not_single_object")
    before = listed(*here)["not_single_object"]["count"]
    letter = find(flow, offsets[0], 5)
    assert letter is not None
    twice = flow.producer.send(dead_letters(SWIPES), letter.event, key="jan", partition=5)
    twice.result()
    assert listed(*here)["not_single_object"]["count"] == before, "written twice, it is one"

    raw = tmp_path / "raw"
    shown = dlq("show", SWIPES.name, "5", str(offsets[0]), "--raw", str(raw))
    assert "reason: not_single_object" in shown
    assert "6a 75 6e 6b 31" in shown
    assert raw.read_bytes() == b"junk1"

    assert "retry: 1 of" in dlq("retry", SWIPES.name, "5", str(offsets[0]), "--dry-run")
    dlq("retry", SWIPES.name, "5", str(offsets[0]), "--yes")
    retried = offsets[1] + 1
    eventually(lambda: (found := find(flow, retried, 5)) is not None and found.closed is None)
    assert listed(*here)["not_single_object"]["count"] == before, "one closed, its retry is a letter again"

    dlq("drop", *here, "--yes")
    assert "not_single_object" not in listed(*here)
    assert listed(*here, "--all")["not_single_object"]["count"] == before + 1
    assert "Nothing to retry" in dlq("retry", *here, "--yes")
    assert "state: dropped" in dlq("show", SWIPES.name, "5", str(offsets[1]))


def test_a_letter_that_can_be_read_is_shown_field_by_field(
    flow: "Flow", eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDSWIPE_KAFKA", flow.settings.bootstrap)
    flow.member()
    line = tuple(float(n) for n in range(500))
    far = SwipeRecorded(ClientId("kim"), SwipeId("1"), "qwerty-en", "hello", 10.0, 10.0, line, line, line)
    offset = flow.producer.send(SWIPES, far, key="kim", partition=4).result()
    eventually(lambda: find(flow, offset, 4) is not None)
    shown = dlq("show", dead_letters(SWIPES).name, "4", str(offset))
    assert "reason: far_outside" in shown
    assert "  client_id: kim" in shown
    assert "key: kim" in shown
    assert max(map(len, shown.splitlines())) < 300
