"""`fedswipe models accuracy` and `watch`: what the served words were worth, by swipes whose word is known."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from fedswipe.cli import operator
from fedswipe.cli.model_versions import said
from fedswipe.errors import FedswipeError
from fedswipe.events import ModelId, Version
from fedswipe.serving import changes
from fedswipe.serving.operator_log import OperatorLog
from fedswipe.serving.outcomes import OutcomeJoin
from fedswipe.serving.sequential_test import Counts, Verdict, verdict
from fedswipe.serving.state import Canary

TELL_EVERY = 500  # judged swipes of the canary


def accuracy(model_id: str, *, hours: float, as_json: bool) -> None:
    """Print each version's accuracy over the last hours."""
    join = OutcomeJoin(ModelId(model_id))
    with operator.open_operator(model_id) as opened:
        for batch in opened.log.outcomes(datetime.now(UTC) - timedelta(hours=hours), follow=False):
            join.add(batch)
    rows = [_row(join, version) for version in sorted(join.tallies)]
    if as_json:
        content = {"model": model_id, "versions": rows, "unjoined": join.unjoined}
        print(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
        return
    table = Table("version", "judged", "top-1", "top-3")
    for row in rows:
        table.add_row(*(str(row[name]) for name in ("version", "judged")), *_percents(row))
    Console().print(table)
    if join.unjoined:
        _say(f"{join.unjoined} swipes or predictions had no other half within the window.")


def watch(model_id: str) -> bool:
    """Judge the canary until it is decided, and abort it when it is worse; tell whether it was aborted."""
    with operator.open_operator(model_id) as opened:
        log = opened.log
        canary = log.servings.state.canary
        if canary is None or log.servings.state.stable is None:
            raise FedswipeError("no canary is on: `fedswipe models canary` starts one")
        _say(said(log.servings.state))
        found, join = _judge(log, canary, log.servings.state.stable.version)
        if found is None:
            _say(f"The canary is over. {said(log.servings.state)}")
            return False
        summary = f"{_summary(join, canary, log.servings.state.stable.version)}: {found}"
        _say(summary)
        if found is not Verdict.WORSE:
            _say("`fedswipe models promote` or `abort` ends it.")
            return False
        return _abort(log, canary, summary)


def _judge(log: OperatorLog, canary: Canary, stable: Version) -> tuple[Verdict | None, OutcomeJoin]:
    """Return the first decision; None when somebody else ended the canary."""
    join, told = OutcomeJoin(log.chain.model_id), 0
    for batch in log.outcomes(log.changed_at(canary.offset), follow=True):
        if log.servings.state.canary != canary:
            break
        join.add(batch)
        found = verdict(_counts(join, stable), _counts(join, canary.link.version))
        if found is not Verdict.CONTINUE:
            return found, join
        if (steps := join.tally(canary.link.version).judged // TELL_EVERY) > told:
            told = steps
            _say(_summary(join, canary, stable))
    return None, join


def _abort(log: OperatorLog, canary: Canary, reason: str) -> bool:
    """Abort it, unless somebody has ended it meanwhile: an event that comes too late changes nothing."""
    try:
        changes.abort(log, canary, reason)
    except FedswipeError:
        if log.servings.state.canary == canary:
            raise
        _say(f"Somebody else has ended it. {said(log.servings.state)}")
        return False
    _say(f"Aborted. {said(log.servings.state)}")
    return True


def _counts(join: OutcomeJoin, version: Version) -> Counts:
    tally = join.tally(version)
    return Counts(tally.judged, tally.right)


def _summary(join: OutcomeJoin, canary: Canary, stable: Version) -> str:
    return ", ".join(
        f"{name} version {version}: {tally.right} of {tally.judged} right"
        for name, version in (("canary", canary.link.version), ("stable", stable))
        for tally in (join.tally(version),)
    )


def _row(join: OutcomeJoin, version: Version) -> dict[str, Any]:
    tally = join.tally(version)
    shares = {"top1": tally.right / tally.judged, "top3": tally.among_few / tally.judged}
    return {"version": version, "judged": tally.judged} | {n: round(100 * s, 2) for n, s in shares.items()}


def _percents(row: dict[str, Any]) -> list[str]:
    return [f"{row[name]:.1f} %" for name in ("top1", "top3")]


def _say(text: str) -> None:
    Console(soft_wrap=True).print(text, highlight=False)
