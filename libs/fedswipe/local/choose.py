"""Which way to Kafka and the object store is taken: addresses, then a container engine, then processes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from fedswipe.local.containers import Containers, Start, start_with_volume
from fedswipe.local.engine import Engine
from fedswipe.local.errors import EngineError, StackError
from fedswipe.local.given import Given
from fedswipe.local.native import Native
from fedswipe.local.parts import PARTS, PartName, Way
from fedswipe.local.reporter import Reporter

STACK = "STACK"  # auto, containers or native


@dataclass(frozen=True)
class Choice:
    """How parts are started, and why: as containers of `engine`, or without one as processes."""

    why: str
    engine: Engine | None = None

    @property
    def kind(self) -> Literal["containers", "native"]:
        """Return the word of STACK for it."""
        return "containers" if self.engine else "native"

    def way(
        self, environ: Mapping[str, str], reporter: Reporter, start: Start = start_with_volume
    ) -> Containers | Native:
        """Return the way itself; `start` is how one container is begun."""
        return Containers(self.engine, reporter, start) if self.engine else Native(environ, reporter)

    def __str__(self) -> str:
        return f"{self.kind}: {self.why}"


def choose(
    environ: Mapping[str, str],
    reporter: Reporter,
    parts: Sequence[PartName] = PARTS,
    *,
    kept: Choice | None = None,
    start: Start = start_with_volume,
) -> dict[PartName, Way]:
    """Return each part's way, and say how those are started that have no address; see `decide` for `kept`."""
    given = Given(environ)
    ways: dict[PartName, Way] = {part: given for part in parts if given.offers(part)}
    if others := [part for part in parts if part not in ways]:
        choice = decide(environ, kept)
        reporter.say(str(choice))
        ways |= dict.fromkeys(others, choice.way(environ, reporter, start))
    return ways


def decide(environ: Mapping[str, str], kept: Choice | None = None) -> Choice:
    """Return how parts are started: as STACK says; if that is auto, in containers when an engine answers.

    `kept` is how a stack's data are held already: it stays so. StackError when STACK says otherwise, or is
    none of its words; EngineError when containers are wanted and no engine answers.
    """
    wanted = environ.get(STACK) or "auto"
    if wanted not in ("auto", "containers", "native"):
        raise StackError(f"{STACK} is {wanted!r}: set it to auto, containers or native")
    if kept:
        if wanted not in ("auto", kept.kind):
            raise StackError(f"{STACK} is {wanted}, but {kept.why}: `fedswipe down` first, or unset {STACK}")
        return kept
    if wanted == "native":
        return Choice(f"{STACK}=native")
    try:
        engine = Engine.find(environ)
    except EngineError as error:
        if wanted == "containers":
            raise EngineError(
                f"{STACK} is containers, but {error}: start an engine, or set {STACK}=native"
            ) from error
        return Choice(str(error))
    return Choice(f"an engine answers at {engine.address}", engine)
