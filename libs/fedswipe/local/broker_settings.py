"""The broker's settings, one table for every way to run it."""

from collections.abc import Mapping

CLUSTER_ID = "ZmVkc3dpcGUtbG9jYWw0MQ"  # any 16 bytes; one value lets kept data start again
# The simple compiler (C1) alone: half the CPU time of a start, and less even after 900,000 records.
COMPILER = "-XX:TieredStopAtLevel=1"
HEAP = "-Xms128m -Xmx512m"
# One broker: every internal topic has one replica and few partitions, groups form at once, the dead are
# noticed soon. Time stamps are the broker's, and consumer offsets outlive any developer's pause (10 years).
_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    "log.message.timestamp.type": "LogAppendTime",
    "offsets.retention.minutes": "5256000",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "group.consumer.min.session.timeout.ms": "1000",
    "group.consumer.min.heartbeat.interval.ms": "200",
    "broker.heartbeat.interval.ms": "200",
    "broker.session.timeout.ms": "6000",
    "log.cleaner.dedupe.buffer.size": "16777216",
    "num.network.threads": "2",
    "num.io.threads": "4",
}


def broker_settings(*, bind: str, host: str, port: int, controller_port: int, data: str) -> Mapping[str, str]:
    """Return the table for a broker that listens on `bind` and tells its clients to come to `host`."""
    return _SETTINGS | {
        "listeners": f"PLAINTEXT://{bind}:{port},CONTROLLER://{host}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{host}:{port}",
        "controller.quorum.voters": f"1@{host}:{controller_port}",
        "log.dirs": data,
    }


def as_properties(settings: Mapping[str, str]) -> str:
    """Return the settings as Kafka's configuration file has them."""
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def as_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the settings as the image apache/kafka takes them: a.b-c_d is KAFKA_A_B___C__D."""
    return {_variable(name): value for name, value in settings.items()}


def _variable(name: str) -> str:
    return "KAFKA_" + name.replace("_", "__").replace("-", "___").replace(".", "_").upper()
