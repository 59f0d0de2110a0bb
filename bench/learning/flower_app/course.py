"""The course of a race: base model, lexicon, and each round's clients, in files that both sides know."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fedswipe.learning.architecture import Architecture
from fedswipe.learning.weights import Weights, from_bytes, to_bytes
from fedswipe.swipe.layout import Layout, load_layout
from fedswipe.swipe.lexicon import Lexicon
from fedswipe.training.client_trainer import ClientSwipes
from fedswipe.training.local import LocalRecipe

PLACE = "FEDSWIPE_BENCH_COURSE"  # the environment variable that names the folder


@dataclass(frozen=True)
class Course:
    """A folder of these files, and what they say."""

    folder: Path
    model_id: str
    layout: str
    rounds: int
    clients: int
    recipe: LocalRecipe

    @classmethod
    def at(cls, folder: Path) -> "Course":
        """Read what `write` wrote."""
        told = json.loads((folder / "course.json").read_bytes())
        return cls(folder, **told | {"recipe": LocalRecipe(**told["recipe"])})

    def write(self, base: Weights, lexicon: Lexicon) -> None:
        """Write everything but the clients."""
        told: dict[str, Any] = asdict(self)
        del told["folder"]
        (self.folder / "course.json").write_text(json.dumps(told))
        (self.folder / "model-0.safetensors").write_bytes(to_bytes(base))
        words = np.array(lexicon.words)
        about = np.array([lexicon.language, lexicon.alphabet])
        np.savez(self.folder / "lexicon.npz", words=words, logs=lexicon.log_unigram, about=about)

    def lexicon(self) -> Lexicon:
        """The words, with their frequencies to the last bit."""
        with np.load(self.folder / "lexicon.npz") as file:
            language, alphabet = file["about"].tolist()
            return Lexicon(tuple(file["words"].tolist()), file["logs"], language, alphabet)

    def write_client(self, number: int, place: int, client: ClientSwipes) -> None:
        """Write the client that takes a place, 0 to clients - 1, in a round, 1 to rounds."""
        file = self.folder / f"client-{number}-{place}.npz"
        np.savez(file, features=client.features, words=np.array(client.words), seed=client.seed)

    def client(self, number: int, place: int) -> ClientSwipes:
        """The inverse of `write_client`."""
        with np.load(self.folder / f"client-{number}-{place}.npz") as file:
            return ClientSwipes(file["features"], file["words"].tolist(), int(file["seed"]))

    def write_round(self, number: int, tensors: Mapping[str, np.ndarray], seconds: float) -> None:
        """Keep the model that a round ended with, and how long the round took."""
        (self.folder / f"model-{number}.safetensors").write_bytes(to_bytes(self.shaped(tensors)))
        (self.folder / f"seconds-{number}.json").write_text(json.dumps(seconds))

    def shaped(self, tensors: Mapping[str, np.ndarray]) -> Weights:
        """A model's tensors in their own shapes: on their way a scalar may become a vector of one."""
        shapes = self.architecture.shapes
        return {name: np.asarray(tensors[name], np.float32).reshape(shape) for name, shape in shapes.items()}

    def models(self) -> Iterator[Weights]:
        """The models behind round 1, 2, ..."""
        for number in range(1, self.rounds + 1):
            yield from_bytes((self.folder / f"model-{number}.safetensors").read_bytes(), self.architecture)

    def seconds(self) -> list[float]:
        """How long the rounds took that are done."""
        files = [self.folder / f"seconds-{number}.json" for number in range(1, self.rounds + 1)]
        return [json.loads(file.read_bytes()) for file in files if file.exists()]

    @property
    def keyboard(self) -> Layout:
        """The lineage's layout."""
        return load_layout(self.layout)

    @property
    def architecture(self) -> Architecture:
        """The lineage's network."""
        return Architecture(self.keyboard)
