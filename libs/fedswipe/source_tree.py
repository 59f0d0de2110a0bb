"""A checkout of FedSwipe, as far as a language is concerned: topology.py and three folders of data."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fedswipe.errors import FedswipeError
from fedswipe.events import ModelId
from fedswipe.topology import GLOBAL_MODELS, Lineage


@dataclass(frozen=True)
class Language:
    """What a lineage consists of: its line in the topology, and the contents of its files."""

    lineage: Lineage
    layout: str
    lexicon: str
    model: bytes


class SourceTree:
    """The checkout at `root`. FedswipeError when none is there."""

    def __init__(self, root: Path) -> None:
        self._package = root / "libs" / "fedswipe"
        self._topology = self._package / "topology.py"
        if not self._topology.is_file():
            raise FedswipeError(f"--source {root}: no checkout of FedSwipe; give the folder that holds libs/")

    def lineages(self) -> tuple[Lineage, ...]:
        """Return those of this tree, which the running package need not know yet."""
        return tuple(map(_lineage, _listed(self._topology.read_text("utf-8")).elts))

    def free_partition(self) -> int:
        """Return the lowest partition without a lineage. FedswipeError when each has one."""
        taken = {line.partition for line in self.lineages()}
        free = set(range(GLOBAL_MODELS.partitions)) - taken
        if not free:
            raise FedswipeError(
                f"{self._topology}: each of the {GLOBAL_MODELS.partitions} partitions has its lineage; "
                "more of them are a new version of the topics whose key is the model id"
            )
        return min(free)

    def check(self, lineage: Lineage, layout: str, lexicon: str) -> None:
        """Raise FedswipeError when a name is taken by something else."""
        for other in self.lineages():
            if other.model_id == lineage.model_id:
                raise FedswipeError(f"--model {lineage.model_id}: is there already; give another name")
            if other.layout == lineage.layout:
                raise FedswipeError(f"name: {other.model_id} learns {lineage.layout}; give another name")
        for file, content in self._texts(lineage, layout, lexicon):
            if file.exists() and file.read_text("utf-8") != content:
                raise FedswipeError(f"{file}: is there already, with other content; give another name")

    def add(self, language: Language) -> list[Path]:
        """Write the files, then the line in the topology that makes a lineage of them; return all of them."""
        line = language.lineage
        self.check(line, language.layout, language.lexicon)
        texts = list(self._texts(line, language.layout, language.lexicon))
        for file, content in texts:
            file.write_text(content, "utf-8")
        model = self._package / "learning" / "factory" / f"{line.model_id}.safetensors"
        model.write_bytes(language.model)
        self._topology.write_text(_with_line(self._topology.read_text("utf-8"), line), "utf-8")
        return [*(file for file, _ in texts), model, self._topology]

    def _texts(self, line: Lineage, layout: str, lexicon: str) -> Iterator[tuple[Path, str]]:
        yield self._package / "swipe" / "layouts" / f"{line.layout}.json", layout
        yield self._package / "swipe" / "lexicons" / f"{line.lexicon}.txt", lexicon


def _listed(source: str) -> ast.Tuple:
    """Return the expression LINEAGES of a topology's source."""
    for statement in ast.parse(source).body:
        match statement:
            case ast.Assign([ast.Name("LINEAGES")], ast.Tuple() as listed):
                return listed
    raise FedswipeError("topology.py: LINEAGES is not a tuple of lineages any more; add the language by hand")


def _lineage(listed: ast.expr) -> Lineage:
    match listed:
        case ast.Call(
            ast.Name("Lineage"),
            [
                ast.Call(args=[ast.Constant(str(model))]),
                ast.Constant(str(layout)),
                ast.Constant(str(lexicon)),
            ],
            [ast.keyword("partition", ast.Constant(int(partition)))],
        ):
            return Lineage(ModelId(model), layout, lexicon, partition)
    raise FedswipeError(f"topology.py: line {listed.lineno} is written unlike the other lineages; mend it")


def _with_line(source: str, line: Lineage) -> str:
    """Put a lineage behind the last one."""
    lines = source.splitlines(keepends=True)
    last = _listed(source).elts[-1].end_lineno
    assert last is not None  # noqa: S101  (what was parsed has lines)
    names = f'ModelId("{line.model_id}"), "{line.layout}", "{line.lexicon}"'
    lines.insert(last, f"    Lineage({names}, partition={line.partition}),\n")
    return "".join(lines)
