"""Requests that follow a service's OpenAPI document, and such that do not: no answer is a server error."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.specs.openapi import checks

from fedswipe.chain import Link
from fedswipe.events import ClosedBy, GlobalModelPublished, ModelId, OffsetRange, Sha256, Version
from fedswipe.learning.factory import factory_bytes
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.search import Decoder
from fedswipe.testing.event_log import InMemoryEventLog
from fedswipe.testing.modelstore import InMemoryModelStore
from fedswipe.topology import LINEAGES
from services.ingest import api as ingest_api
from services.ingest.forwarding import Predictors
from services.ingest.handlers import Ingest
from services.ingest.settings import Settings
from services.predictor import api as predictor_api
from services.predictor.bounded_pool import BoundedPool
from services.predictor.handlers import Predictor, Published
from services.predictor.readiness import Readiness
from services.predictor.requests import Keyboard

LINE = LINEAGES[0]
# Meaning is checked beyond what a schema can say, and a batch that is too large is a 413.
MEANING = (checks.negative_data_rejection, checks.positive_data_acceptance)
# Of refusals the predictor's document names just those of the framework.
REFUSALS = (checks.status_code_conformance, checks.content_type_conformance)
RANDOMLY = settings(
    max_examples=int(os.environ.get("FEDSWIPE_RUNS", "40")),
    deadline=None,
    derandomize="FEDSWIPE_RUNS" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def ingest() -> Any:
    log = InMemoryEventLog()
    handlers = Ingest(log, log, lambda: {ModelId("swipe-en"): None}, 1.0)
    words = httpx.MockTransport(lambda _: httpx.Response(200, json={}))
    predictors = Predictors({line.layout: "http://predictor" for line in LINEAGES}, words)
    app = ingest_api.create_app(
        Settings(answer_seconds=1.0), handlers, lambda: {"kafka": "ok"}, predictors=predictors
    )
    return schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.fixture
def predictor() -> Iterator[Any]:
    store, pool = InMemoryModelStore(), BoundedPool(threads=2, waiting=2)
    decoder = Decoder(load_lexicon("en-10k"), load_layout(LINE.layout))
    handlers = Predictor(LINE, decoder, store, now=lambda: datetime(2030, 1, 1, tzinfo=UTC), instance="one")
    handlers.reload_model(factory(store))
    ready = Readiness(handlers, caught_up=lambda: True, store_state=lambda: "closed", predictions=str)
    keyboard = Keyboard(LINE.layout, 360.0, 216.0)
    app = predictor_api.create_app(handlers, ready, pool, keyboard, note=lambda _: None)
    yield schemathesis.openapi.from_asgi("/openapi.json", app)
    pool.close()


def factory(store: InMemoryModelStore) -> Published:
    """Publish the factory model as version 1."""
    ref = store.put(f"{LINE.model_id}/models", factory_bytes(LINE.model_id))
    event = GlobalModelPublished(
        *(LINE.model_id, Version(1), "", (OffsetRange(LINE.partition, 0, 0),), ref, ref, ref, ref),
        *(0, 0, 0, ClosedBy.FACTORY, None),
    )
    return Published(Link(1, Sha256("1" * 64), offset=0, end=0, line=0), event)


@RANDOMLY
@given(data=st.data())
def test_every_answer_of_ingest_is_one_that_its_document_describes(ingest: Any, data: st.DataObject) -> None:
    call(ingest, data, MEANING)


@RANDOMLY
@given(data=st.data())
def test_no_request_to_the_predictor_is_a_server_error(predictor: Any, data: st.DataObject) -> None:
    call(predictor, data, MEANING + REFUSALS)


def call(document: Any, data: st.DataObject, excluded: tuple[Callable[..., Any], ...]) -> None:
    """Draw one request, mostly one with a body, right or wrong; send it and check the answer."""
    operations = [found.ok() for found in document.get_all_operations()]
    operation = data.draw(st.sampled_from([one for one in operations for _ in range(1 + 3 * bool(one.body))]))
    mode = data.draw(st.sampled_from(list(schemathesis.GenerationMode)))
    try:
        case = data.draw(operation.as_strategy(generation_mode=mode))
    except Unsatisfiable:
        return  # a request without parameters cannot be made wrong
    answer = case.call_and_validate(excluded_checks=list(excluded))
    assert answer.status_code < 500
