"""How fast an audit reads and folds deltas, beside a bare consumer of the same records in the same run.

Starts Kafka and MinIO, writes a lineage of deltas of the real size with the aggregator's own handlers, then
reads it in turns: by a consumer that looks at nothing, and by `audit.verify`. Prints a JSON line.
"""

import argparse
import cProfile
import json
import pstats
import statistics
import tempfile
import threading
import time
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from fedswipe import codec
from fedswipe.audit.finding import Outcome
from fedswipe.audit.report import Report
from fedswipe.audit.scope import Scope
from fedswipe.audit.topics import TopicEvidence
from fedswipe.audit.verify import verify
from fedswipe.cli.prepare import bucket_name, prepare
from fedswipe.events import ClientId, DeltaCodec, DeltaComputed, DeltaId, OffsetRange, Version
from fedswipe.kafka.log_range import read_messages
from fedswipe.kafka.producer import EventProducer
from fedswipe.kafka.settings import KafkaSettings
from fedswipe.learning.architecture import Architecture
from fedswipe.learning.delta import encode_delta
from fedswipe.learning.factory import factory_bytes
from fedswipe.learning.recipe import Recipe
from fedswipe.local.stack import native_stack
from fedswipe.modelstore.s3 import S3ModelStore, S3Settings
from fedswipe.swipe.layout import load_layout
from fedswipe.testing.lineage_log import InMemoryLineageLog, LineageLogClient
from fedswipe.topology import GLOBAL_MODELS, LINEAGES, WEIGHT_DELTAS
from services.aggregator.handlers import Aggregation
from services.aggregator.mailbox import Assigned
from services.aggregator.objects import Objects

LINE = LINEAGES[0]
ARCHITECTURE = Architecture(load_layout(LINE.layout))
LARGEST = 900_000  # bytes; a larger delta goes to the store, as the trainer has it
AT_ONCE = 64  # deltas on their way to the broker


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", type=int, default=20)
    parser.add_argument("--deltas", type=int, default=32, help="deltas a version")
    parser.add_argument("--codec", choices=list(DeltaCodec), default=DeltaCodec.FP16.value)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="say where the main thread spends its time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, native_stack(Path(folder)) as stack:
        prepare(stack.addresses)
        kafka, s3 = KafkaSettings(stack.kafka), stack.s3
        store = S3ModelStore(S3Settings(s3.access_key, s3.secret_key, s3.url, bucket_name({})))
        write(kafka, store, options.versions, options.deltas, DeltaCodec(options.codec))
        end = options.versions * options.deltas
        runs = [(bare(kafka, end), *audit(kafka, store, options.profile)) for _ in range(options.runs)]
    megabytes = runs[0][1].delta_bytes / 1e6
    read = [megabytes / seconds for seconds, _, _ in runs]
    proven = [megabytes / report.seconds for _, report, _ in runs]
    busy = [megabytes / seconds for _, _, seconds in runs]
    print(
        json.dumps(
            {
                "codec": options.codec,
                "versions": options.versions,
                "deltas": end,
                "megabytes": round(megabytes),
                "bare_mb_s": [round(one) for one in read],
                "audit_mb_s": [round(one) for one in proven],
                "audit_mb_per_cpu_s": [
                    round(one) for one in busy
                ],  # what others on the machine do not change
                # the bare consumer reads references alone where deltas lie in the store
                "ratio": round(statistics.median(proven) / statistics.median(read), 2)
                if options.codec == DeltaCodec.FP16
                else None,
            }
        )
    )


def bare(kafka: KafkaSettings, end: int) -> float:
    """Return the seconds that reading the deltas and nothing more takes."""
    began = time.perf_counter()
    read = sum(len(m) for m in read_messages(kafka, WEIGHT_DELTAS.name, LINE.partition, 0, end))
    assert read > 0
    return time.perf_counter() - began


def audit(kafka: KafkaSettings, store: S3ModelStore, profile: bool) -> tuple[Report, float]:
    """Prove the lineage; return the CPU seconds that it took too."""
    began = time.process_time()
    with cProfile.Profile() if profile else nullcontext() as profiled:
        report = verify(LINE, ARCHITECTURE, TopicEvidence(kafka), store, Scope())
    if profiled is not None:
        pstats.Stats(profiled).sort_stats("tottime").print_stats(15)
    assert report.outcome is Outcome.PROVEN, report.findings.kept[:3]
    return report, time.process_time() - began


def write(kafka: KafkaSettings, store: S3ModelStore, versions: int, deltas: int, kind: DeltaCodec) -> None:
    """Write a lineage: its deltas, and the links that the aggregator's handlers make of them."""
    recipe = Recipe(deltas=deltas)
    log = InMemoryLineageLog(LINE)
    client = LineageLogClient(log, lambda _: 0, lambda _: None)
    objects = Objects(store, LINE, ARCHITECTURE, recipe, lambda: factory_bytes(LINE.model_id))
    aggregation = Aggregation(
        *(client.chain, objects, client, store, codec.PackagedSchemas(), recipe),
        *(SimpleNamespace(now=lambda: 0.0), threading.Event()),
    )
    aggregation.handle(Assigned(0))
    random = np.random.default_rng(0)
    with EventProducer(kafka) as producer:
        for version in range(1, versions + 1):
            head = client.chain.links[-1]
            sent = []
            for number in range(deltas):
                flat = random.standard_normal(ARCHITECTURE.size, np.float32) * np.float32(0.01)
                payload = encode_delta(flat, kind, ARCHITECTURE.sizes)
                fits = len(payload) <= LARGEST
                value = codec.encode(
                    DeltaComputed(
                        *(DeltaId(f"{version}-{number}"), LINE.model_id, Version(head.version), head.sha256),
                        *(ClientId("client"), OffsetRange(0, 0, 1), (), 5, 1.0, 0.5, kind),
                        *((payload, None) if fits else (None, store.put(f"{LINE.model_id}/deltas", payload))),
                    )
                )
                log.write_delta(value)
                sent.append(
                    producer.send_bytes(
                        WEIGHT_DELTAS.name, value, key=LINE.model_id, partition=LINE.partition
                    )
                )
                if len(sent) >= AT_ONCE:
                    sent.pop(0).result()
            for one in sent:
                one.result()
            aggregation.fold_deltas(log.read(head.end, deltas))
            log.deltas = [(fate, None) for fate, _ in log.deltas]  # type: ignore[misc]  # written: let go
        links = [
            producer.send_bytes(GLOBAL_MODELS.name, value, key=LINE.model_id, partition=LINE.partition)
            for value in log.links
        ]
        assert [one.result() for one in links] == list(range(versions + 1))


if __name__ == "__main__":
    main()
