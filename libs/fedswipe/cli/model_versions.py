"""`fedswipe models list` and `show`."""

from dataclasses import asdict
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from fedswipe.chain import Chain
from fedswipe.cli import operator
from fedswipe.errors import FedswipeError
from fedswipe.serving.operator_log import ArchivedLink
from fedswipe.serving.state import ServingState


def show_list(model_id: str, *, last: int, as_json: bool) -> None:
    """Print the newest versions, newest first."""
    with operator.open_operator(model_id) as opened:
        log = opened.log
        newest = len(log.chain.links)
        versions = log.archived(max(1, newest - last + 1), newest) if newest else []
        state = log.servings.state
    rows = [_row(one, log.chain, state) for one in reversed(versions)]
    if as_json:
        _print_json({"model": model_id, "serving": _serving(state), "versions": rows})
    else:
        Console().print(_table(rows))
        Console().print(said(state), highlight=False)


def show_one(model_id: str, version: int, *, as_json: bool) -> None:
    """Print one version: its row, and its objects' keys."""
    with operator.open_operator(model_id) as opened:
        log = opened.log
        if log.chain.link(version) is None:
            raise FedswipeError(f"version {version}: {model_id} has versions 1 to {len(log.chain.links)}")
        (one,) = log.archived(version, version)
        row = _row(one, log.chain, log.servings.state) | _details(one)
    if as_json:
        _print_json(row)
    else:
        table = Table(show_header=False)
        for name, value in row.items():
            table.add_row(name, ", ".join(value) if isinstance(value, list) else str(value))
        Console().print(table)


def said(state: ServingState) -> str:
    """Say in a sentence what is served."""
    if (canary := state.canary) is not None and state.stable is not None:
        of = f"{canary.share:.1%} of the {canary.by.lower()}s"
        return (
            f"A canary is on: version {canary.link.version} for {of}, {state.stable.version} for the others."
        )
    if state.stable is not None:
        return f"Version {state.stable.version} is pinned."
    return "Predictors follow the head."


def _row(one: ArchivedLink, chain: Chain, state: ServingState) -> dict[str, Any]:
    event = one.event
    return {
        "version": event.version,
        "model_sha256": event.model.sha256,
        "folded": event.folded,
        "refused": event.refused,
        "examples": event.examples,
        "closed_by": str(event.closed_by),
        "rollback_to": event.rollback_to,
        "epsilon": event.privacy.epsilon if event.privacy else None,
        "unprotected": event.privacy.unprotected if event.privacy else None,
        "published": one.at.isoformat(timespec="seconds"),
        "marks": _marks(event.version, chain, state),
    }


def _marks(version: int, chain: Chain, state: ServingState) -> list[str]:
    head = chain.head.version if chain.head else 0
    stable = state.stable.version if state.stable else head
    canary = state.canary.link.version if state.canary else None
    marks = {"head": head, "stable": stable, "pinned": stable if state.pinned else None, "canary": canary}
    return [mark for mark, at in marks.items() if at == version]


def _details(one: ArchivedLink) -> dict[str, Any]:
    event = one.event
    objects = {name: getattr(event, name).key for name in ("model", "optimizer", "manifest", "recipe")}
    (settled,) = event.ranges
    deltas = f"{settled.start} to {settled.end} of partition {settled.partition}"
    link = {"link_sha256": one.link.sha256, "parent": event.parent, "offset": one.link.offset}
    privacy = {"noise": event.noise, "privacy": asdict(event.privacy) if event.privacy else None}
    return {**link, "deltas": deltas, "continues": one.link.line, **objects, **privacy}


def _serving(state: ServingState) -> dict[str, Any]:
    return {
        "stable": state.stable.version if state.stable else None,
        "pinned": state.pinned,
        "canary": asdict(state.canary) if state.canary else None,
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    names = ("version", "model", "folded", "refused", "examples", "closed by", "epsilon", "published", "")
    table = Table(*names)
    for row in rows:
        closed = str(row["closed_by"]).lower()
        closed += f" to {row['rollback_to']}" if row["rollback_to"] else ""
        counts = [str(row[name]) for name in ("folded", "refused", "examples")]
        marks = ", ".join(row["marks"])
        epsilon = "" if row["epsilon"] is None else f"{row['epsilon']:.2f}"
        epsilon += f", not for 1 to {row['unprotected']}" if row["unprotected"] else ""
        told = (*counts, closed, epsilon, row["published"], marks)
        table.add_row(str(row["version"]), row["model_sha256"][:12], *told)
    return table


def _print_json(content: object) -> None:
    print(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
