"""Local training: clients a second on two cores, of a plain PyTorch loop and of clients stacked.

    python bench/training.py --swipes swipelogs.zip
    python bench/training.py --profile            (simulated typists; where the stack spends its time)

The yardstick trains one client after another with PyTorch's own threads. Every way trains the same clients in
turn, `--repeats` times, and its least time counts. CPU time a client says more than the clock's on a machine
with other work. The last column is the largest distance of a client's weights from the yardstick's, relative
to how far they moved.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from fedswipe.datasets.how_we_swipe import is_unseen, read_people
from fedswipe.errors import InvalidMessage
from fedswipe.events import Sha256, Version
from fedswipe.learning.architecture import SEARCH_NAMES
from fedswipe.learning.client_trainer import BaseModel, ClientSwipes
from fedswipe.learning.examples import Examples
from fedswipe.learning.factory import factory_bytes
from fedswipe.learning.inference import Network
from fedswipe.learning.local_training import Client, LocalRecipe, train_client
from fedswipe.learning.rivals import find_candidates
from fedswipe.learning.stacked_training import train_stacked
from fedswipe.learning.targets import is_trainable, target
from fedswipe.learning.torch_trainer import Apparatus, TorchTrainer
from fedswipe.learning.weights import from_bytes, search_weights
from fedswipe.swipe.features import extract
from fedswipe.swipe.gesture import LabelledGesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.typists import simulate_typists
from fedswipe.topology import lineage

MOST, SIMULATED = 200, 60  # swipes of a client: at most, and of a simulated one
Vectors = list[np.ndarray]  # one a client
Way = Callable[[], Vectors]


@dataclass(frozen=True, eq=False)
class Bench:
    """The clients, as the trainer gets them and as examples, and the model they train from."""

    apparatus: Apparatus
    base: BaseModel
    swipes: Sequence[ClientSwipes]
    recipe: LocalRecipe

    def clients(self) -> list[Client]:
        """What is trained on, with candidates where the recipe wants them."""
        network, search = (
            Network(self.apparatus.architecture, self.base.weights),
            search_weights(self.base.weights),
        )
        found = []
        for one in self.swipes:
            targets = [target(self.apparatus.architecture.layout, word) for word in one.words]
            candidates = None
            if self.recipe.candidates > 1:
                outputs = network.log_probs(one.features)
                most = self.recipe.candidates
                candidates = find_candidates(self.apparatus.decoder, outputs, one.words, search, most)
            found.append(Client(Examples.of(one.features, targets, candidates), one.seed))
        return found

    def vector(self, weights: dict[str, np.ndarray]) -> np.ndarray:
        """The network's weights, without the search's scalars: only the trainer moves those."""
        architecture = self.apparatus.architecture
        return architecture.join({**weights, **dict.fromkeys(SEARCH_NAMES, np.float32(0))})


def plain(bench: Bench, clients: Sequence[Client], threads: int) -> Way:
    """One client after another: what `train_client` does, and nothing else."""

    def run() -> Vectors:
        torch.set_num_threads(threads)
        architecture, base = bench.apparatus.architecture, bench.base.weights
        return [bench.vector(train_client(architecture, base, one, bench.recipe).weights) for one in clients]

    return run


def stacked(bench: Bench, clients: Sequence[Client], stack: int, threads: int) -> Way:
    """Stacks of clients with about equally many swipes, so many side by side."""

    def run() -> Vectors:
        torch.set_num_threads(1)
        order = sorted(range(len(clients)), key=lambda place: -len(clients[place].examples))
        stacks = [order[start : start + stack] for start in range(0, len(order), stack)]

        def train(places: Sequence[int]) -> Vectors:
            some = [clients[place] for place in places]
            results = train_stacked(bench.apparatus.architecture, bench.base.weights, some, bench.recipe)
            return [bench.vector(result.weights) for result in results]

        with ThreadPoolExecutor(threads) as pool:
            trained = [vector for vectors in pool.map(train, stacks) for vector in vectors]
        return [trained[row] for row in np.argsort([place for places in stacks for place in places])]

    return run


def trainer(bench: Bench, stack: int, threads: int) -> Way:
    """The service's own: it looks for the candidates and sets the search's weights as well."""
    line = bench.base.lineage
    made = TorchTrainer({line.model_id: bench.apparatus}, bench.recipe, threads, stack)

    def run() -> Vectors:
        torch.set_num_threads(1)
        architecture, flat = (
            bench.apparatus.architecture,
            bench.apparatus.architecture.join(bench.base.weights),
        )
        vectors = []
        for training in made.train(bench.base, bench.swipes):
            assert not isinstance(training, InvalidMessage), training
            vectors.append(bench.vector(architecture.split(flat + training.delta)))
        return vectors

    return run


def compare(bench: Bench, repeats: int, stacks: Sequence[int]) -> None:
    """Run every way in turn, as often as asked; print its least times."""
    clients = bench.clients()
    default = torch.get_num_threads()
    ways = {f"plain loop, {default} torch threads (the yardstick)": plain(bench, clients, default)}
    ways["plain loop, 1 torch thread"] = plain(bench, clients, 1)
    ways |= {f"stacks of {n}, 1 thread": stacked(bench, clients, n, 1) for n in stacks}
    ways |= {f"stacks of {n}, 2 threads": stacked(bench, clients, n, 2) for n in stacks}
    ways |= {f"trainer: stacks of {n}, 2 threads": trainer(bench, n, 2) for n in (1, *stacks)}
    clock, cpu = np.full((2, len(ways)), np.inf)
    results = [way() for way in ways.values()]  # warms up as well
    for _ in range(repeats):
        for number, way in enumerate(ways.values()):
            start, start_cpu = time.perf_counter(), time.process_time()
            way()
            clock[number] = min(clock[number], time.perf_counter() - start)
            cpu[number] = min(cpu[number], time.process_time() - start_cpu)
    base = bench.vector(bench.base.weights)
    print(f"\n{bench.recipe.candidates} candidates, {bench.recipe.optimizer}, {len(clients)} clients")
    print(f"{'':48} clients/s  ratio  CPU ms a client  ratio  differs by")
    for number, name in enumerate(ways):
        apart = max(
            float(np.linalg.norm(got - want) / np.linalg.norm(want - base))
            for got, want in zip(results[number], results[0], strict=True)
        )
        print(
            f"{name:48} {len(clients) / clock[number]:9.1f} {clock[0] / clock[number]:6.2f}"
            f" {1e3 * cpu[number] / len(clients):16.1f} {cpu[0] / cpu[number]:6.2f}  {apart:.1e}"
        )


def profile(bench: Bench, stack: int) -> None:
    """Print which of torch's operations one stack spends its time in."""
    from torch.profiler import ProfilerActivity
    from torch.profiler import profile as record

    torch.set_num_threads(1)
    run = partial(train_stacked, bench.apparatus.architecture, bench.base.weights, bench.clients()[:stack])
    run(bench.recipe)
    with record(activities=[ProfilerActivity.CPU]) as found:  # of this thread only
        run(bench.recipe)
    print(found.key_averages().table(sort_by="self_cpu_time_total", row_limit=30))


def people(logs: Path | None, count: int, seed: int) -> list[Sequence[LabelledGesture]]:
    """The swipes of so many people who may be trained on."""
    if logs is None:
        typists = simulate_typists(load_layout("qwerty-en"), load_lexicon("en-10k"), count, SIMULATED, seed)
        return [list(map(LabelledGesture, typist.words, typist.gestures)) for typist in typists]
    found = (one.swipes for one in read_people(logs) if not is_unseen(one.id) and len(one.swipes) >= 8)
    return [swipes[:MOST] for swipes, _ in zip(found, range(count), strict=False)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--swipes", type=Path, help="the logs of How We Swipe; simulated typists without it")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--stacks", type=int, nargs="*", default=[8, 16])
    parser.add_argument("--optimizer", choices=("sgd", "adam"), default=LocalRecipe.optimizer)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    line = lineage("swipe-en")
    apparatus = Apparatus.of(line)
    layout = apparatus.architecture.layout
    swipes = []
    for number, person in enumerate(people(options.swipes, options.clients, options.seed)):
        known = [one for one in person if is_trainable(layout, one.word)]
        features = extract(layout, [one.gesture for one in known])
        swipes.append(ClientSwipes(features, [one.word for one in known], options.seed + number))
    weights = from_bytes(factory_bytes(line.model_id), apparatus.architecture)
    base = BaseModel(line, Version(1), Sha256("0" * 64), weights)
    bench = Bench(apparatus, base, swipes, LocalRecipe(optimizer=options.optimizer))
    print(f"{len(swipes)} clients with {sum(len(one.words) for one in swipes)} swipes")
    for candidates in (0, 8):
        told = replace(bench, recipe=replace(bench.recipe, candidates=candidates))
        if options.profile:
            profile(told, max(options.stacks))
        else:
            compare(told, options.repeats, options.stacks)


if __name__ == "__main__":
    main()
