"""Local training: clients a second on two cores, of a plain PyTorch loop and of clients stacked.

    python bench/training --swipes swipelogs.zip
    python bench/training --profile            (simulated typists; where the stack spends its time)

The yardstick trains one client after another with PyTorch's own threads. Every way trains the same clients in
turn, `--repeats` times, and its least time counts. Beside other work only CPU times mean something, and the
yardstick's not even then: its threads spin while they wait for each other. The trainer's ways also look for
candidates and set the search's weights. The last column is the largest distance of a client's weights from
the yardstick's, relative to how far they moved.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from ways import Bench, alone, side_by_side, trainer

from fedswipe.datasets.how_we_swipe import is_unseen, read_people
from fedswipe.events import Sha256, Version
from fedswipe.learning.base_model import BaseModel
from fedswipe.learning.factory import factory_bytes
from fedswipe.learning.targets import is_trainable
from fedswipe.learning.weights import from_bytes
from fedswipe.swipe.features import extract
from fedswipe.swipe.gesture import LabelledGesture
from fedswipe.swipe.layout import load_layout
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.swipe.typists import simulate_typists
from fedswipe.topology import lineage
from fedswipe.training.client_trainer import ClientSwipes
from fedswipe.training.local import LocalRecipe
from fedswipe.training.stacked import train_stacked
from fedswipe.training.torch_trainer import Apparatus

MOST, SIMULATED = 200, 60  # swipes of a client: at most, and of a simulated one


def compare(bench: Bench, repeats: int, stacks: Sequence[int], threads: int) -> None:
    """Run every way in turn, as often as asked; print its least times."""
    clients = bench.clients()
    ways = {f"plain loop, {threads} torch threads (yardstick)": partial(alone, bench, clients, threads)}
    ways["plain loop, 1 torch thread"] = partial(alone, bench, clients)
    ways |= {f"stacks of {n}, 1 thread": side_by_side(bench, clients, n, 1) for n in stacks}
    ways["plain loop, 2 threads of 1"] = side_by_side(bench, clients, 1, 2)
    ways |= {f"stacks of {n}, 2 threads": side_by_side(bench, clients, n, 2) for n in stacks}
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
    print(f"\n{bench.recipe}")
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


def people(logs: Path | None, count: int) -> list[Sequence[LabelledGesture]]:
    """The swipes of so many people who may be trained on, eight or more of each."""
    if logs is None:
        typists = simulate_typists(load_layout("qwerty-en"), load_lexicon("en-10k"), count, SIMULATED, seed=0)
        return [list(map(LabelledGesture, typist.words, typist.gestures)) for typist in typists]
    found = (one.swipes[:MOST] for one in read_people(logs) if not is_unseen(one.id) and len(one.swipes) > 7)
    return list(islice(found, count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--swipes", type=Path, help="the logs of How We Swipe; simulated typists without it")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--stacks", type=int, nargs="*", default=[8, 16])
    parser.add_argument("--profile", action="store_true")
    options, threads = parser.parse_args(), torch.get_num_threads()
    line, swipes = lineage("swipe-en"), []
    apparatus = Apparatus.of(line)
    layout = apparatus.architecture.layout
    for number, person in enumerate(people(options.swipes, options.clients)):
        known = [one for one in person if is_trainable(layout, one.word)]
        features = extract(layout, [one.gesture for one in known])
        swipes.append(ClientSwipes(features, [one.word for one in known], number))
    weights = from_bytes(factory_bytes(line.model_id), apparatus.architecture)
    bench = Bench(apparatus, BaseModel(line, Version(1), Sha256("0" * 64), weights), swipes, LocalRecipe())
    print(f"{len(swipes)} clients with {sum(len(one.words) for one in swipes)} swipes")
    for candidates in (0, 8):
        told = replace(bench, recipe=LocalRecipe(candidates=candidates))
        if options.profile:
            profile(told, max(options.stacks))
        else:
            compare(told, options.repeats, options.stacks, threads)


if __name__ == "__main__":
    main()
