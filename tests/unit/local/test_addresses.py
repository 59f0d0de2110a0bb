import pytest

from fedswipe.local.addresses import Addresses, S3Address, kafka_from_env, s3_from_env
from fedswipe.local.errors import StackError
from fedswipe.local.given import Given

ADDRESSES = Addresses("one:9092,two:9092", S3Address("https://store:9000", "access", "secret", "eu-west-1"))


def test_addresses_survive_the_environment() -> None:
    assert Addresses.from_env(ADDRESSES.environ()) == ADDRESSES


def test_nothing_set_is_no_address() -> None:
    assert kafka_from_env({}) is None
    assert s3_from_env({}) is None


@pytest.mark.parametrize(
    "missing", ["FEDSWIPE_KAFKA", "FEDSWIPE_S3", "FEDSWIPE_S3_ACCESS_KEY", "FEDSWIPE_S3_SECRET_KEY"]
)
def test_a_missing_variable_is_named(missing: str) -> None:
    environ = ADDRESSES.environ()
    del environ[missing]
    with pytest.raises(StackError, match=missing):
        Addresses.from_env(environ)


def test_a_url_without_scheme_is_refused() -> None:
    with pytest.raises(StackError, match="FEDSWIPE_S3 is 'store:9000': write it as http"):
        s3_from_env({**ADDRESSES.environ(), "FEDSWIPE_S3": "store:9000"})


def test_a_secret_is_not_shown() -> None:
    assert "secret" not in repr(ADDRESSES)


def test_each_part_is_given_on_its_own() -> None:
    only_kafka = Given({"FEDSWIPE_KAFKA": "one:9092"})
    assert only_kafka.offers("kafka")
    assert not only_kafka.offers("s3")
