from collections.abc import Iterator

import numpy as np
import pytest
import torch

from fedswipe.errors import InvalidMessage
from fedswipe.events import Sha256, Version
from fedswipe.learning.architecture import SEARCH_NAMES, Architecture
from fedswipe.learning.local_training import LocalRecipe
from fedswipe.learning.network import ConvGRU, read_weights
from fedswipe.learning.weights import with_search
from fedswipe.swipe.features import extract
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.swipe.typists import simulate_typists
from fedswipe.topology import Lineage
from services.trainer.local_trainer import BaseModel
from services.trainer.torch_trainer import TorchTrainer, device_named

LINE = Lineage("swipe-en", "qwerty-en", "en-10k", partition=0)  # type: ignore[arg-type]
LAYOUT = load_layout(LINE.layout)
ARCHITECTURE = Architecture(LAYOUT)
SEARCH = SearchWeights(0.25, 1.5, 1.0)


@pytest.fixture(scope="module")
def trainer() -> Iterator[TorchTrainer]:
    before = torch.get_num_threads()
    yield TorchTrainer([LINE], LocalRecipe(), threads=1)
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def base() -> BaseModel:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        weights = with_search(read_weights(ConvGRU(ARCHITECTURE)), SEARCH)
    return BaseModel(LINE, Version(1), Sha256("ab" * 32), weights)


@pytest.fixture(scope="module")
def client() -> tuple[np.ndarray, tuple[str, ...]]:
    (typist,) = simulate_typists(LAYOUT, load_lexicon("en-10k"), people=1, swipes_each=8, seed=1)
    return extract(LAYOUT, typist.gestures), typist.words


def test_the_same_client_base_and_seed_give_the_same_delta(
    trainer: TorchTrainer, base: BaseModel, client: tuple[np.ndarray, tuple[str, ...]]
) -> None:
    first, again, other = (trainer.train(base, *client, seed) for seed in (1, 1, 2))
    assert first.delta.tobytes() == again.delta.tobytes() != other.delta.tobytes()
    assert first.delta.shape == (ARCHITECTURE.size,)
    assert first.delta.dtype == np.float32
    assert first.loss_after < first.loss_before


def test_the_searchs_weights_are_trained_on_what_the_base_model_finds(
    trainer: TorchTrainer, base: BaseModel, client: tuple[np.ndarray, tuple[str, ...]]
) -> None:
    features, _ = client
    apparatus = trainer._apparatus[LINE.model_id]
    found = apparatus.decoder.decode_batch(trainer._network(apparatus, base).log_probs(features), SEARCH, 2)
    words = [candidates[-1].word for candidates in found]  # never the first: the search weights must move
    delta = ARCHITECTURE.split(trainer.train(base, features, words, 1).delta)
    assert any(float(delta[name]) != 0.0 for name in SEARCH_NAMES)


def test_a_client_whose_training_diverges_is_invalid(
    trainer: TorchTrainer, base: BaseModel, client: tuple[np.ndarray, tuple[str, ...]]
) -> None:
    features, words = client
    with pytest.raises(InvalidMessage, match="diverged"):
        trainer.train(base, np.full_like(features, 1e38), words, 1)


def test_a_gpu_is_never_required() -> None:
    assert device_named("cpu") == "cpu"
    if not torch.cuda.is_available():
        assert device_named("auto") == "cpu"
        with pytest.raises(ValueError, match="auto"):
            device_named("cuda")
