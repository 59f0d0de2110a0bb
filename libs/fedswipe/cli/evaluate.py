"""``fedswipe evaluate``: how well and how fast a model reads the swipes of logged or simulated people."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import orjson
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from fedswipe.cli.known_lineage import known_lineage
from fedswipe.cli.model_uri import resolve_model
from fedswipe.datasets.how_we_swipe import is_unseen
from fedswipe.demo.crowd import logged_people, simulated_people
from fedswipe.errors import FedswipeError
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.evaluation import Accuracy, Model, accuracy, latency
from fedswipe.learning.weights import from_bytes, sha256
from fedswipe.swipe.bigrams import Bigrams, load_bigrams
from fedswipe.swipe.context import word_before
from fedswipe.swipe.layout import Layout, load_layout
from fedswipe.swipe.lexicon import Lexicon, load_lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.topology import LINEAGES

TIMED = 1000  # swipes read one by one for the latencies
THREADS = 2


def evaluate(
    *,
    swipes: Path | None,
    words: Path | None,
    model: str,
    unseen: bool,
    json_file: Path | None,
    lineage: str = LINEAGES[0].model_id,
    lexicon: str | None = None,
    context: bool = False,
) -> None:
    """Judge a lineage's model at its own search weights, on logged people, or without them on simulated ones.

    ``unseen`` keeps only the people who are never trained on. Without ``lexicon`` it is the lineage's. With
    ``context`` the search knows the word before each swipe, of its log's sentence.
    """
    console, line = Console(stderr=True), known_lineage(lineage, "--lineage")
    layout, lexicon = load_layout(line.layout), lexicon or line.lexicon
    bigrams = _bigrams(lexicon, swipes) if context else None
    with Progress(console=console) as bar:
        reading = bar.add_task("reading swipes", total=None)
        people = []
        for person in logged_people(swipes, line) if swipes else simulated_people(line, clients=0).unseen:
            bar.advance(reading)
            if person.swipes and (not swipes or is_unseen(person.id) or not unseen):
                people.append(person)
        labelled = [swipe for person in people for swipe in person.swipes]
        if not labelled:
            raise FedswipeError(f"{swipes}: nobody to judge; give logs of other people")
        with _blaming("--words", words) if words else _blaming("--lexicon", lexicon):
            known = _lexicon(lexicon, words, layout)
        decoder = Decoder(known.smoothed(), layout, bigrams=bigrams)
        data = resolve_model(model, line.model_id)
        architecture = Architecture(layout)
        with _blaming("--model", model):
            judged = Model(architecture, from_bytes(data, architecture), decoder)
        judging = bar.add_task("judging swipes", total=len(labelled))
        meant, gestures = [one.word for one in labelled], [one.gesture for one in labelled]
        before = [None if one.context is None else word_before(one.context) for one in labelled]
        found = accuracy(
            judged, meant, gestures, frozenset(known.words), THREADS,
            lambda done: bar.update(judging, completed=done), before if context else None,
        )  # fmt: skip
        timed = latency(judged, gestures[:: max(1, len(gestures) // TIMED)][:TIMED])
    figures = {
        **_percent(found),
        "lineage": line.model_id,
        "people": len(people),
        "context": context,
        **asdict(timed),
        "lexicon": {"name": lexicon, "words": len(known.words)},
        "model": {"uri": model, "sha256": sha256(data)},
    }
    if json_file is not None:
        json_file.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
    _print(figures)


def _bigrams(lexicon: str, swipes: Path | None) -> Bigrams:
    if swipes is None:
        raise FedswipeError("--context: simulated people write no sentences; give logs by --swipes")
    bigrams = load_bigrams(lexicon)
    if bigrams is None:
        raise FedswipeError(f"--context: there are no bigrams for {lexicon}; take en-30k, or leave it out")
    return bigrams


@contextmanager
def _blaming(option: str, value: object) -> Iterator[None]:
    """Turn what is wrong with an option's value into an error that names the option."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise FedswipeError(f"{option} {value}: {error}") from error


def _lexicon(name: str, words: Path | None, layout: Layout) -> Lexicon:
    known = load_lexicon(name)
    if words is None:
        return known
    return known.with_words(layout.spell(word.lower()) for word in words.read_text("utf-8").split())


def _percent(found: Accuracy) -> dict[str, float | int]:
    """Name the shares as the demonstration does: in percent, to two places."""
    shares = {"top1": found.top1, "top3": found.top3, "greedy": found.greedy, "coverage": found.coverage}
    return {name: round(100 * share, 2) for name, share in shares.items()} | {"swipes": found.swipes}


def _print(figures: dict[str, object]) -> None:
    table = Table(show_header=False)
    for name, value in figures.items():
        table.add_row(name, f"{value:.4f}" if isinstance(value, float) else str(value))
    Console().print(table)
