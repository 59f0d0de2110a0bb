"""Requests that follow the predictor's OpenAPI document, and such that do not: no server error."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.specs.openapi import checks

from services.predictor.api import create_app
from services.predictor.bounded_pool import BoundedPool
from services.predictor.handlers import Predictor, Published
from services.predictor.readiness import Readiness
from services.predictor.requests import Keyboard

# Meaning is checked beyond what a schema can say; of refusals the document names just those of the framework.
BEYOND_SCHEMAS = [
    *(checks.negative_data_rejection, checks.positive_data_acceptance),
    *(checks.status_code_conformance, checks.content_type_conformance),
]


@pytest.fixture
def document(
    predictor: Predictor, publish: Callable[[int, bytes], Published], random_model: Callable[[int], bytes]
) -> Iterator[Any]:
    predictor.reload_model(publish(4, random_model(4)))
    pool = BoundedPool(threads=2, waiting=2)
    ready = Readiness(predictor, caught_up=lambda: True, store_state=lambda: "closed", predictions=str)
    app = create_app(predictor, ready, pool, Keyboard("qwerty-en", 360.0, 216.0), note=lambda _: None)
    yield schemathesis.openapi.from_asgi("/openapi.json", app)
    pool.close()


@settings(
    max_examples=int(os.environ.get("FEDSWIPE_RUNS", "40")),
    deadline=None,
    derandomize="FEDSWIPE_RUNS" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_no_request_is_a_server_error(document: Any, data: st.DataObject) -> None:
    operations = [found.ok() for found in document.get_all_operations()]
    operation = data.draw(st.sampled_from([one for one in operations for _ in range(1 + 3 * bool(one.body))]))
    mode = data.draw(st.sampled_from(list(schemathesis.GenerationMode)))
    try:
        case = data.draw(operation.as_strategy(generation_mode=mode))
    except Unsatisfiable:
        return  # a request without parameters cannot be made wrong
    answer = case.call_and_validate(excluded_checks=BEYOND_SCHEMAS)
    assert answer.status_code < 500
