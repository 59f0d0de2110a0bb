from ipaddress import ip_address

import pytest

from fedswipe.environment import settings_table
from fedswipe.errors import FedswipeError
from services.ingest.settings import Settings


def test_settings_come_from_the_environment() -> None:
    environ = {"FEDSWIPE_KAFKA": "broker:1", "HTTP_PORT": "81", "INGEST_CORS_ORIGINS": "http://a,http://b"}
    settings = Settings.from_env(environ)
    assert (settings.kafka.bootstrap, settings.http_port) == ("broker:1", 81)
    assert settings.cors_origins == ("http://a", "http://b")
    assert Settings.from_env({}).cors_origins == ()


def test_a_bad_value_is_named() -> None:
    with pytest.raises(FedswipeError, match="INGEST_GESTURE_LAYOUT='azerty': give one of qwerty-en"):
        Settings.from_env({"INGEST_GESTURE_LAYOUT": "azerty"})


def test_predictors_are_found_by_their_layouts() -> None:
    environ = {"INGEST_PREDICTORS": "swipe-en=http://p:1/, swipe-ru=https://q"}
    addresses = Settings.from_env(environ).predictor_addresses()
    assert addresses == {"qwerty-en": "http://p:1", "jcuken-ru": "https://q"}
    assert Settings.from_env({}).predictor_addresses() == {}


@pytest.mark.parametrize("entry", ["swipe-xx=http://p:1", "http://p:1", "swipe-en=p:1", "swipe-en"])
def test_a_bad_predictor_is_named(entry: str) -> None:
    with pytest.raises(FedswipeError, match=f"INGEST_PREDICTORS: '{entry}'; give model=http://host:port"):
        Settings.from_env({"INGEST_PREDICTORS": entry})


def test_peers_that_count_as_this_machine_are_addresses() -> None:
    assert Settings.from_env({"INGEST_OPERATORS": "10.0.0.1"}).operator_peers() == {ip_address("10.0.0.1")}
    with pytest.raises(FedswipeError, match="INGEST_OPERATORS: 'here'; give IP addresses or 'gateway'"):
        Settings.from_env({"INGEST_OPERATORS": "here"})


def test_the_docs_table_has_a_row_for_every_variable() -> None:
    assert "| `INGEST_MAX_SWIPES` | `500` | swipes a request |" in settings_table(Settings)
