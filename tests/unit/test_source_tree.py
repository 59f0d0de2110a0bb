"""A checkout takes another language: three files, and a line in the topology that all services read."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from fedswipe import topology
from fedswipe.errors import FedswipeError
from fedswipe.events import ModelId
from fedswipe.source_tree import Language, SourceTree
from fedswipe.topology import GLOBAL_MODELS, LINEAGES, Lineage

ENGLISH, RUSSIAN = LINEAGES[:2]
TOPOLOGY = '''"""Anything."""

LINEAGES = (  # a comment
    Lineage(ModelId("swipe-en"), "qwerty-en", "en-30k", partition=0),
    Lineage(ModelId("swipe-ru"), "jcuken-ru", "ru-30k", partition=1),
)

GROUPS = ()
'''
GERMAN = Language(Lineage(ModelId("swipe-de"), "qwertz-de", "de-30k", 2), "{}\n", "de abc\n", b"model")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    package = tmp_path / "libs" / "fedswipe"
    for folder in ("swipe/layouts", "swipe/lexicons", "learning/factory"):
        (package / folder).mkdir(parents=True)
    (package / "topology.py").write_text(TOPOLOGY)
    return tmp_path


def test_the_topologys_lineages_are_read_without_running_it(root: Path) -> None:
    shutil.copy(str(topology.__file__), root / "libs" / "fedswipe")
    assert SourceTree(root).lineages() == LINEAGES


def test_a_language_is_three_files_and_a_line(root: Path) -> None:
    tree = SourceTree(root)
    written = tree.add(GERMAN)
    assert tree.lineages() == (ENGLISH, RUSSIAN, GERMAN.lineage)
    package = root / "libs" / "fedswipe"
    assert written == [
        package / "swipe/layouts/qwertz-de.json",
        package / "swipe/lexicons/de-30k.txt",
        package / "learning/factory/swipe-de.safetensors",
        package / "topology.py",
    ]
    assert [file.read_bytes() for file in written[:3]] == [b"{}\n", b"de abc\n", b"model"]
    line = '    Lineage(ModelId("swipe-de"), "qwertz-de", "de-30k", partition=2),\n'
    assert written[3].read_text() == TOPOLOGY.replace("partition=1),\n", f"partition=1),\n{line}")


def test_each_language_gets_a_partition_of_its_own_until_none_is_left(root: Path) -> None:
    tree = SourceTree(root)
    taken = {ENGLISH.partition, RUSSIAN.partition}
    for number in range(GLOBAL_MODELS.partitions - len(taken)):
        partition = tree.free_partition()
        assert partition not in taken
        taken.add(partition)
        names = ModelId(f"swipe-{number}"), f"layout-{number}", f"words-{number}"
        tree.add(replace(GERMAN, lineage=Lineage(*names, partition)))
    with pytest.raises(FedswipeError, match="partitions has its lineage"):
        tree.free_partition()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model_id": ModelId("swipe-en")}, "--model swipe-en: is there already"),
        ({"layout": "qwerty-en"}, "name: swipe-en learns qwerty-en; give another name"),
    ],
)
def test_a_name_that_is_taken_is_refused_and_nothing_is_written(
    root: Path, changed: dict[str, str], message: str
) -> None:
    before = sorted(root.rglob("*"))
    with pytest.raises(FedswipeError, match=message):
        SourceTree(root).add(replace(GERMAN, lineage=replace(GERMAN.lineage, **changed)))
    assert sorted(root.rglob("*")) == before
    assert SourceTree(root).lineages() == (ENGLISH, RUSSIAN)


def test_words_of_another_language_are_not_overwritten_and_the_same_ones_are_shared(root: Path) -> None:
    file = root / "libs/fedswipe/swipe/lexicons/de-30k.txt"
    file.write_text("other words")
    with pytest.raises(FedswipeError, match=r"de-30k.txt: is there already, with other content"):
        SourceTree(root).add(GERMAN)
    file.write_text(GERMAN.lexicon)
    SourceTree(root).add(GERMAN)


def test_a_folder_without_a_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FedswipeError, match=r"--source .*no checkout of FedSwipe; give the folder"):
        SourceTree(tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("LINEAGES = make()\n", "LINEAGES is not a tuple of lineages any more"),
        ('LINEAGES = (\n    Lineage(name, "a", "b", partition=0),\n)\n', "line 2 is written unlike"),
    ],
)
def test_a_topology_that_was_written_otherwise_is_left_to_people(root: Path, line: str, message: str) -> None:
    (root / "libs/fedswipe/topology.py").write_text(line)
    with pytest.raises(FedswipeError, match=message):
        SourceTree(root).lineages()
