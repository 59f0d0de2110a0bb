"""The whole flow on one screen: which topics there are, what they hold, who writes and who reads them.

Topic creation, services, docs and tests read this; no topic is named anywhere else. Partition counts
never change: more partitions are a new topic version. Keys reach partitions by murmur2.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from fedswipe.events import (
    ClientForgotten,
    DeadLettered,
    DeltaComputed,
    Event,
    GlobalModelPublished,
    ModelId,
    PredictionServed,
    ServingChanged,
    SwipeRecorded,
    TrainingRequested,
)

E_co = TypeVar("E_co", bound=Event, covariant=True)
FOREVER = timedelta(0)  # neither deleted by age nor compacted


class Role(StrEnum):
    """Who takes part in the flow."""

    INGEST = "ingest"
    TRAINER = "trainer"
    AGGREGATOR = "aggregator"
    PREDICTOR = "predictor"
    OPERATOR = "operator"
    AUDIT = "audit"


class Key(StrEnum):
    """What a topic's records are partitioned by."""

    CLIENT = "client id"
    MODEL = "model id"
    FINGERPRINT = "schema fingerprint"
    SOURCE = "as the source"


@dataclass(frozen=True)
class Topic(Generic[E_co]):
    """A topic of events of one kind; `retention` counts from the broker's time stamp."""

    name: str
    event: type[E_co]
    key: Key
    partitions: int
    retention: timedelta
    producers: tuple[Role, ...]
    consumers: tuple[Role, ...]
    max_bytes: int = 1_000_000


@dataclass(frozen=True)
class SchemaTopic:
    """The compacted topic of Avro schemas: its values are the schemas' JSON, not events."""

    name: str
    key: Key = Key.FINGERPRINT
    partitions: int = 1
    producers: tuple[Role, ...] = tuple(role for role in Role if role is not Role.AUDIT)
    consumers: tuple[Role, ...] = tuple(Role)


@dataclass(frozen=True)
class Lineage:
    """One chain of global models: all its deltas and links lie in this partition of their topics."""

    model_id: ModelId
    layout: str
    lexicon: str
    partition: int


@dataclass(frozen=True)
class Group:
    """A consumer group: its first positions are committed when its topics are created."""

    name: str
    role: Role
    topics: tuple[Topic[Event], ...]


SWIPES = Topic(
    "fedswipe.swipes.v1", SwipeRecorded, Key.CLIENT, 8, timedelta(days=90),
    producers=(Role.INGEST, Role.OPERATOR), consumers=(Role.TRAINER, Role.INGEST, Role.AUDIT),
)  # fmt: skip
TRAIN_REQUESTS = Topic(
    "fedswipe.train-requests.v1", TrainingRequested, Key.CLIENT, SWIPES.partitions, timedelta(days=90),
    producers=(Role.INGEST, Role.OPERATOR), consumers=(Role.TRAINER,),
)  # fmt: skip
WEIGHT_DELTAS = Topic(
    "fedswipe.weight-deltas.v1", DeltaComputed, Key.MODEL, 4, timedelta(days=90),
    producers=(Role.TRAINER, Role.OPERATOR), consumers=(Role.AGGREGATOR, Role.INGEST, Role.AUDIT),
)  # fmt: skip
GLOBAL_MODELS = Topic(
    "fedswipe.global-models.v1", GlobalModelPublished, Key.MODEL, WEIGHT_DELTAS.partitions, FOREVER,
    producers=(Role.AGGREGATOR, Role.OPERATOR),
    consumers=(Role.PREDICTOR, Role.TRAINER, Role.INGEST, Role.AGGREGATOR, Role.AUDIT),
)  # fmt: skip
SERVINGS = Topic(
    "fedswipe.servings.v1", ServingChanged, Key.MODEL, GLOBAL_MODELS.partitions, FOREVER,
    producers=(Role.OPERATOR,), consumers=(Role.PREDICTOR, Role.INGEST, Role.AUDIT),
)  # fmt: skip
PREDICTIONS = Topic(
    "fedswipe.predictions.v1", PredictionServed, Key.CLIENT, SWIPES.partitions, timedelta(days=14),
    producers=(Role.PREDICTOR,), consumers=(Role.INGEST, Role.OPERATOR),
)  # fmt: skip
CLIENTS = Topic(  # one partition: a single offset says who was forgotten
    "fedswipe.clients.v1", ClientForgotten, Key.CLIENT, 1, FOREVER,
    producers=(Role.INGEST, Role.OPERATOR),
    consumers=(Role.TRAINER, Role.AGGREGATOR, Role.INGEST, Role.AUDIT),
)  # fmt: skip
SCHEMAS = SchemaTopic("fedswipe.schemas.v1")

LINEAGES = (  # `fedswipe language add` adds a line
    Lineage(ModelId("swipe-en"), "qwerty-en", "en-30k", partition=0),
    Lineage(ModelId("swipe-ru"), "jcuken-ru", "ru-30k", partition=1),
)

TRAINERS = Group("fedswipe.trainer", Role.TRAINER, (SWIPES, TRAIN_REQUESTS))
AGGREGATORS = {  # one a lineage: each finds a member of its own
    line.model_id: Group(f"fedswipe.aggregator.{line.model_id}", Role.AGGREGATOR, (WEIGHT_DELTAS,))
    for line in LINEAGES
}
GROUPS = (TRAINERS, *AGGREGATORS.values())
ONLOOKERS = (Role.INGEST, Role.AUDIT)  # they settle no record


def dead_letters(source: Topic[Event]) -> Topic[DeadLettered]:
    """Return the topic where a source's unusable records go, whole, each with its position and reason.

    The operator closes letters there; the trainer reads whether a retried swipe is one; ingest counts them.
    The audit holds them against what was settled. These two judge no record, and write no letter.
    """
    audited = (Role.AUDIT,) if Role.AUDIT in source.consumers else ()
    readers = (Role.OPERATOR, Role.INGEST, *((Role.TRAINER,) if source is SWIPES else ()), *audited)
    writers = tuple(role for role in source.consumers if role not in ONLOOKERS)
    return Topic(
        f"{source.name}.dlq", DeadLettered, Key.SOURCE, source.partitions, timedelta(days=90),
        producers=(*writers, Role.OPERATOR), consumers=readers, max_bytes=source.max_bytes + 100_000,
    )  # fmt: skip


SOURCES: tuple[Topic[Event], ...] = (SWIPES, TRAIN_REQUESTS, WEIGHT_DELTAS, GLOBAL_MODELS)
# What cannot be read here changes nothing and is counted: it needs no letter.
WITHOUT_LETTERS: tuple[Topic[Event], ...] = (GLOBAL_MODELS, SERVINGS, PREDICTIONS, CLIENTS)
TOPICS: tuple[Topic[Event], ...] = (
    *SOURCES, SERVINGS, PREDICTIONS, CLIENTS, *(dead_letters(s) for s in SOURCES if s not in WITHOUT_LETTERS)
)  # fmt: skip


def lineage_of_layout(layout: str) -> Lineage | None:
    """Return the lineage that learns this keyboard layout, or None when none does."""
    return next((line for line in LINEAGES if line.layout == layout), None)


def lineage(model_id: str) -> Lineage:
    """Return the lineage of this model id; KeyError names those there are."""
    for line in LINEAGES:
        if line.model_id == model_id:
            return line
    raise KeyError(f"{model_id}: unknown model; there are {', '.join(x.model_id for x in LINEAGES)}")
