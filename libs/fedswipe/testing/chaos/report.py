"""What a run says of itself: a table for people, a JSON file for programs."""

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
from rich.table import Table

from fedswipe.testing.chaos.run import Outcome

SHOWN = 20  # of the things that went wrong; the file has all


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return the figures by their documented names; times in seconds."""
    sent, proof, account = outcome.sent, outcome.proof, outcome.proof.account
    return {
        "seed": outcome.order.seed,
        "acknowledged": sent.swipes,
        "acknowledged_with_word": len(sent.with_word),
        "requests": sent.requests,
        "unanswered": sent.unanswered,
        "unavailable": sent.unavailable,
        "sent_again_after_the_answer": sent.sent_again,
        "records": account.records,
        "repeats": account.repeats,
        "trained": account.trained,
        "lost": len(account.lost),
        "doubled": len(account.doubled),
        "audit": proof.audit,
        "models": proof.published.links,
        "folded": proof.published.folded,
        "refused": dict(proof.published.refused),
        "links_that_fell_off": proof.published.fallen,
        "faults": [_fault(struck) for struck in outcome.struck],
        "slow_clock": outcome.slow_clock,
        "assignments": dict(outcome.assignments),
        "ended_by_themselves": [
            {"name": e.name, "at": round(e.at, 1), "status": e.status, "cause": e.cause, "log": e.log}
            for e in outcome.ended
        ],
        "predictions": outcome.probes,
        "predictions_failed_in_outages": len(outcome.failures) - len(outcome.inexcusable),
        "predictions_failed": len(outcome.inexcusable),
        "phases": {name: round(seconds, 1) for name, seconds in outcome.phases.items()},
        "broken": list(outcome.broken),
    }


def write_json(outcome: Outcome, file: Path) -> None:
    """Write `as_json` into a file."""
    file.write_bytes(orjson.dumps(as_json(outcome), option=orjson.OPT_INDENT_2) + b"\n")


def table(outcome: Outcome) -> Table:
    """Return the figures as a person reads them."""
    f = as_json(outcome)
    shown = Table("what", "figure", title="What the chaos did", title_justify="left")
    shown.add_row("seed", f"{f['seed']}")
    shown.add_row(
        "swipes acknowledged", f"{f['acknowledged']:,}, {f['acknowledged_with_word']:,} with a word"
    )
    shown.add_row(
        "requests",
        f"{f['requests']:,}; {f['unanswered']:,} unanswered and {f['unavailable']:,} times 503: sent again",
    )
    shown.add_row(
        "records of swipes",
        f"{f['records']:,}, {f['repeats']:,} of them repeats; {f['sent_again_after_the_answer']:,} requests "
        "were sent again after their answer",
    )
    for name, count in _tally(outcome).items():
        shown.add_row(name, f"{count}")
    shown.add_row("ingest with a slow clock", "an hour late" if f["slow_clock"] else "SKIPPED: no C compiler")
    shown.add_row("partitions given out", ", ".join(f"{k} {n}" for k, n in f["assignments"].items()))
    shown.add_row("ended by themselves", _ends(outcome))
    shown.add_row("global models", f"{f['models']:,}, and {f['links_that_fell_off']} links that fell off")
    refused = ", ".join(f"{count} {reason}" for reason, count in f["refused"].items()) or "none"
    shown.add_row("deltas", f"{f['folded']:,} folded; refused: {refused}")
    shown.add_row(
        "predictions",
        f"{f['predictions']:,}; failed: {f['predictions_failed']}, and "
        f"{f['predictions_failed_in_outages']:,} while the predictor was down",
    )
    shown.add_row("swipes trained", f"{f['trained']:,}; [bold]lost {f['lost']}, doubled {f['doubled']}[/]")
    shown.add_row("audit verify", f["audit"])
    shown.add_row("time", ", ".join(f"{name} {seconds:.0f} s" for name, seconds in f["phases"].items()))
    shown.add_row("verdict", f"[red]BROKEN: {len(f['broken'])}[/]" if f["broken"] else "[green]proved[/]")
    return shown


def _tally(outcome: Outcome) -> dict[str, int]:
    done = (struck for struck in outcome.struck if struck.failure is None)
    return dict(sorted(Counter(f"{struck.fault.target}: {struck.fault.action}" for struck in done).items()))


def _ends(outcome: Outcome) -> str:
    causes = Counter(f"{end.name}: {end.cause or 'FOR NO GOOD CAUSE'}" for end in outcome.ended)
    return "\n".join(f"{count} x {cause}" for cause, count in causes.items()) or "none"


def _fault(struck: Any) -> dict[str, Any]:
    fault = struck.fault
    return {
        "target": fault.target,
        "action": str(fault.action),
        "seconds": fault.seconds,
        "began": round(struck.began, 1),
        "ended": round(struck.ended, 1),
        "failure": struck.failure,
    }
