"""What the linker says of one asset."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What is to be done with an asset's proposals.

    ``auto``: the best is sure and has no rival. ``review``: somebody should look. ``conflict``: products
    that are no variants or parents of one another both claim it. ``none``: nothing speaks for any product.
    """

    AUTO = "auto"
    REVIEW = "review"
    CONFLICT = "conflict"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Weighed:
    """A piece of evidence and what it adds to the log-odds of a proposal; 0 where a stronger one counts."""

    feature: str
    value: float
    contribution: float
    reason: str
    sku: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A product that an asset shows, how surely (0 to 1), and as what."""

    sku: str
    role: str
    probability: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """A product, what speaks for it, and the ``links`` that come with it: itself first, then its relatives.

    ``method`` is the kind of evidence that speaks for it most.
    """

    sku: str
    name: str
    probability: float
    role: str
    method: str
    links: tuple[Link, ...]
    reasons: tuple[str, ...]
    evidence: tuple[Weighed, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Proposals, best first, and what is to be done with them. ``claims`` are the SKUs of a conflict."""

    asset: str
    state: State
    proposals: tuple[Proposal, ...] = ()
    reason: str = ""
    claims: tuple[str, ...] = ()

    @property
    def links(self) -> tuple[Link, ...]:
        """The links of the best proposal."""
        return self.proposals[0].links if self.proposals else ()
