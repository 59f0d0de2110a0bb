"""What a run of `pretrain`, `train` or `simulate` is told: one TOML file for all three."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_type_hints

from pydantic import TypeAdapter, ValidationError

from fedswipe.errors import FedswipeError
from fedswipe.learning.recipe import FEDADAM, Recipe
from fedswipe.training.augmentation import Augmentation
from fedswipe.training.central import CentralRecipe
from fedswipe.training.local import LocalRecipe
from fedswipe.training.pretraining import PretrainingRecipe


@dataclass(frozen=True)
class Train:
    """[train]: central training on the swipes of all who may be trained on, changed a little each epoch."""

    base: str = "factory"
    epochs: int = 20
    training: CentralRecipe = field(default_factory=lambda: CentralRecipe(spelling=0.1))
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True)
class Simulate:
    """[simulate]: the federation in one process, people as clients, ``clients`` of them a round.

    A person takes part with ``fewest`` to ``most`` swipes. ``stack``: clients trained as one computation.
    ``scaffold`` corrects the clients' steps, which must be plain SGD; its state is not kept over a cut.
    ``secure``: their sum by the protocol of ``learning.secure_sum``, which gives the same models.
    """

    base: str = "factory"
    rounds: int = 30
    clients: int = 50
    fewest: int = 8
    most: int = 200
    stack: int = 8
    codec: Literal["FP32", "FP16", "INT8", "INT4", "TOPK"] = "FP16"
    top_k_share: float = 0.1
    scaffold: bool = False
    secure: bool = False
    local: LocalRecipe = field(default_factory=LocalRecipe)
    window: Recipe = field(default_factory=lambda: replace(FEDADAM, deltas=50))
    augmentation: Augmentation | None = None


@dataclass(frozen=True)
class Config:
    """A run's settings. ``judge_every``: epochs or rounds from one judgement on unseen people to the next."""

    seed: int = 0
    lineage: str = "swipe-en"
    lexicon: str = "en-30k"
    threads: int = 2
    judge_every: int = 5
    judged_swipes: int = 2_000
    pretrain: PretrainingRecipe = field(default_factory=lambda: PretrainingRecipe(swipes=819_200))
    train: Train = field(default_factory=Train)
    simulate: Simulate = field(default_factory=Simulate)


def read_config(path: Path | None) -> Config:
    """Read a configuration; what it does not say keeps its default. FedswipeError names the key."""
    if path is None:
        return Config()
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FedswipeError(f"--config {path}: {error}") from error
    _refuse_unknown(table, Config, path, ())
    try:
        return TypeAdapter(Config).validate_python(merged(asdict(Config()), table))
    except ValidationError as error:
        first = error.errors()[0]
        raise FedswipeError(f"--config {path}: {_dotted(first['loc'])}: {first['msg']}") from error


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both tables, those of ``above`` counting where both say something."""
    both = dict(below)
    for name, value in above.items():
        inner = both.get(name)
        both[name] = merged(inner, value) if isinstance(value, dict) and isinstance(inner, dict) else value
    return both


def _refuse_unknown(table: dict[str, Any], kind: Any, path: Path, where: tuple[str, ...]) -> None:
    known = {one.name for one in fields(kind)}
    hints = get_type_hints(kind)
    for key, value in table.items():
        if key not in known:
            names = ", ".join(sorted(known))
            raise FedswipeError(f"--config {path}: {_dotted((*where, key))} is unknown; there are {names}")
        if isinstance(value, dict) and is_dataclass(inner := _plain(hints[key])):
            _refuse_unknown(value, inner, path, (*where, key))


def _plain(hint: Any) -> Any:
    """The class of an optional one."""
    options = [one for one in getattr(hint, "__args__", ()) if one is not type(None)]
    return options[0] if options else hint


def _dotted(keys: tuple[int | str, ...]) -> str:
    return ".".join(map(str, keys))
