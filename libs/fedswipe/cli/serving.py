"""`fedswipe models rollback`, `pin`, `unpin`, `canary`, `promote` and `abort`."""

from rich.console import Console

from fedswipe.cli import operator
from fedswipe.cli.model_versions import said
from fedswipe.cli.operator import Operator
from fedswipe.events import CanaryBy
from fedswipe.serving import changes
from fedswipe.serving.rollback import roll_back


def rollback(model_id: str, version: int) -> None:
    """Publish an older version's content as the newest version."""
    with operator.open_operator(model_id) as opened:
        link = roll_back(opened.log, opened.store, version)
        _say(f"Version {link.version} is published, with the content of version {version}.")
        if opened.log.servings.state.stable is not None:
            _say(f"{said(opened.log.servings.state)} They serve that until it is changed.")


def pin(model_id: str, version: int, reason: str) -> None:
    """Have this version served until it is unpinned."""
    with operator.open_operator(model_id) as opened:
        changes.pin(opened.log, version, reason)
        _say_state(opened)


def unpin(model_id: str, reason: str) -> None:
    """Have the head followed again."""
    with operator.open_operator(model_id) as opened:
        changes.unpin(opened.log, reason)
        _say_state(opened)


def canary(
    model_id: str, version: int | None, share: float, by: CanaryBy, stable: int | None, reason: str
) -> None:
    """Have a version served to a share."""
    with operator.open_operator(model_id) as opened:
        changes.start_canary(opened.log, version, share, by, stable, reason)
        _say_state(opened)
        _say("`fedswipe models watch` aborts it when it is worse.")


def promote(model_id: str, reason: str) -> None:
    """End the canary well."""
    with operator.open_operator(model_id) as opened:
        changes.promote(opened.log, reason=reason)
        _say_state(opened)


def abort(model_id: str, reason: str) -> None:
    """End the canary and pin the stable version."""
    with operator.open_operator(model_id) as opened:
        changes.abort(opened.log, reason=reason)
        _say_state(opened)


def _say_state(opened: Operator) -> None:
    _say(said(opened.log.servings.state))


def _say(text: str) -> None:
    Console(soft_wrap=True).print(text, highlight=False)
