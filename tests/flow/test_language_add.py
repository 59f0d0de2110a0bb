"""One layout file and one command: the services of the tree that it wrote know the language."""

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import fedswipe
import services
from fedswipe.cli import language_add
from fedswipe.errors import FedswipeError
from fedswipe.topology import LINEAGES
from fedswipe.training.pretraining import PretrainingRecipe

TINY: dict[str, Any] = {
    "name": "tiny-en",
    "alphabet": "adehinorst",
    "key_width": 0.2,
    "key_height": 0.4,
    "rows": [{"letters": "adehi", "x": 0.1, "y": 0.3}, {"letters": "norst", "x": 0.1, "y": 0.7}],
    "spelt": {"é": "e"},
}
# Run by a Python that imports the tree: what ingest takes, the aggregator folds, the predictor serves.
KNOWS = """
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.factory import factory_weights
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe_check import recorded
from fedswipe.topology import LINEAGES, AGGREGATORS
from services.predictor.settings import Settings, MODEL_IDS

line = LINEAGES[-1]
assert line.model_id == "swipe-tiny" and line.model_id in AGGREGATORS and line.model_id in MODEL_IDS
assert len({each.partition for each in LINEAGES}) == len(LINEAGES)
layout, lexicon = load_layout(line.layout), load_lexicon(line.lexicon)
swipe = recorded(
    client_id="c", swipe_id="s", layout=line.layout, word="thé", width=300, height=100, points=[[9, 9, 0]]
)
assert swipe.word == "the" and "the" in lexicon.words and len(lexicon.words) == 60
factory_weights(line.model_id, Architecture(layout))
print("known")
"""


@pytest.fixture
def layout_file(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.json"
    file.write_text(json.dumps(TINY), "utf-8")
    return file


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the sources that the tests import."""
    root = tmp_path / "tree"
    for package, folder in ((fedswipe, root / "libs" / "fedswipe"), (services, root / "services")):
        shutil.copytree(
            Path(str(package.__file__)).parent, folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    keep_two(root / "libs" / "fedswipe" / "topology.py")
    return root


def keep_two(topology: Path) -> None:
    """Leave the first two lineages: others than ours may have taken the rest of the partitions."""
    more = [f'ModelId("{line.model_id}")' for line in LINEAGES[2:]]
    lines = topology.read_text("utf-8").splitlines(keepends=True)
    topology.write_text("".join(line for line in lines if not any(name in line for name in more)), "utf-8")


def add(layout_file: Path, tree: Path, **changed: Any) -> None:
    options = {"words": "en", "model": "swipe-tiny", "size": 60, "swipes": 64, "seed": 1, "source": tree}
    language_add.add(layout_file, **{**options, **changed})


def test_services_of_the_tree_know_the_language(
    layout_file: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_add, "PretrainingRecipe", partial(PretrainingRecipe, held_out=64))
    add(layout_file, tree)
    environ = {**os.environ, "PYTHONPATH": f"{tree / 'libs'}:{tree}"}
    command = [sys.executable, "-P", "-c", KNOWS]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "known", done.stderr


def test_what_cannot_be_typed_is_told_before_the_training(
    layout_file: Path, tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_add, "factory_model", None)
    with pytest.raises(TypeError):
        add(layout_file, tree)
    told = capsys.readouterr().err
    assert "60 words, " in told
    assert "No keys for of, " in told


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": "swipe-en"}, "--model swipe-en: is there already"),
        ({"model": "Swipe!"}, "--model Swipe!: give small letters, digits and dashes"),
        ({"words": "xx"}, "--words xx: language: wordfreq has no words of 'xx'"),
        ({"size": 10**6}, "--words en: size: 1000000; en has"),
    ],
)
def test_a_wrong_option_is_named_before_the_training_and_nothing_is_written(
    layout_file: Path, tree: Path, changed: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_add, "factory_model", None)
    before = sorted(tree.rglob("*"))
    with pytest.raises(FedswipeError, match=message):
        add(layout_file, tree, **changed)
    assert sorted(tree.rglob("*")) == before


def test_a_wrong_layout_is_named_with_its_file(tree: Path, tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(TINY | {"alphabet": "adehinorstx"}))
    with pytest.raises(FedswipeError, match=r"bad\.json: rows: no key for 'x' of the alphabet"):
        add(file, tree)


def test_without_a_name_the_lineage_is_called_by_its_language(layout_file: Path, tree: Path) -> None:
    with pytest.raises(FedswipeError, match="--model swipe-en: is there already"):
        add(layout_file, tree, model=None)
