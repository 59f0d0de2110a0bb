"""Parts that someone else runs, at addresses from environment variables: nothing is started or stopped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fedswipe.local.addresses import KAFKA, S3, S3Address, kafka_from_env, s3_from_env
from fedswipe.local.errors import Unreachable
from fedswipe.local.parts import PartName, Place
from fedswipe.local.probes import kafka_answers, s3_answers

_SECONDS = 10.0


@dataclass(frozen=True)
class GivenKafka:
    """A cluster at the given bootstrap servers."""

    address: str
    how: str = "given"
    instance: None = None

    def wait_ready(self) -> None:
        """Ask it once."""
        if not kafka_answers(self.address, _SECONDS):
            raise Unreachable(f"{KAFKA}: no Kafka answers at {self.address}; start it or unset {KAFKA}")


@dataclass(frozen=True)
class GivenS3:
    """An S3 server at the given URL."""

    s3: S3Address
    how: str = "given"
    instance: None = None

    @property
    def address(self) -> str:
        """Return its URL."""
        return self.s3.url

    def wait_ready(self) -> None:
        """Ask it once."""
        if not s3_answers(self.s3, _SECONDS):
            raise Unreachable(
                f"{S3}: no S3 server takes these keys at {self.s3.url}; start it, correct them or unset {S3}"
            )


class Given:
    """The way of the environment variables."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._kafka, self._s3 = kafka_from_env(environ), s3_from_env(environ)

    def offers(self, part: PartName) -> bool:
        """Say whether the part's variable is set."""
        return (self._kafka if part == "kafka" else self._s3) is not None

    def fetch(self, parts: Sequence[PartName]) -> None:
        """Do nothing: it is all there."""

    def kafka(self, place: Place) -> GivenKafka:
        """Return the cluster of the variable."""
        if self._kafka is None:
            raise Unreachable(f"{KAFKA} is not set")
        return GivenKafka(self._kafka)

    def s3(self, place: Place) -> GivenS3:
        """Return the server of the variables."""
        if self._s3 is None:
            raise Unreachable(f"{S3} is not set")
        return GivenS3(self._s3)
