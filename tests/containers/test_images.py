"""What an image holds, and what it does not: run once each, without Kafka or a store."""

from collections.abc import Iterator

import docker
import pytest
from docker.models.images import Image

IMAGES = ("ingest", "trainer", "aggregator", "predictor", "demo")
SERVICES = IMAGES[:4]
SECONDS = 60.0
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
# Prints every module of these that can be imported.
FOUND = "import importlib.util as u, sys; print(*(m for m in sys.argv[1:] if u.find_spec(m)))"
COMPILED = """
from fedswipe.warm_up import warm_up
warm_up()
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


def image_of(engine: docker.DockerClient, name: str, tag: str) -> Image:
    return engine.images.get(f"fedswipe-{name}:{tag}")


def run(engine: docker.DockerClient, name: str, tag: str, *command: str, **options: object) -> str:
    """Run a command in place of the image's own, as compose does: on a read-only root, without rights."""
    output: bytes = engine.containers.run(
        f"fedswipe-{name}:{tag}",
        list(command),
        entrypoint="",
        remove=True,
        read_only=True,
        tmpfs={"/tmp": ""},  # noqa: S108  (a container's)
        cap_drop=["ALL"],
        network_mode="none",
        stderr=True,
        **options,
    )
    return output.decode()


@pytest.mark.parametrize("name", IMAGES)
def test_it_runs_as_nobody_in_particular_and_says_what_it_is(
    engine: docker.DockerClient, name: str, tag: str
) -> None:
    config = image_of(engine, name, tag).attrs["Config"]
    assert config["User"] == "10001"
    labels = config["Labels"]
    assert labels["org.opencontainers.image.title"] == "FedSwipe"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


@pytest.mark.parametrize("name", SERVICES)
def test_it_is_started_without_a_shell_and_asks_itself_whether_it_is_ready(
    engine: docker.DockerClient, name: str, tag: str
) -> None:
    config = image_of(engine, name, tag).attrs["Config"]
    assert config["Cmd"] == ["python", "-m", f"services.{name}.app"]
    assert config["Healthcheck"]["Test"][:4] == ["CMD", "python", "-m", "fedswipe.http.ready"]


@pytest.mark.parametrize("name", IMAGES)
def test_it_holds_no_compiler_and_no_cache(engine: docker.DockerClient, name: str, tag: str) -> None:
    compilers = "for c in cc gcc g++ clang go rustc javac; do command -v $c; done; true"
    assert run(engine, name, tag, "sh", "-c", compilers) == ""
    # As root, whose cache pip fills.
    caches = ("find", "/root", "/home", "/opt", "-type", "d", "-path", "*cache/pip")
    assert run(engine, name, tag, *caches, user="0") == ""


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("ingest", {"fastapi", "httpx"}),
        ("aggregator", {"faust"}),
        ("predictor", {"fastapi", "numba", "onnxruntime"}),
        ("demo", {"numba", "onnxruntime", "matplotlib", "httpx"}),
        ("trainer", {"fastapi", "numba", "onnxruntime", "torch"}),
    ],
)
def test_it_holds_its_own_dependencies_alone(
    engine: docker.DockerClient, name: str, own: set[str], tag: str
) -> None:
    all_of_them = (
        "fastapi",
        "faust",
        "numba",
        "onnxruntime",
        "matplotlib",
        "httpx",
        "torch",
        "pytest",
        "mypy",
    )
    assert set(run(engine, name, tag, "python", "-c", FOUND, *all_of_them).split()) == own


@pytest.mark.parametrize("name", ["predictor", "trainer", "demo"])
def test_no_code_is_compiled_at_a_start(engine: docker.DockerClient, name: str, tag: str) -> None:
    printed = run(engine, name, tag, "python", "-c", COMPILED, environment={"NUMBA_DEBUG_CACHE": "1"})
    assert "data loaded" in printed
    assert "data saved" not in printed


def test_code_that_is_missing_is_no_silent_compilation(engine: docker.DockerClient, tag: str) -> None:
    with pytest.raises(docker.errors.ContainerError, match=r"Read-only file system|No such file"):
        run(engine, "predictor", tag, "python", "-c", COMPILED, environment={"NUMBA_CACHE_DIR": "/opt/none"})
