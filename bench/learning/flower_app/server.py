"""Flower's server: its own FedAvg over all nodes, which notes when a round begins and ends."""

import os
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import Any

from flwr.app import Array, ArrayRecord, Context, Message
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg

from fedswipe.learning.weights import from_bytes
from flower_app.course import PLACE, Course

app = ServerApp()


class TimedFedAvg(FedAvg):
    """FedAvg that keeps every round's model and seconds."""

    def __init__(self, course: Course) -> None:
        count = course.clients
        super().__init__(
            fraction_train=1.0, fraction_evaluate=0.0, min_train_nodes=count, min_available_nodes=count
        )
        self._course = course
        self._start = monotonic()

    def configure_train(self, server_round: int, *given: Any) -> Iterable[Message]:
        """Note the start."""
        self._start = monotonic()
        return super().configure_train(server_round, *given)

    def aggregate_train(self, server_round: int, replies: Iterable[Message]) -> Any:
        """Note the end; a client that failed ends the race, since it would no longer be the same one."""
        replies = list(replies)
        failed = [reply.error for reply in replies if reply.has_error()]
        if failed or len(replies) != self._course.clients:
            raise RuntimeError(
                f"round {server_round}: {len(replies)} replies, {len(failed)} failed: {failed[:1]}"
            )
        arrays, metrics = super().aggregate_train(server_round, replies)
        seconds = monotonic() - self._start
        tensors = {name: array.numpy() for name, array in arrays.items()}
        self._course.write_round(server_round, tensors, seconds)
        return arrays, metrics


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Run all rounds."""
    course = Course.at(Path(os.environ[PLACE]))
    base = from_bytes((course.folder / "model-0.safetensors").read_bytes(), course.architecture)
    arrays = ArrayRecord({name: Array(tensor) for name, tensor in base.items()})
    TimedFedAvg(course).start(grid=grid, initial_arrays=arrays, num_rounds=course.rounds)
