"""From an audit's explanation to what a page is told."""

from dataclasses import asdict
from typing import Any

from fedswipe.audit.explain import ExplainedDelta, Explanation
from services.ingest.operator.shapes import ModelDelta, ModelDetails, Object, Range, TakenBack


def details(found: Explanation, recipe: dict[str, Any]) -> ModelDetails:
    """Return all that is told of a version."""
    event = found.event
    (settled,) = event.ranges
    return ModelDetails(
        model_id=event.model_id,
        version=event.version,
        link_sha256=found.sha256,
        parent=event.parent,
        offset=found.offset,
        range=Range(**asdict(settled)),
        closed_by=str(event.closed_by),
        rollback_to=event.rollback_to,
        folded=event.folded,
        refused=event.refused,
        examples=event.examples,
        model=Object(**asdict(event.model)),
        recipe=recipe,
        deltas=[_delta(one) for one in found.deltas],
        taken_back=[TakenBack(**asdict(one)) for one in found.taken_back],
    )


def _delta(one: ExplainedDelta) -> ModelDelta:
    return ModelDelta(
        offset=one.offset,
        delta_id=one.delta_id,
        client_id=one.client,
        examples=one.examples,
        base_version=one.base_version,
        verdict=one.verdict,
        weight=one.weight,
        share=one.share,
        norm=one.norm,
        letter=one.letter,
    )
