"""Apache Kafka as one child process: broker and controller (KRaft) on the loopback interface."""

from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

from fedswipe.local.broker_settings import CLUSTER_ID, COMPILER, HEAP, as_properties, broker_settings
from fedswipe.local.leash import Leash
from fedswipe.local.ports import HOST, Ports
from fedswipe.local.probes import kafka_answers
from fedswipe.local.process import ManagedProcess, Program

# Kafka's own start scripts bring shells, tools and a log4j set-up that one process does not need.
_FORMAT_ONCE_AND_RUN = """
java=$1 jars=$2 config=$3 data=$4 cluster=$5 heap=$6; shift 6
test -f "$data/meta.properties" || "$java" "$@" -cp "$jars/*" \\
    kafka.tools.StorageTool format --ignore-formatted -t "$cluster" -c "$config" || exit 1
exec "$java" "$@" $heap -cp "$jars/*" kafka.Kafka "$config"
"""


class KafkaServer:
    """A starting or running broker; `instance` stops, kills and restarts it on the same port and data."""

    how = "native"

    def __init__(
        self, java: str, jars: Path, folder: Path, ports: Ports, leash: Leash, options: Sequence[str] = ()
    ) -> None:
        port, controller_port = ports.take("kafka"), ports.take("kafka-controller")
        self.address = f"{HOST}:{port}"
        data, config = folder / "data" / "kafka", folder / "run" / "kafka.properties"
        data.mkdir(parents=True, exist_ok=True)
        config.parent.mkdir(parents=True, exist_ok=True)
        settings = broker_settings(
            bind=HOST, host=HOST, port=port, controller_port=controller_port, data=str(data)
        )
        config.write_text(as_properties(settings))
        with as_file(files("fedswipe.local") / "log4j2.properties") as log_config:
            jvm = (COMPILER, f"-Dlog4j2.configurationFile={log_config}", *options)
        arguments = (java, str(jars), str(config), str(data), CLUSTER_ID, HEAP, *jvm)
        self.instance = ManagedProcess(
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
        self.instance.wait_ready()
