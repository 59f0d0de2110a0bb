"""Requests that follow ingest's OpenAPI document, and others: no server error, nothing undescribed."""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.specs.openapi import checks

from fedswipe.events import ModelId
from fedswipe.testing.event_log import InMemoryEventLog
from services.ingest.api import create_app
from services.ingest.handlers import Ingest
from services.ingest.settings import Settings

# Meaning is checked beyond what a schema can say, and a batch that is too large is a 413.
BEYOND_SCHEMAS = [checks.negative_data_rejection, checks.positive_data_acceptance]


@pytest.fixture
def document() -> Any:
    log = InMemoryEventLog()
    ingest = Ingest(log, log, lambda: {ModelId("swipe-en"): None}, 1.0)
    app = create_app(Settings(answer_seconds=1.0), ingest, lambda: {"kafka": "ok"})
    return schemathesis.openapi.from_asgi("/openapi.json", app)


@settings(
    max_examples=int(os.environ.get("FEDSWIPE_RUNS", "40")),
    deadline=None,
    derandomize="FEDSWIPE_RUNS" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_every_answer_is_one_that_the_document_describes(document: Any, data: st.DataObject) -> None:
    operations = [found.ok() for found in document.get_all_operations()]
    operation = data.draw(st.sampled_from([one for one in operations for _ in range(1 + 3 * bool(one.body))]))
    mode = data.draw(st.sampled_from(list(schemathesis.GenerationMode)))
    try:
        case = data.draw(operation.as_strategy(generation_mode=mode))
    except Unsatisfiable:
        return  # a request without parameters cannot be made wrong
    answer = case.call_and_validate(excluded_checks=BEYOND_SCHEMAS)
    assert answer.status_code < 500
