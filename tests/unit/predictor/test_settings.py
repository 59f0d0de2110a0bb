import pytest

from fedswipe.errors import FedswipeError
from services.predictor.settings import Settings

KEYS = {"FEDSWIPE_S3_ACCESS_KEY": "key", "FEDSWIPE_S3_SECRET_KEY": "secret"}


def test_the_environment_sets_every_part() -> None:
    settings = Settings.from_env(
        KEYS
        | {
            "FEDSWIPE_KAFKA": "broker:9",
            "FEDSWIPE_S3": "https://store",
            "FEDSWIPE_S3_BUCKET": "models",
            "HTTP_PORT": "8101",
            "PREDICTOR_THREADS": "4",
        }
    )
    assert settings.kafka.bootstrap == "broker:9"
    assert (settings.store().url, settings.store().bucket) == ("https://store", "models")
    assert (settings.http_port, settings.threads) == (8101, 4)
    assert Settings.from_env(KEYS).http_port == 8001


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PREDICTOR_THREADS", "0"), ("PREDICTOR_MODEL", "swipe-xx"), ("PREDICTOR_RETRY_CAP", "nan")],
)
def test_a_bad_value_is_named_with_its_variable(variable: str, value: str) -> None:
    with pytest.raises(FedswipeError, match=f"{variable}='{value}'"):
        Settings.from_env(KEYS | {variable: value})


def test_a_try_to_fetch_ends_before_a_stop_runs_out_of_time() -> None:
    settings = Settings.from_env(KEYS)
    assert settings.patience().total == 0
    assert settings.store().connect_timeout + settings.store().read_timeout < 6
