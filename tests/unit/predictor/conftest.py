from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from functools import cache

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from fedswipe.chain import Link
from fedswipe.events import ClosedBy, GlobalModelPublished, LinkRef, OffsetRange, Sha256, Version
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import to_bytes, with_search
from fedswipe.swipe.bigrams import Bigrams
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.swipe.search_weights import SearchWeights
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.topology import LINEAGES
from services.predictor.api import create_app
from services.predictor.bounded_pool import BoundedPool
from services.predictor.handlers import Predictor, Published
from services.predictor.readiness import Readiness
from services.predictor.requests import Keyboard

WORDS = ("the", "and", "you", "that", "this", "hello", "world", "swipe", "quick", "brown", "fox", "jumps")
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def decoder() -> Decoder:
    layout = load_layout(LINEAGES[0].layout)
    logs = -np.arange(1, 1 + len(WORDS), dtype=np.float32)
    # "world" follows "hello", and nothing else follows anything.
    follows = np.array([WORDS.index("hello") * len(WORDS) + WORDS.index("world")])
    bigrams = Bigrams(WORDS, follows, np.array([127], dtype=np.int8))
    return Decoder(Lexicon(WORDS, logs, "en", layout.alphabet), layout, bigrams=bigrams)


@pytest.fixture
def store() -> InMemoryModelStore:
    return InMemoryModelStore()


@pytest.fixture
def predictor(decoder: Decoder, store: InMemoryModelStore) -> Predictor:
    return Predictor(LINEAGES[0], decoder, store, now=lambda: NOON, instance="predictor-1")


@pytest.fixture(scope="session")
def architecture(decoder: Decoder) -> Architecture:
    return Architecture(decoder.layout)


@pytest.fixture(scope="session")
def random_model(architecture: Architecture) -> Callable[[int], bytes]:
    """The bytes of a model with random weights, other ones for each seed."""

    @cache
    def build(seed: int) -> bytes:
        random = np.random.default_rng(seed)
        weights = {
            name: random.normal(0, 0.2, shape).astype(np.float32)
            for name, shape in architecture.network_shapes.items()
        }
        return to_bytes(with_search(weights, SearchWeights(unigram=0.1, length=0.5, scale=0.3)))

    return build


@pytest.fixture
def published() -> dict[LinkRef, Published]:
    """All that `publish` has published."""
    return {}


@pytest.fixture
def find(published: dict[LinkRef, Published]) -> Callable[[LinkRef], Published]:
    """What the chain and the log know of a version."""
    return lambda ref: published[ref]


@pytest.fixture
def publish(
    store: InMemoryModelStore, published: dict[LinkRef, Published]
) -> Callable[[int, bytes], Published]:
    """Put a model into the store and return the head that points to it."""

    def put(version: int, data: bytes) -> Published:
        pointer = store.put("swipe-en/models", data)
        event = GlobalModelPublished(
            model_id=LINEAGES[0].model_id,
            version=Version(version),
            parent="",
            ranges=(OffsetRange(0, 0, 0),),
            model=pointer,
            optimizer=pointer,
            manifest=pointer,
            recipe=pointer,
            folded=0,
            refused=0,
            examples=0,
            closed_by=ClosedBy.FACTORY,
            rollback_to=None,
        )
        made = Published(Link(version, Sha256(f"{version:064x}"), version, 0, version - 1), event)
        published[made.ref] = made
        return made

    return put


@pytest.fixture
def loaded(
    predictor: Predictor, publish: Callable[[int, bytes], Published], random_model: Callable[[int], bytes]
) -> Published:
    """The version that `predictor` serves."""
    published = publish(4, random_model(4))
    predictor.reload_model(published)
    return published


@pytest.fixture
def pool() -> Iterator[BoundedPool]:
    pool = BoundedPool(threads=2, waiting=2)
    yield pool
    pool.close()


@pytest.fixture
def app(predictor: Predictor, pool: BoundedPool) -> FastAPI:
    ready = Readiness(predictor, caught_up=lambda: True, store_state=lambda: "closed", predictions=str)
    return create_app(predictor, ready, pool, Keyboard("qwerty-en", 360.0, 216.0), note=lambda _: None)


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://predictor") as client:
        yield client
