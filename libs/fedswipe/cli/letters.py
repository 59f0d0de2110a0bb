"""What the commands of `fedswipe dlq` print and ask."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from fedswipe.cli.addresses import kafka_address
from fedswipe.dead_letters.desk import Desk, source_named
from fedswipe.dead_letters.letters import Letter, Letters, grouped, may_be_retried
from fedswipe.dead_letters.position import Position
from fedswipe.errors import FedswipeError, InvalidMessage
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.topology import SWIPES

FIRST_BYTES = 256
LONGEST_FIELD = 200  # characters of a decoded field that are shown


@dataclass(frozen=True)
class Choice:
    """Which letters a command means: one by its origin's position, or all of a topic, a reason, or both."""

    position: Position | None
    topic: str | None
    reason: str | None
    closed: bool

    @classmethod
    def of(
        cls, position: Sequence[str] | None, topic: str | None, reason: str | None, *, closed: bool
    ) -> "Choice":
        """Read the command line. FedswipeError when it names no letters, or names them in two ways."""
        if bool(position) == bool(topic or reason):
            raise FedswipeError(
                "give TOPIC PARTITION OFFSET of one letter, or --topic or --reason for several"
            )
        return cls(
            _position(position) if position else None, topic and source_named(topic).name, reason, closed
        )

    def letters(self, found: Letters) -> list[Letter]:
        """Return them. FedswipeError when the one that is named does not exist."""
        if self.position is None:
            return found.select(self.topic, self.reason, closed=self.closed)
        letter = found.find(self.position)
        if letter.closed is not None and not self.closed:
            raise FedswipeError(f"{letter.at}: was {letter.closed} before; --all chooses it all the same")
        return [letter]


def at(topic: str, partition: int, offset: int) -> Position:
    """Return a letter's origin, its topic named by either of both. FedswipeError names the topics."""
    return Position(source_named(topic).name, partition, offset)


def list_groups(topic: str | None, reason: str | None, *, closed: bool, as_json: bool) -> None:
    """Print counts by topic and reason."""
    topic = topic and source_named(topic).name
    with Desk(KafkaSettings(kafka_address())) as desk:
        groups = grouped(_read(desk, topic).select(topic, reason, closed=closed))
    if as_json:
        shown = [asdict(group) | {"first": str(group.first), "last": str(group.last)} for group in groups]
        print(json.dumps(shown, indent=2))
        return
    table = Table("topic", "reason", "count", "first", "last")
    for group in groups:
        table.add_row(group.topic, group.reason, str(group.count), _short(group.first), _short(group.last))
    Console().print(table if groups else "No dead letters.")


def show(position: Position, raw: Path | None) -> None:
    """Print one letter, and write its original where asked to."""
    with Desk(KafkaSettings(kafka_address())) as desk:
        letter = _read(desk, position.topic).find(position)
        event, value = letter.event, letter.event.value or b""
        lines = {
            "origin": str(letter.at),
            "state": letter.closed or "open",
            "reason": event.reason,
            "detail": event.detail,
            "service": event.service,
            "key": _text(event.key),
            **{f"header {header.name}": _text(header.value) for header in event.headers},
            "value": f"{len(value)} bytes" if event.value is not None else "none",
        }
        lines |= _content(desk, letter)
    for name, line in lines.items():
        print(f"{name}: {line}")
    if raw is not None:
        raw.write_bytes(value)


def retry(choice: Choice, *, dry_run: bool, yes: bool) -> None:
    """Send again what is chosen, once that is confirmed."""
    with Desk(KafkaSettings(kafka_address())) as desk:
        chosen = choice.letters(_read(desk, choice.position.topic if choice.position else choice.topic))
        letters = [letter for letter in chosen if may_be_retried(letter)]
        if len(letters) < len(chosen):
            print(f"{len(chosen) - len(letters)} were retried before: their retries stand for them now.")
        if _confirmed("retry", letters, dry_run=dry_run, yes=yes):
            for letter, now in zip(letters, desk.retry(letters), strict=True):
                print(f"{letter.at} lies at offset {now.offset} again")


def drop(choice: Choice, why: str, *, dry_run: bool, yes: bool) -> None:
    """Close what is chosen, once that is confirmed."""
    with Desk(KafkaSettings(kafka_address())) as desk:
        letters = choice.letters(_read(desk, choice.position.topic if choice.position else choice.topic))
        if _confirmed("drop", letters, dry_run=dry_run, yes=yes):
            desk.drop(letters, why)
            print(f"{len(letters)} dropped")


def _confirmed(what: str, letters: Sequence[Letter], *, dry_run: bool, yes: bool) -> bool:
    for group in grouped(letters):
        span = f"{_short(group.first)} to {_short(group.last)}"
        print(f"{what}: {group.count} of {group.topic}, {group.reason}, {span}")
    if not letters:
        print(f"Nothing to {what}.")
    return bool(letters) and not dry_run and (yes or typer.confirm(f"{what} {len(letters)}?"))


def _read(desk: Desk, topic: str | None) -> Letters:
    letters, strangers = desk.letters(topic)
    for position in strangers:
        print(f"{position}: no dead letter, and no work of this project's services", file=sys.stderr)
    return letters


def _content(desk: Desk, letter: Letter) -> dict[str, str]:
    try:
        event = desk.decode(letter)
        told = {f"  {field.name}": _shown(getattr(event, field.name)) for field in fields(event)}
        return {"event": type(event).__name__} | told
    except InvalidMessage as error:
        value = letter.event.value or b""
        return {"not readable": str(error), f"first {FIRST_BYTES} bytes": value[:FIRST_BYTES].hex(" ")}


def _position(words: Sequence[str]) -> Position:
    match words:
        case (topic, partition, offset) if partition.isdecimal() and offset.isdecimal():
            return at(topic, int(partition), int(offset))
    raise FedswipeError(f"{' '.join(words)}: give TOPIC PARTITION OFFSET, e.g. {SWIPES.name} 3 41")


def _short(position: Position) -> str:
    return f"{position.partition}/{position.offset}"


def _shown(value: object) -> str:
    text = f"{len(value)} bytes" if isinstance(value, bytes) else str(value)
    return text if len(text) <= LONGEST_FIELD else f"{text[:LONGEST_FIELD]}... ({len(text)} characters)"


def _text(data: bytes | None) -> str:
    return "none" if data is None else data.decode("utf-8", "backslashreplace")
