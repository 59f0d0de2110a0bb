"""`fedswipe demo`: runs the main job on a loop, reports, and leaves the loop up."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from fedswipe.cli.known_lineage import known_lineage
from fedswipe.cli.loop import Loop
from fedswipe.cli.prepare import bucket_name
from fedswipe.datasets.how_we_swipe import LAYOUT
from fedswipe.demo.crowd import Crowd, real_people, simulated_people
from fedswipe.demo.gateway import Gateway
from fedswipe.demo.lineage_watch import LineageWatch
from fedswipe.demo.main_job import MainJob, Phase
from fedswipe.demo.report import Report
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.topology import Lineage

CLIENTS_A_ROUND = 34  # a little more than a window's deltas, so that every round fills one


def demo(
    open_loop: Callable[[], Loop],
    *,
    model: str,
    swipes: Path | None,
    clients: int,
    json_file: Path | None,
    picture: Path,
) -> None:
    """Read the swipes, then run the main job on a loop and print what it did."""
    console, line, start = Console(), known_lineage(model), time.monotonic()
    crowd = _crowd(console, swipes, line, clients)
    loop = open_loop()
    gateway = Gateway(loop.ingest, loop.predictor, line.layout)
    with LineageWatch(KafkaSettings(loop.addresses.kafka), line) as watch, _bars(console) as bars:
        watch.wait_for(1, 60)
        outcome = MainJob(gateway, watch, crowd, CLIENTS_A_ROUND).run(_Shown(bars))
        key = watch.event(outcome.served.version).model.key
    gateway.close()
    report = Report(
        outcome,
        coverage=_coverage(crowd, line),
        kafka=loop.kafka,
        minio=loop.s3,
        model_uri=f"s3://{bucket_name(os.environ)}/{key}",
        total_seconds=time.monotonic() - start,
        services_peak_mb=loop.peak_mb,
    )
    console.print(report.table())
    report.draw(picture)
    console.print(f"Accuracy per version: {picture}", highlight=False)
    if json_file is not None:
        report.write_json(json_file)
        console.print(f"Figures: {json_file}", highlight=False)
    console.print(loop.goodbye, highlight=False, markup=False, soft_wrap=True)


class _Shown:
    """Progress bars of the main job's phases."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars

    def phase(self, title: str, total: int) -> Phase:
        """Begin a bar; the returned function moves it."""
        task = self._bars.add_task(title, total=total, note="")
        return lambda steps, note="": self._bars.update(task, advance=steps, note=note)


def _bars(console: Console) -> Bars:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Bars(*columns, TextColumn("{task.fields[note]}"), console=console)


def _crowd(console: Console, swipes: Path | None, line: Lineage, clients: int) -> Crowd:
    with console.status("Reading the swipes"):
        crowd = real_people(swipes, line, clients) if swipes else simulated_people(line, clients)
    console.print(
        f"Swipes of {crowd.source}: {len(crowd.clients)} clients send, {len(crowd.unseen)} are judged."
    )
    if swipes is None and line.layout == LAYOUT:
        console.print("With real people: make demo SWIPES=swipelogs.zip (How We Swipe, OSF project sj67f).")
    return crowd


def _coverage(crowd: Crowd, line: Lineage) -> float:
    words = set(load_lexicon(line.lexicon).words)
    judged = crowd.unseen_swipes
    return sum(swipe.word in words for swipe in judged) / len(judged)
