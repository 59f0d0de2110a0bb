import numpy as np
import pytest
import torch

from fedswipe.errors import InvalidMessage
from fedswipe.events import Sha256, Version
from fedswipe.learning.architecture import SEARCH_NAMES, Architecture
from fedswipe.learning.base_model import BaseModel
from fedswipe.learning.weights import with_search
from fedswipe.swipe.features import extract
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.swipe.typists import simulate_typists
from fedswipe.topology import Lineage
from fedswipe.training.client_trainer import ClientSwipes, Training
from fedswipe.training.local import LocalRecipe
from fedswipe.training.network import fresh_weights
from fedswipe.training.torch_trainer import Apparatus, TorchTrainer, device_named

LINE = Lineage("swipe-en", "qwerty-en", "en-10k", partition=0)  # type: ignore[arg-type]
LAYOUT = load_layout(LINE.layout)
ARCHITECTURE = Architecture(LAYOUT)
SEARCH = SearchWeights(0.25, 1.5, 1.0)


@pytest.fixture(scope="module")
def apparatus() -> Apparatus:
    return Apparatus.of(LINE)


@pytest.fixture(scope="module", params=[1, 3], ids=["plain", "stacked"])
def trainer(request: pytest.FixtureRequest, apparatus: Apparatus) -> TorchTrainer:
    return TorchTrainer({LINE.model_id: apparatus}, LocalRecipe(), threads=2, stack=request.param)


@pytest.fixture(scope="module")
def base() -> BaseModel:
    weights = with_search(fresh_weights(ARCHITECTURE, 0), SEARCH)
    return BaseModel(LINE, Version(1), Sha256("ab" * 32), weights)


@pytest.fixture(scope="module")
def clients() -> list[ClientSwipes]:
    typists = simulate_typists(LAYOUT, load_lexicon("en-10k"), people=5, swipes_each=5, seed=1)
    features = [extract(LAYOUT, typist.gestures) for typist in typists]
    return [ClientSwipes(features[n], typist.words, seed=n) for n, typist in enumerate(typists)]


def one(trainer: TorchTrainer, base: BaseModel, client: ClientSwipes) -> Training:
    (training,) = trainer.train(base, [client])
    assert isinstance(training, Training)
    return training


def test_the_same_client_base_and_seed_give_the_same_delta(
    trainer: TorchTrainer, base: BaseModel, clients: list[ClientSwipes]
) -> None:
    client = clients[0]
    seeds = (1, 1, 2)
    first, again, other = (
        one(trainer, base, ClientSwipes(client.features, client.words, seed)) for seed in seeds
    )
    assert first.delta.tobytes() == again.delta.tobytes()
    assert first.delta.shape == (ARCHITECTURE.size,)
    assert first.delta.dtype == np.float32
    assert first.loss_after < first.loss_before
    assert other.loss_after < other.loss_before


@pytest.mark.parametrize("stack", [1, 2], ids=["plain", "stacked"])
def test_spelling_is_learnt_as_much_as_the_recipe_says(
    apparatus: Apparatus, base: BaseModel, clients: list[ClientSwipes], stack: int
) -> None:
    little, much = (
        one(
            TorchTrainer({LINE.model_id: apparatus}, LocalRecipe(spelling=spelling), stack=stack),
            base,
            clients[0],
        )
        for spelling in (0.0, 10.0)
    )
    assert much.loss_after < little.loss_after


def test_words_are_searched_with_smoothed_frequencies(apparatus: Apparatus) -> None:
    plain = load_lexicon(LINE.lexicon)
    assert (apparatus.decoder.lexicon.log_unigram == plain.smoothed().log_unigram).all()


def test_later_versions_are_trained_from_in_shorter_steps(
    apparatus: Apparatus, base: BaseModel, clients: list[ClientSwipes]
) -> None:
    client = clients[0]
    falling = TorchTrainer({LINE.model_id: apparatus}, LocalRecipe(decay=10))
    shorter = TorchTrainer({LINE.model_id: apparatus}, LocalRecipe(learning_rate=LocalRecipe().rate / 2))
    later = BaseModel(LINE, Version(11), base.link, base.weights)
    unfallen = TorchTrainer({LINE.model_id: apparatus}, LocalRecipe())
    assert one(falling, base, client).delta.tobytes() == one(unfallen, base, client).delta.tobytes()
    assert one(falling, later, client).delta.tobytes() == one(shorter, later, client).delta.tobytes()


def test_each_client_gets_its_own_training_in_its_own_place(
    trainer: TorchTrainer, base: BaseModel, clients: list[ClientSwipes]
) -> None:
    shorter = ClientSwipes(clients[1].features[:3], clients[1].words[:3], 7)
    asked = [clients[0], shorter, *clients[2:]]
    together = list(trainer.train(base, asked))
    for client, found in zip(asked, together, strict=True):
        alone = one(trainer, base, client)
        assert isinstance(found, Training)
        assert found.loss_before == pytest.approx(alone.loss_before, rel=1e-4)
        assert np.linalg.norm(found.delta - alone.delta) < 0.01 * np.linalg.norm(alone.delta)


def test_the_searchs_weights_are_trained_on_what_the_base_model_finds(
    trainer: TorchTrainer, base: BaseModel, clients: list[ClientSwipes], apparatus: Apparatus
) -> None:
    features = clients[0].features
    network = trainer._network(apparatus, base)
    found = apparatus.decoder.decode_batch(network.log_probs(features), SEARCH, 2)
    words = [candidates[-1].word for candidates in found]  # never the first: the search weights must move
    delta = ARCHITECTURE.split(one(trainer, base, ClientSwipes(features, words, 1)).delta)
    assert any(float(delta[name]) != 0.0 for name in SEARCH_NAMES)


def test_the_searchs_weights_may_be_held(
    apparatus: Apparatus, base: BaseModel, clients: list[ClientSwipes]
) -> None:
    held = TorchTrainer({LINE.model_id: apparatus}, LocalRecipe(calibrates=False))
    found, fitted = (
        one(trainer, base, clients[0]).delta
        for trainer in (held, TorchTrainer({LINE.model_id: apparatus}, LocalRecipe()))
    )
    parts = ARCHITECTURE.split(found)
    assert [float(parts[name]) for name in SEARCH_NAMES] == [0.0] * len(SEARCH_NAMES)
    network = [name for name in parts if name not in SEARCH_NAMES]
    assert all((parts[name] == ARCHITECTURE.split(fitted)[name]).all() for name in network)


def test_a_client_whose_training_diverges_is_invalid_and_harms_no_other(
    trainer: TorchTrainer, base: BaseModel, clients: list[ClientSwipes]
) -> None:
    good, other = clients[0], clients[1]
    bad = ClientSwipes(np.full_like(other.features, 1e38), other.words, 1)
    first, second = trainer.train(base, [good, bad])
    assert isinstance(first, Training)
    assert isinstance(second, InvalidMessage)
    assert second.reason == "diverged"
    alone = one(trainer, base, good)
    assert np.linalg.norm(first.delta - alone.delta) < 0.01 * np.linalg.norm(alone.delta)


def test_a_gpu_is_never_required() -> None:
    assert device_named("cpu") == "cpu"
    if not torch.cuda.is_available():
        assert device_named("auto") == "cpu"
        with pytest.raises(ValueError, match="auto"):
            device_named("cuda")
