"""The embedded stack: real Apache Kafka and real MinIO (or any addresses given) for tests, demos and `fedswipe up`."""

from fedswipe.local.addresses import Addresses, S3Address
from fedswipe.local.stack import NativeStack, native_stack

__all__ = ["Addresses", "NativeStack", "S3Address", "native_stack"]
