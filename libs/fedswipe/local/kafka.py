"""Apache Kafka as one child process: broker and controller (KRaft) on the loopback interface."""

from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

from fedswipe.local.leash import Leash
from fedswipe.local.ports import HOST, Ports
from fedswipe.local.probes import kafka_answers
from fedswipe.local.process import ManagedProcess, Program

CLUSTER_ID = "ZmVkc3dpcGUtbG9jYWw0MQ"  # any 16 bytes; one value lets kept data start again
# Kafka's own start scripts bring shells, tools and a log4j set-up that one process does not need. The simple
# compiler (C1) alone: half the CPU time of a start, and less even after 900,000 records.
_FORMAT_ONCE_AND_RUN = """
java=$1 jars=$2 config=$3 data=$4 cluster=$5; shift 5
test -f "$data/meta.properties" || "$java" "$@" -cp "$jars/*" \\
    kafka.tools.StorageTool format --ignore-formatted -t "$cluster" -c "$config" || exit 1
exec "$java" "$@" -Xms128m -Xmx512m -cp "$jars/*" kafka.Kafka "$config"
"""
# One broker: every internal topic has one replica and few partitions, groups form at once, the dead are
# noticed soon. Time stamps are the broker's, and consumer offsets outlive any developer's pause (10 years).
_SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
log.message.timestamp.type=LogAppendTime
offsets.retention.minutes=5256000
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.min.session.timeout.ms=1000
group.consumer.min.heartbeat.interval.ms=200
broker.heartbeat.interval.ms=200
broker.session.timeout.ms=6000
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
"""


class KafkaServer:
    """A starting or running broker; `process` stops, kills and restarts it on the same port and data."""

    how = "native"

    def __init__(
        self, java: str, jars: Path, folder: Path, ports: Ports, leash: Leash, options: Sequence[str] = ()
    ) -> None:
        port, controller_port = ports.take("kafka"), ports.take("kafka-controller")
        self.address = f"{HOST}:{port}"
        data, config = folder / "data" / "kafka", folder / "run" / "kafka.properties"
        data.mkdir(parents=True, exist_ok=True)
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(_SETTINGS.format(host=HOST, port=port, controller_port=controller_port, data=data))
        with as_file(files("fedswipe.local") / "log4j2.properties") as log_config:
            jvm = ("-XX:TieredStopAtLevel=1", f"-Dlog4j2.configurationFile={log_config}", *options)
        arguments = (java, str(jars), str(config), str(data), CLUSTER_ID, *jvm)
        self.process = ManagedProcess(
            Program(
                name="Kafka",
                command=("/bin/sh", "-c", _FORMAT_ONCE_AND_RUN, "kafka", *arguments),
                log=folder / "logs" / "kafka.log",
                ready=lambda: kafka_answers(self.address),
            ),
            leash,
        )

    def wait_ready(self) -> None:
        """Return once the broker takes records; StartFailed when it ends before, or takes too long."""
        self.process.wait_ready()
