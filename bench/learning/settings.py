"""What the rows are told: one TOML file with the sections of a run's configuration, and their changes."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_data import Typists

from fedswipe.errors import FedswipeError
from fedswipe.runs.config import Config, merged, read_config

Table = Mapping[str, Any]
OWN = ("rows", "quick", "typists")  # sections of the bench; all others are a run's
ROW = ("kind", "label", "model", "minutes", "waits_for")  # a row's own keys


@dataclass(frozen=True)
class Row:
    """A row of the table. ``waits_for``: why it is not run yet. ``model``: the row that it starts from."""

    name: str
    kind: str
    label: str
    table: Table
    model: str = "factory"
    minutes: float = 60.0  # within which a peer has to be done
    waits_for: str = ""

    def config(self, folder: Path) -> Config:
        """Write the row's configuration, as the command line takes it, and read it."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "config.toml"
        file.write_text("\n".join(_lines(self.table)) + "\n", "utf-8")
        return read_config(file)


@dataclass(frozen=True)
class Settings:
    """The file: rows in their order, and the typists where there are no logs."""

    rows: list[Row]
    typists: Typists


def read_settings(path: Path, quick: bool) -> Settings:
    """Read the file; ``quick`` lays its section [quick] over everything. FedswipeError names the row."""
    told = tomllib.loads(path.read_text("utf-8"))
    hurry: Table = told.get("quick", {}) if quick else {}
    common = {name: value for name, value in told.items() if name not in OWN}
    rows = [_row(path, common, name, row, hurry) for name, row in told["rows"].items()]
    return Settings(rows, Typists(**merged(told.get("typists", {}), hurry.get("typists", {}))))


def _row(path: Path, common: Table, name: str, row: Table, hurry: Table) -> Row:
    own = {key: row[key] for key in ROW if key in row}
    if not {"kind", "label"} <= own.keys():
        raise FedswipeError(f"{path}: rows.{name}: give it a kind and a label")
    changes = {key: value for key, value in row.items() if key not in ROW}
    everything = {key: value for key, value in hurry.items() if key not in OWN}
    return Row(name=name, table=merged(merged(common, changes), everything), **own)


def _lines(table: Table, name: str = "") -> Iterator[str]:
    """A table as TOML: JSON's numbers, booleans, strings and lists of them are TOML's."""
    if name:
        yield f"[{name}]"
    for key, value in table.items():
        if not isinstance(value, Mapping):
            yield f"{key} = {json.dumps(value)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _lines(value, f"{name}.{key}" if name else key)
