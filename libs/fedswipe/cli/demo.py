"""`fedswipe demo`: brings the stack up, runs the main job, reports, and leaves the stack up."""

import os
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from fedswipe.cli import stack
from fedswipe.cli.prepare import bucket_name, prepare, services
from fedswipe.demo.crowd import Crowd, real_people, simulated_people
from fedswipe.demo.gateway import Gateway
from fedswipe.demo.lineage_watch import LineageWatch
from fedswipe.demo.main_job import MainJob, Phase
from fedswipe.demo.report import Report
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.services import SERVICES
from fedswipe.local.state import State, default_folder
from fedswipe.swipe.lexicon import load_lexicon
from fedswipe.topology import LINEAGES, Lineage

CLIENTS_A_ROUND = 34  # a little more than a window's deltas, so that every round fills one
PICTURE = Path("demo-report.png")


def demo(*, swipes: Path | None, clients: int, json_file: Path | None, folder: Path | None) -> None:
    """Run the whole loop and print what it did."""
    console, line, start = Console(), LINEAGES[0], time.monotonic()
    crowd = _crowd(console, swipes, line, clients)
    stack.up(prepare, services(), folder=folder)
    state = State.load(folder or default_folder(os.environ))
    urls = {part.name: part.address for part in state.running}
    gateway = Gateway(urls["ingest"], urls["predictor"], line.layout)
    with LineageWatch(KafkaSettings(state.addresses.kafka), line) as watch, _bars(console) as bars:
        watch.wait_for(1, 60)
        outcome = MainJob(gateway, watch, crowd, CLIENTS_A_ROUND).run(_Shown(bars))
        key = watch.event(outcome.served.version).model.key
    gateway.close()
    report = Report(
        outcome,
        coverage=_coverage(crowd, line),
        kafka=_how(state, "kafka"),
        minio=_how(state, "s3"),
        model_uri=f"s3://{bucket_name(os.environ)}/{key}",
        total_seconds=time.monotonic() - start,
        services_peak_mb=_peak_mb(state),
    )
    console.print(report.table())
    report.draw(PICTURE)
    console.print(f"Accuracy per version: {PICTURE}", highlight=False)
    if json_file is not None:
        report.write_json(json_file)
        console.print(f"Figures: {json_file}", highlight=False)
    _what_next(console, urls)


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
        crowd = real_people(swipes, clients) if swipes else simulated_people(line, clients)
    console.print(
        f"Swipes of {crowd.source}: {len(crowd.clients)} clients send, {len(crowd.unseen)} are judged."
    )
    if swipes is None:
        console.print("With real people: make demo SWIPES=swipelogs.zip (How We Swipe, OSF project sj67f).")
    return crowd


def _coverage(crowd: Crowd, line: Lineage) -> float:
    words = set(load_lexicon(line.lexicon).words)
    judged = crowd.unseen_swipes
    return sum(swipe.word in words for swipe in judged) / len(judged)


def _how(state: State, name: str) -> str:
    return next(f"{part.how}, {part.address}" for part in state.running if part.name == name)


def _peak_mb(state: State) -> float:
    """Return the sum of the services' largest resident sizes in MB; 0 where there is no /proc to tell."""
    pids = [part.process.pid for part in state.running if part.name in SERVICES and part.process]
    files = [Path(f"/proc/{pid}/status") for pid in pids]
    lines = [line for file in files if file.exists() for line in file.read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


def _what_next(console: Console, urls: dict[str, str]) -> None:
    post = "curl -s -H 'Content-Type: application/json'"
    lines = (
        "The stack is still up. Try it:",
        f"  {post} -d @examples/swipe.json {urls['ingest']}/api/v1/swipes",
        f"  {post} -d @examples/predict.json {urls['predictor']}/api/v1/predict",
        "Take it down: make down",
    )
    console.print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)
