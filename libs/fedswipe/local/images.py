"""What the containers of Kafka and MinIO run: pinned images, with the settings of the native ones."""

from fedswipe.local.addresses import S3Address
from fedswipe.local.broker_settings import CLUSTER_ID, COMPILER, HEAP, as_variables, broker_settings
from fedswipe.local.container import Contents
from fedswipe.local.minio import minio_variables
from fedswipe.local.parts import PartName
from fedswipe.local.ports import HOST
from fedswipe.local.probes import kafka_answers, s3_answers

IMAGES: dict[PartName, str] = {
    "kafka": "apache/kafka:4.1.0",
    "s3": "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z",
}
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - inside a container; outside, it is published on the loopback interface
_CONTROLLER_PORT = 9093  # seen inside the container alone


def kafka_contents(port: int) -> Contents:
    """Return a broker that clients find at `port` of the loopback interface."""
    data = "/var/lib/kafka/data"
    settings = broker_settings(
        bind=_EVERYWHERE, host=HOST, port=port, controller_port=_CONTROLLER_PORT, data=data
    )
    own = {"CLUSTER_ID": CLUSTER_ID, "KAFKA_HEAP_OPTS": HEAP, "KAFKA_JVM_PERFORMANCE_OPTS": COMPILER}
    return Contents(
        title="Kafka",
        image=IMAGES["kafka"],
        command=(),
        env=as_variables(settings) | own,
        port=port,
        data=data,
        ready=lambda: kafka_answers(f"{HOST}:{port}"),
    )


def minio_contents(s3: S3Address, port: int) -> Contents:
    """Return a MinIO that clients find at `s3`, which is `port` of the loopback interface."""
    data = "/data"
    return Contents(
        title="MinIO",
        image=IMAGES["s3"],
        command=("server", data, "--address", f":{port}"),
        env=minio_variables(s3.secret_key),
        port=port,
        data=data,
        ready=lambda: s3_answers(s3),
    )
