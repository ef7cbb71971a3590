"""What rules know besides their subject: the day, the settings, the feeds, and facts about all assets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from discovery.config import AuditScopeSettings, AuditSettings
from discovery.picture_sets.scopes import fitting_scopes


@dataclass(frozen=True, slots=True)
class UsageFeed:
    """How far the usage counts can be trusted: since when they are kept, and whether any part is missing."""

    complete: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Copy:
    """Another file of the same picture, which is the better or the linked one; ``likeness`` is 0 to 1."""

    id: str
    name: str
    how: str
    likeness: float
    linked: bool = False


@dataclass(frozen=True, slots=True)
class Newer:
    """A newer version, or a better copy, of a file."""

    id: str
    name: str
    why: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Context:
    """The state of the world for one run.

    ``now`` is the moment judged by (UTC). ``usage`` is ``None`` where there is no usage feed. ``copies`` and
    ``newer`` are by asset id; ``successors`` are the ids that ``newer`` points to. ``expected`` are the
    attributes that a family's products have. ``failed`` holds the reasons of files that could not be indexed,
    by key in lowercase. ``refused`` are the keys, in lowercase, of files that people said a product does not
    show, by SKU.
    ``absent`` are assets that the last full listing of their source did not have, ``None`` where none is
    known of.
    """

    now: datetime
    settings: AuditSettings
    assets: int = 0
    products: int = 0
    usage: UsageFeed | None = None
    copies: Mapping[str, Copy] = field(default_factory=dict)
    newer: Mapping[str, Newer] = field(default_factory=dict)
    successors: frozenset[str] = frozenset()
    expected: Mapping[str, frozenset[str]] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, frozenset[str]] = field(default_factory=dict)
    absent: frozenset[str] | None = None

    def scopes(self, sources: tuple[str, ...], families: tuple[str, ...]) -> tuple[AuditScopeSettings, ...]:
        """Return the scopes that a subject of these sources and families is in, the strongest first."""
        return fitting_scopes(self.settings, sources, families)
