"""What `fedswipe language add` does: a layout's file in, a lineage of the source tree out."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from fedswipe.cli.factory_model import factory_model
from fedswipe.errors import FedswipeError
from fedswipe.events import ModelId
from fedswipe.learning.weights import to_bytes
from fedswipe.source_tree import Language, SourceTree
from fedswipe.swipe.layout import Layout, parse_layout
from fedswipe.swipe.lexicon import Lexicon, build_lexicon, dump, left_out
from fedswipe.topology import Lineage
from fedswipe.training.pretraining import PretrainingRecipe

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
SHOWN = 8  # words that cannot be typed


def add(
    layout_file: Path,
    *,
    words: str,
    model: str | None,
    size: int,
    swipes: int | None,
    seed: int,
    source: Path,
) -> None:
    """Check the layout, build the lexicon, train the factory model, then write all of it into the tree."""
    console, tree = Console(stderr=True), SourceTree(source)
    text, layout = _layout(layout_file)
    lexicon = _lexicon(words, size, layout)
    name = model or f"swipe-{words}"
    if not NAME.fullmatch(name):
        raise FedswipeError(f"--model {name}: give small letters, digits and dashes, such as swipe-de")
    line = Lineage(ModelId(name), layout.name, _lexicon_name(words, size), tree.free_partition())
    tree.check(line, text, dump(lexicon))
    _tell(console, words, layout, lexicon)
    recipe = PretrainingRecipe() if swipes is None else replace(PretrainingRecipe(), swipes=swipes)
    weights = factory_model(layout, lexicon, recipe, seed, console)
    for file in tree.add(Language(line, text, dump(lexicon), to_bytes(weights))):
        console.print(str(file), highlight=False, soft_wrap=True)
    console.print(
        f"{name} learns {line.layout} in partition {line.partition}. Try it: make demo MODEL={name}",
        highlight=False,
        soft_wrap=True,
    )


def _layout(file: Path) -> tuple[str, Layout]:
    try:
        text = file.read_text("utf-8")
        return text, parse_layout(text)
    except (OSError, ValueError) as error:
        raise FedswipeError(f"{file}: {error}") from error


def _lexicon(words: str, size: int, layout: Layout) -> Lexicon:
    try:
        return build_lexicon(words, size, layout)
    except ImportError as error:
        raise FedswipeError("--words: wordfreq is missing; install the extra fedswipe[lexicon]") from error
    except ValueError as error:
        raise FedswipeError(f"--words {words}: {error}") from error


def _lexicon_name(words: str, size: int) -> str:
    return f"{words}-{size // 1000}k" if size % 1000 == 0 else f"{words}-{size}"


def _tell(console: Console, words: str, layout: Layout, lexicon: Lexicon) -> None:
    """Show what a missing key would be noticed by."""
    covered, missing = float(np.exp(lexicon.log_unigram).sum()), left_out(words, SHOWN, layout)
    console.print(f"{len(lexicon.words):,} words, {covered:.1%} of all running words.", highlight=False)
    if missing:
        console.print(f"No keys for {', '.join(missing)}: left out.", highlight=False)
