"""One real request to each kind of part: does it answer?"""

import socket
from http import HTTPStatus

import urllib3
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from minio import Minio
from minio.error import MinioException

from fedswipe.local.addresses import S3Address

SECONDS = 2.0  # for one request


def kafka_answers(bootstrap: str, seconds: float = SECONDS) -> bool:
    """Ask for metadata; True once a broker that takes records is in it."""
    if not any(_accepts(server) for server in bootstrap.split(",")):
        return False  # librdkafka would wait out its time on a refused connection
    admin = AdminClient(
        {"bootstrap.servers": bootstrap, "log_level": 0}
    )  # its log would go to our standard error
    try:
        return bool(admin.list_topics(timeout=seconds).brokers)
    except KafkaException:
        return False


def s3_answers(address: S3Address, seconds: float = SECONDS) -> bool:
    """Send a signed list-buckets; True when it is answered."""
    host, secure = address.url.partition("://")[2], address.url.startswith("https")
    with urllib3.PoolManager(timeout=seconds, retries=False) as http:
        client = Minio(
            host,
            address.access_key,
            address.secret_key,
            secure=secure,
            region=address.region,
            http_client=http,
        )
        try:
            client.list_buckets()
        except (MinioException, urllib3.exceptions.HTTPError):
            return False
    return True


def http_answers(url: str, seconds: float = SECONDS) -> bool:
    """Send a GET; True when the answer is 200."""
    with urllib3.PoolManager(timeout=seconds, retries=False) as http:
        try:
            return http.request("GET", url).status == HTTPStatus.OK
        except urllib3.exceptions.HTTPError:
            return False


def _accepts(server: str) -> bool:
    host, _, port = server.strip().rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=SECONDS):
            return True
    except OSError:
        return False
