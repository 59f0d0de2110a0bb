"""What `fedswipe audit verify` says in the end."""

from dataclasses import asdict, dataclass, field
from typing import Any

from fedswipe.audit.finding import Findings, Outcome
from fedswipe.audit.links import Fallen
from fedswipe.chain import Chain


@dataclass
class Report:
    """The verdict and what it rests on; filled while the audit runs. Numbers are of the audited versions."""

    chain: Chain
    first: int
    last: int = 0
    head: int = 0
    links: int = 0
    recomputed: int = 0
    rollbacks: int = 0
    fallen_count: int = 0
    folded: int = 0
    refused: int = 0
    unsettled: int = 0
    delta_bytes: int = 0
    swipes: int = 0
    swipes_counted: int = 0
    seconds: float = 0.0
    recipes: tuple[str, ...] = ()
    from_archive: tuple[str, ...] = ()
    fallen: list[Fallen] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)

    @property
    def outcome(self) -> Outcome:
        """Return the verdict."""
        return self.findings.outcome

    @property
    def head_sha256(self) -> str | None:
        """Return the newest link's hash: it stands for the whole chain, so compare it with one you know."""
        return self.chain.head.sha256 if self.chain.head else None

    def as_json(self) -> dict[str, Any]:
        """Return plain values: verdict, numbers, the findings that were kept and how many there are."""
        plain = {n: value for n, value in vars(self).items() if n not in ("chain", "findings", "fallen")}
        return plain | {
            "model": self.chain.model_id,
            "head_sha256": self.head_sha256,
            "verdict": self.outcome.value,
            "fallen": [asdict(one) for one in self.fallen],
            "findings": [asdict(one) for one in self.findings.kept],
            "findings_count": {kind.value: count for kind, count in self.findings.counts.items()},
        }
