"""The whole loop: Kafka, MinIO and the four services, each to be killed and started again."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from fedswipe import codec
from fedswipe.chain import Link
from fedswipe.cli.prepare import BUCKET, bucket_name, prepare, services, wiring
from fedswipe.demo.lineage_watch import LineageWatch
from fedswipe.events import SwipeRecorded
from fedswipe.kafka.admin import Admin
from fedswipe.kafka.log_range import read_range
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.local.instance import Instance
from fedswipe.local.leash import Leash
from fedswipe.local.ports import FreePorts
from fedswipe.local.services import service_url, start_service
from fedswipe.local.stack import Stack
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings
from fedswipe.testing.stacks import own_stack
from fedswipe.testing.until import until
from fedswipe.topology import SWIPES, TRAINERS, WEIGHT_DELTAS, Lineage

LOOK_SECONDS = 0.25  # between two looks at the log


class RunningLoop:
    """One lineage's loop on a stack of its own. `services` and `urls` are by the services' names."""

    def __init__(
        self,
        stack: Stack,
        lineage: Lineage,
        services: Mapping[str, Instance],
        urls: Mapping[str, str],
        watch: LineageWatch,
    ) -> None:
        self.stack = stack
        self.lineage = lineage
        self.services = services
        self.urls = urls
        self.watch = watch
        self.kafka = KafkaSettings(stack.kafka)
        bucket = {BUCKET: bucket_name(os.environ)}
        self.store = S3ModelStore(S3Settings.from_env(stack.addresses.environ() | bucket))

    @property
    def head(self) -> Link:
        """The newest accepted link; AssertionError before the first."""
        head = self.watch.head
        assert head is not None, "no model was published yet"
        return head

    @property
    def untrained(self) -> int:
        """How many records of the swipes the trainers have not settled."""
        admin = Admin(self.kafka)
        settled, ends = admin.committed(TRAINERS), admin.ends(SWIPES)
        return sum(end - settled.get((SWIPES.name, partition), 0) for partition, end in ends.items())

    @property
    def unfolded(self) -> int:
        """How many deltas lie behind the head's end."""
        partition, start = self.lineage.partition, self.head.end
        end = Admin(self.kafka).ends(WEIGHT_DELTAS)[partition]
        return sum(1 for _ in read_range(self.kafka, WEIGHT_DELTAS, partition, start, end))

    def recorded(self, client_id: str) -> list[SwipeRecorded]:
        """Return every record of this client among the swipes, a repeated one each time it was sent."""
        schemas = codec.PackagedSchemas()
        events = (
            codec.decode(SwipeRecorded, record.value, schemas)
            for partition, end in Admin(self.kafka).ends(SWIPES).items()
            for record in read_range(self.kafka, SWIPES, partition, 0, end)
        )
        return [event for event in events if event.client_id == client_id]

    def wait_settled(self, seconds: float) -> None:
        """Wait until every swipe is trained and every delta is folded: no sender may be at work."""
        until(lambda: self.untrained == 0, "every swipe is trained", seconds, LOOK_SECONDS)
        until(lambda: self.unfolded == 0, "every delta is folded", seconds, LOOK_SECONDS)

    def wait_served(self, seconds: float) -> dict[str, object]:
        """Wait until the predictor serves the head; return what it says of its model."""
        until(lambda: self._served()["link_sha256"] == self.head.sha256, "the head is served", seconds)
        return self._served()

    def ready(self, name: str) -> tuple[int, dict[str, str]]:
        """Ask a service's /ready: the status and each check's state."""
        answer = httpx.get(f"{self.urls[name]}/ready", timeout=10)
        return answer.status_code, answer.json()["checks"]

    def _served(self) -> dict[str, object]:
        answer = httpx.get(f"{self.urls['predictor']}/api/v1/model", timeout=10).raise_for_status()
        served: dict[str, object] = answer.json()
        return served


@contextmanager
def running_loop(
    folder: Path, lineage: Lineage, environ: Mapping[str, str], also: Sequence[Lineage] = ()
) -> Iterator[RunningLoop]:
    """Run it on free ports, with data and logs in `folder`; `environ` is added to the services' own.

    Each of `also` has a predictor beside the lineage's, named as by `predictor_of`. All are ready; nothing is
    left of it when the context closes.
    """
    ports = FreePorts()
    with own_stack(folder, ports) as stack, Leash() as leash:
        prepare(stack.addresses)
        wanted = services([line.model_id for line in (lineage, *also)])
        taken = {name: ports.take(name) for name in wanted}
        urls = {name: service_url(port) for name, port in taken.items()}
        processes = {
            name: start_service(
                name,
                taken[name],
                {**stack.addresses.environ(), **own, **wiring(urls).get(name, {}), **environ},
                folder / "logs" / f"{name}.log",
                leash,
            )
            for name, own in wanted.items()
        }
        for process in processes.values():
            process.wait_ready()
        with LineageWatch(KafkaSettings(stack.kafka), lineage) as watch:
            watch.wait_for(1, 60)
            yield RunningLoop(stack, lineage, processes, urls, watch)
