"""Parts are fetched or compiled once per user, whole or not at all."""

import math
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp

from fedswipe.local.artifacts import Artifact
from fedswipe.local.errors import BuildFailed
from fedswipe.local.leash import Leash
from fedswipe.local.locked import locked
from fedswipe.local.poll import poll
from fedswipe.local.process import tail
from fedswipe.local.reporter import Reporter
from fedswipe.local.tools import require


def default_cache(environ: Mapping[str, str]) -> Path:
    """Return the user's cache folder for this project (XDG base directory specification)."""
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fedswipe"


def fetch(artifacts: Sequence[Artifact], cache: Path, reporter: Reporter) -> list[Path]:
    """Return the folder of each artifact, building the absent ones.

    Before anything is downloaded: MissingTool for what this machine lacks, and a sentence on size and time.
    """
    absent = [artifact for artifact in artifacts if not (cache / artifact.folder).exists()]
    require(
        [tool for artifact in artifacts for tool in artifact.runs_with]
        + [tool for artifact in absent for tool in artifact.tools]
    )
    if absent:
        reporter.say(_announcement(absent, cache))
    for artifact in absent:
        with reporter.step(artifact.title, artifact.seconds), locked(cache / f"{artifact.folder}.lock"):
            _build(artifact, cache)
    return [cache / artifact.folder for artifact in artifacts]


def _announcement(absent: Sequence[Artifact], cache: Path) -> str:
    parts = "; ".join(
        f"{artifact.title}: {artifact.size}, about {artifact.seconds:.0f} s" for artifact in absent
    )
    total = sum(artifact.seconds for artifact in absent)
    return f"First set-up, once per user, into {cache}. {parts}. About {total / 60:.1f} min altogether."


def _build(artifact: Artifact, cache: Path) -> None:
    """Fill a folder beside the final one and rename it, so that the final one is never half there."""
    final = cache / artifact.folder
    if final.exists():  # another process built it while this one waited for the lock
        return
    for leftover in cache.glob(f"{artifact.folder}.part-*"):  # of a build that was killed; we hold the lock
        shutil.rmtree(leftover)
    part = Path(mkdtemp(prefix=f"{artifact.folder}.part-", dir=cache))
    _run(artifact, part, log=cache / f"{artifact.folder}.log")
    part.rename(final)


def _run(artifact: Artifact, part: Path, log: Path) -> None:
    log.unlink(missing_ok=True)
    command, env = artifact.command(part), {**os.environ, **artifact.env(part)}
    with Leash() as leash:  # a killed set-up leaves no compiler behind
        child, _ = leash.spawn(command, env=env, log=log)
        poll(lambda: child.poll() is not None, math.inf)
    if child.returncode != 0:
        shutil.rmtree(part)
        raise BuildFailed(
            f"{artifact.title}: `{' '.join(command)}` ended with status {child.returncode}. "
            f"It needs the network; its output is in {log} and ends with:\n{tail(log)}"
        )
    log.unlink()
