from fedswipe.local.addresses import S3Address
from fedswipe.local.broker_settings import as_properties, as_variables, broker_settings
from fedswipe.local.images import kafka_contents, minio_contents

SETTINGS = broker_settings(bind="127.0.0.1", host="127.0.0.1", port=9092, controller_port=9093, data="/data")


def test_a_setting_is_a_variable_as_the_image_reads_it() -> None:
    """The image turns _ into a dot, __ into _ and ___ into a dash."""
    assert as_variables({"log.dirs": "/data"}) == {"KAFKA_LOG_DIRS": "/data"}
    assert as_variables({"a.b-c_d": "1"}) == {"KAFKA_A_B___C__D": "1"}


def test_every_setting_is_in_the_file_and_among_the_variables() -> None:
    lines = dict(line.split("=", 1) for line in as_properties(SETTINGS).splitlines())
    assert lines == SETTINGS
    assert set(as_variables(SETTINGS).values()) == set(SETTINGS.values())


def test_a_container_differs_from_a_process_in_where_it_binds_and_keeps_its_data() -> None:
    inside = kafka_contents(9092).env
    same = {name for name, value in as_variables(SETTINGS).items() if inside[name] == value}
    assert as_variables(SETTINGS).keys() - same == {"KAFKA_LISTENERS", "KAFKA_LOG_DIRS"}
    assert inside["KAFKA_LISTENERS"] == "PLAINTEXT://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093"
    assert inside["KAFKA_ADVERTISED_LISTENERS"] == "PLAINTEXT://127.0.0.1:9092"
    assert inside["KAFKA_LOG_DIRS"] == kafka_contents(9092).data


def test_ports_are_published_on_the_loopback_interface_alone() -> None:
    s3 = S3Address("http://127.0.0.1:9000", "access", "secret")
    assert kafka_contents(19092).published == {"19092/tcp": ("127.0.0.1", 19092)}
    assert minio_contents(s3, 9000).published == {"9000/tcp": ("127.0.0.1", 9000)}
    assert minio_contents(s3, 9000).command[-1] == ":9000"
