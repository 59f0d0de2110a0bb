"""Where Kafka and the object store are, as values and as environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fedswipe.environment import secret
from fedswipe.local.errors import StackError

KAFKA = "FEDSWIPE_KAFKA"
S3 = "FEDSWIPE_S3"
S3_ACCESS_KEY = "FEDSWIPE_S3_ACCESS_KEY"
S3_SECRET_KEY = "FEDSWIPE_S3_SECRET_KEY"  # noqa: S105 - a variable's name
S3_REGION = "FEDSWIPE_S3_REGION"
DEFAULT_REGION = "us-east-1"  # what S3 servers without regions answer to


@dataclass(frozen=True)
class S3Address:
    """An S3 server: `url` with http or https, host and port."""

    url: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = DEFAULT_REGION


@dataclass(frozen=True)
class Addresses:
    """`kafka` is a list of bootstrap servers (host:port, commas between)."""

    kafka: str
    s3: S3Address

    def environ(self) -> dict[str, str]:
        """Return the variables that say the same to another process."""
        return {
            KAFKA: self.kafka,
            S3: self.s3.url,
            S3_ACCESS_KEY: self.s3.access_key,
            S3_SECRET_KEY: self.s3.secret_key,
            S3_REGION: self.s3.region,
        }

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Addresses":
        """Read both addresses; StackError names the variable that is missing."""
        kafka, s3 = kafka_from_env(environ), s3_from_env(environ)
        if kafka is None or s3 is None:
            raise StackError(f"{S3 if kafka else KAFKA} is not set; `fedswipe up` starts a local stack")
        return cls(kafka, s3)


def kafka_from_env(environ: Mapping[str, str]) -> str | None:
    """Return the bootstrap servers, or None when the variable is not set."""
    return environ.get(KAFKA) or None


def s3_from_env(environ: Mapping[str, str]) -> S3Address | None:
    """Return the S3 server, or None when the variable is not set. StackError when its keys are missing."""
    url = environ.get(S3)
    if not url:
        return None
    if not url.startswith(("http://", "https://")):
        raise StackError(f"{S3} is {url!r}: write it as http://host:port or https://host:port")
    access_key, secret_key = environ.get(S3_ACCESS_KEY), secret(environ, S3_SECRET_KEY)
    if not access_key or not secret_key:
        variable = S3_SECRET_KEY if access_key else S3_ACCESS_KEY
        raise StackError(f"{S3} is set but {variable} is not: set it to the server's key")
    return S3Address(url, access_key, secret_key, environ.get(S3_REGION) or DEFAULT_REGION)
