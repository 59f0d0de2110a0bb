"""Flower's client: one client's training by a plain PyTorch loop, as the trainer does it."""

import os
from functools import cache
from pathlib import Path

import numpy as np
from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from fedswipe.errors import InvalidMessage
from fedswipe.events import Sha256, Version
from fedswipe.learning.base_model import BaseModel
from fedswipe.swipe.search import Decoder
from fedswipe.topology import lineage
from fedswipe.training.torch_trainer import Apparatus, TorchTrainer
from flower_app.course import PLACE, Course

MOST_EXAMPLES = 100  # of one client's weight, as in our recipe of a window

app = ClientApp()


@cache
def course() -> Course:
    """Read once a process."""
    return Course.at(Path(os.environ[PLACE]))


@cache
def trainer() -> TorchTrainer:
    """One client at a time: `train_client`, with the search for candidates and the search's weights."""
    decoder = Decoder(course().lexicon(), course().keyboard)
    lines = {course().model_id: Apparatus(course().architecture, decoder)}
    return TorchTrainer(lines, course().recipe, threads=1, stack=1)


@app.train()
def train(message: Message, context: Context) -> Message:
    """Train the client that takes this node's place in this round."""
    number = int(message.content["config"]["server-round"])
    swipes = course().client(number, int(context.node_config["partition-id"]))
    tensors = {name: array.numpy() for name, array in message.content["arrays"].items()}
    weights = course().shaped(tensors)
    base = BaseModel(lineage(course().model_id), Version(number), Sha256(f"{number:064}"), weights)
    (training,) = trainer().train(base, [swipes])
    if isinstance(training, InvalidMessage):
        raise training
    architecture = course().architecture
    trained = architecture.split(architecture.join(weights) + training.delta)
    metrics = MetricRecord({"num-examples": min(len(swipes.words), MOST_EXAMPLES)})
    arrays = ArrayRecord({name: Array(np.ascontiguousarray(tensor)) for name, tensor in trained.items()})
    return Message(content=RecordDict({"arrays": arrays, "metrics": metrics}), reply_to=message)
