"""Small runs from end to end: pretraining, central training, a federation; each cut and taken up again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fedswipe.errors import FedswipeError
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.factory import factory_weights
from fedswipe.learning.recipe import Recipe
from fedswipe.learning.weights import Weights, search_weights, to_bytes, verify
from fedswipe.runs import pretrain as pretraining
from fedswipe.runs.config import Config, Simulate, Train
from fedswipe.runs.folder import RunFolder
from fedswipe.runs.judging import Judge
from fedswipe.runs.people import People, Swipes
from fedswipe.runs.pretrain import pretrain
from fedswipe.runs.simulate import simulate
from fedswipe.runs.tracking import Untracked
from fedswipe.runs.train import train
from fedswipe.swipe.bigrams import Bigrams
from fedswipe.swipe.gesture import LabelledGesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.typists import simulate_typists
from fedswipe.topology import LINEAGES
from fedswipe.training.central import CentralRecipe
from fedswipe.training.local import LocalRecipe
from fedswipe.training.pretraining import PretrainingRecipe

LAYOUT = load_layout("qwerty-en")
ENGLISH = Architecture(LAYOUT)
LEXICON = load_lexicon("en-10k")
BASE = factory_weights("swipe-en", ENGLISH)
WORDS = CentralRecipe(batch_size=16, words_from=0.5, candidates=3)


@pytest.fixture(scope="module")
def people() -> People:
    typists = simulate_typists(LAYOUT, LEXICON, people=8, swipes_each=12, seed=1)
    swipes = [Swipes(typist.words, typist.gestures) for typist in typists]
    clients = {typist.client_id: one for typist, one in zip(typists[:6], swipes[:6], strict=True)}
    return People(clients, swipes[6], swipes[7], frozenset(word for one in swipes for word in one.words))


@pytest.fixture(scope="module")
def judge(people: People) -> Judge:
    return Judge.of(LAYOUT, "en-10k", people, 1)


def folder(path: Path) -> RunFolder:
    return RunFolder(path, {}, Untracked())


class Cut(Exception):
    """Ends a run where a person would press Ctrl-C."""


def cut_after(number: int) -> Callable[[int, int, float], None]:
    def progress(done: int, total: int, loss: float) -> None:
        if done >= number:
            raise Cut

    return progress


def never(done: int, total: int, loss: float) -> None:
    assert 0 < done <= total
    assert np.isfinite(loss)


def test_a_factory_model_is_decided_by_its_seed_also_when_it_was_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedswipe.training.pretraining.CHUNK", 48)
    monkeypatch.setattr(pretraining, "SOME", 16)
    recipe = PretrainingRecipe(swipes=100, held_out=16, training=WORDS)

    def run(name: str, seed: int, progress: Callable[[int, int, float], None]) -> Weights:
        return pretrain(ENGLISH, LEXICON, recipe, seed, 2, folder(tmp_path / name), progress)

    whole, other = run("whole", 1, never), run("other", 2, never)
    with pytest.raises(Cut):
        run("cut", 1, cut_after(4))
    verify(whole, ENGLISH)
    assert search_weights(whole).length == recipe.length
    assert to_bytes(run("cut", 1, never)) == to_bytes(whole)
    assert to_bytes(other) != to_bytes(whole)


def test_central_training_goes_on_to_the_same_bytes(tmp_path: Path, people: People, judge: Judge) -> None:
    config = Config(judge_every=1, judged_swipes=4, train=Train(epochs=2, training=WORDS))
    whole = train(config, BASE, people, judge, folder(tmp_path / "whole"), never)
    with pytest.raises(Cut):
        train(config, BASE, people, judge, folder(tmp_path / "cut"), cut_after(1))
    again = folder(tmp_path / "cut")
    assert to_bytes(train(config, BASE, people, judge, again, never)) == to_bytes(whole)
    assert [set(one) for one in again.metrics] == [{"step", "loss", "top1", "top3", "greedy"}] * 2
    assert again.metrics[1]["step"] == 2


@pytest.mark.parametrize("codec", ["FP16", "TOPK"])
def test_a_federation_goes_on_to_the_same_bytes(
    tmp_path: Path, people: People, judge: Judge, codec: str
) -> None:
    told = Simulate(
        rounds=3,
        clients=4,
        fewest=2,
        stack=2,
        codec=codec,  # type: ignore[arg-type]
        local=LocalRecipe(candidates=3),
        window=Recipe(deltas=4, optimizer="fedavgm", momentum=0.5),
    )
    config = Config(judge_every=3, judged_swipes=4, simulate=told)

    def run(name: str, progress: Callable[[int, int, float], None]) -> Weights:
        return simulate(config, LINEAGES[0], BASE, people, judge, folder(tmp_path / name), progress)

    whole = run("whole", never)
    with pytest.raises(Cut):
        run("cut", cut_after(2))
    assert to_bytes(run("cut", never)) == to_bytes(whole)
    assert search_weights(whole) != search_weights(BASE)


def test_scaffold_runs_on_sgd_alone(tmp_path: Path, people: People, judge: Judge) -> None:
    sgd = LocalRecipe(optimizer="sgd", learning_rate=0.05, candidates=3)
    told = Simulate(rounds=2, clients=4, fewest=2, scaffold=True, local=sgd, window=Recipe(deltas=4))
    config = Config(judge_every=9, simulate=told)
    found = simulate(config, LINEAGES[0], BASE, people, judge, folder(tmp_path / "sgd"), never)
    assert to_bytes(found) != to_bytes(BASE)
    adam = Config(simulate=replace(told, local=LocalRecipe(optimizer="adam")))
    with pytest.raises(FedswipeError, match="SCAFFOLD corrects plain SGD"):
        simulate(adam, LINEAGES[0], BASE, people, judge, folder(tmp_path / "adam"), never)


def test_more_clients_than_people_are_refused(tmp_path: Path, people: People, judge: Judge) -> None:
    config = Config(simulate=replace(Simulate(), clients=7))
    with pytest.raises(FedswipeError, match=r"simulate.clients: 7 a round, 6 people are there"):
        simulate(config, LINEAGES[0], BASE, people, judge, folder(tmp_path), never)


def test_words_before_are_judged_with_where_the_logs_tell_them(people: People) -> None:
    plain_judge = Judge.of(LAYOUT, "en-30k", people, 1)
    put_in = load_lexicon("en-30k").with_words(people.words)
    assert (plain_judge.decoder.lexicon.log_unigram == put_in.smoothed().log_unigram).all()
    plain = plain_judge.whole(BASE)
    assert {"top1_context", "top3_context"}.isdisjoint(plain)
    labelled = [
        LabelledGesture(word, gesture, ("many", "of", word), place=2)
        for word, gesture in zip(people.unseen.words, people.unseen.gestures, strict=True)
    ]
    unseen = Swipes.of([*labelled, LabelledGesture("the", labelled[0].gesture)])
    assert unseen.before == ["of"] * len(labelled) + [None]
    assert Swipes.of(labelled).spread(3).before == ["of"] * 3
    known = plain_judge.decoder.lexicon
    after_of = [known.words.index("of") * len(known.words) + known.words.index(word) for word in unseen.words]
    keys = np.unique(after_of)
    bigrams = Bigrams(known.words, keys, np.full(len(keys), 127, np.int8))
    judge = replace(plain_judge, decoder=Decoder(known, LAYOUT, bigrams=bigrams), unseen=Swipes.of(labelled))
    told = judge.whole(BASE)
    assert {name: told[name] for name in plain} == plain, "they change no other figure"
    assert told["top1_context"] > told["top1"]
