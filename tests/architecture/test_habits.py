"""What the code does not do: sleep to wait, hide errors, hold clients in modules, grow long files."""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = 200  # lines
# A longer file, and why it may be.
LONG: dict[str, str] = {"libs/fedswipe/events.py": "every event of the flow, in one place"}
# Where sleeping is the wait between two looks at something that cannot call back.
SLEEPS = {
    "libs/fedswipe/local/poll.py": "looks at builds, processes, containers and servers, until a deadline",
    "libs/fedswipe/testing/until.py": "tests look at other processes, until a deadline",
}
# Calls of librdkafka's admin client that can crash the process: docs/adr/0037.
CRASHING = {"list_offsets", "list_consumer_group_offsets"}
CLIENTS = {
    *(
        "Producer",
        "Consumer",
        "AdminClient",
        "EventProducer",
        "TransactionalProducer",
        "ConsumeLoop",
        "Admin",
    ),
    *("Minio", "PoolManager", "S3ModelStore", "Client", "AsyncClient", "InferenceSession", "Server"),
    *("FastAPI", "App", "Thread", "ThreadPoolExecutor", "ProcessPoolExecutor", "open", "connect", "socket"),
}


def test_no_sleep_as_synchronisation(sources: Mapping[str, Any]) -> None:
    sleeping = {path for path, source in sources.items() if "sleep" in set(called(source.tree))}
    assert sleeping - SLEEPS.keys() == set()
    assert SLEEPS.keys() - sleeping == set(), "no longer sleeps: take it off the list"


def test_every_service_ends_at_once(sources: Mapping[str, Any]) -> None:
    """What is left in its process cannot hold up its end: docs/adr/0039."""
    services = {path: source for path, source in sources.items() if path.endswith("/app.py")}
    assert len(services) == 4
    slow = [path for path, source in services.items() if "run_and_exit" not in set(called(source.tree))]
    assert slow == []


def test_a_handler_names_what_it_catches_or_raises_it_again(sources: Mapping[str, Any]) -> None:
    blind = [
        f"{path}:{node.lineno}"
        for path, source in sources.items()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException"))
        and not isinstance(node.body[-1], ast.Raise)
        and "noqa: BLE001" not in source.text.splitlines()[node.lineno - 1]
    ]
    assert blind == []


def test_no_module_holds_a_client(sources: Mapping[str, Any]) -> None:
    held = [
        f"{path}: {name}"
        for path, source in sources.items()
        for statement in source.tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr | ast.With)
        for name in called(statement)
        if name in CLIENTS
    ]
    assert held == []


def test_offsets_are_asked_by_consumers(sources: Mapping[str, Any]) -> None:
    asking = [path for path, source in sources.items() if CRASHING & set(called(source.tree))]
    assert asking == []


def test_no_file_is_long_without_a_reason(sources: Mapping[str, Any]) -> None:
    long = {path for path, source in sources.items() if source.text.count("\n") > LONGEST}
    assert long - LONG.keys() == set()
    assert LONG.keys() - long == set(), "no longer long: take it off the list"


def called(tree: ast.AST) -> Iterator[str]:
    """The names of the functions and classes that are called in a piece of code, without their modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            yield getattr(function, "attr", None) or getattr(function, "id", "")
