"""The loop in containers: how soon it is ready, and what each container needs in the demonstration.

    python bench/containers.py [--clients 340]

Memory is the largest of what the engine told once a second (without the page cache), CPU seconds of one core
from the start on. Needs an engine and the images (`make images`).
"""

import argparse
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from fedswipe.local.services import SERVICES
from fedswipe.testing.compose import Compose, compose_project

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("kafka", "minio", *SERVICES)
LOOK_AGAIN_SECONDS = 1.0


def main() -> None:
    """Bring a project up, run the demonstration in it, print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=340)
    clients: int = parser.parse_args().clients
    console, start = Console(), time.monotonic()
    with compose_project(ROOT, {}) as compose, TemporaryDirectory() as folder:
        ready = time.monotonic() - start
        Path(folder).chmod(0o777)  # the container's user is another one
        begin = time.monotonic()
        with watched(compose) as peaks:
            out = ("--volume", f"{folder}:/out")
            compose.run("run", "--rm", *out, "demo", "--clients", str(clients), "--json", "/out/report.json")
        table = Table("container", "peak memory, MB", "CPU, s")
        for part in PARTS:
            table.add_row(part, f"{peaks[part] / 1e6:.0f}", f"{cpu_seconds(compose, part):.0f}")
        console.print((Path(folder) / "report.json").read_text())
        console.print(table)
        console.print(f"ready after {ready:.1f} s; the demonstration took {time.monotonic() - begin:.0f} s")


@contextmanager
def watched(compose: Compose) -> Iterator[dict[str, int]]:
    """Yield each part's largest memory in bytes, kept up to date by a thread."""
    peaks: dict[str, int] = defaultdict(int)
    stopping = threading.Event()

    def watch() -> None:
        while not stopping.wait(LOOK_AGAIN_SECONDS):
            for part in PARTS:
                peaks[part] = max(peaks[part], memory(compose, part))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        stopping.set()
        thread.join()


def memory(compose: Compose, part: str) -> int:
    """Return what a part's container uses now, in bytes, without the page cache that can be given back."""
    used = stats(compose, part)["memory_stats"]
    cached = used.get("stats", {})
    return int(used["usage"]) - int(cached.get("total_inactive_file", cached.get("inactive_file", 0)))


def cpu_seconds(compose: Compose, part: str) -> float:
    """Return the CPU time of a part's container since its start."""
    return float(stats(compose, part)["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9


def stats(compose: Compose, part: str) -> dict[str, dict[str, dict[str, int]]]:
    """Ask the engine once."""
    (container,) = compose.containers(part)
    answer: dict[str, dict[str, dict[str, int]]] = container.stats(stream=False, one_shot=True)
    return answer


if __name__ == "__main__":
    main()
