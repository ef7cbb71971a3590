"""What the audit speaks of: subjects, verdicts, findings and runs. Frozen, and free of the engine."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from mappings.documents import AssetDocument, ProductDocument

SubjectKind = Literal["asset", "product", "audit"]
Severity = Literal["info", "warning", "error"]
State = Literal["open", "acknowledged", "waived", "resolved"]
Answer = Literal["flagged", "unknown"]

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")
STATES: tuple[State, ...] = ("open", "acknowledged", "waived", "resolved")
PENDING: tuple[State, ...] = ("open", "acknowledged")
UNRESOLVED: tuple[State, ...] = ("open", "acknowledged", "waived")

SELF = "audit-stopped"
"""The rule under which a run that a brake stopped tells of itself; no rule of the table has this name."""

REPORTED = "reported"
"""The rule under which people tell what is wrong with something; no run judges by it, or settles it."""


@dataclass(frozen=True, slots=True)
class AssetSubject:
    """A file with the products that show it. ``products`` are those that could be fetched.

    ``link_state`` and ``claimants`` are what linking made of it, ``None`` where it has not looked.
    """

    asset: AssetDocument
    products: tuple[ProductDocument, ...] = ()
    link_state: str | None = None
    claimants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductSubject:
    """A product with the assets that show it, and with the product it is a variant of.

    ``inherited`` are keys, in lowercase, of pictures that its variants name, which a parent shows too.
    """

    product: ProductDocument
    assets: tuple[AssetDocument, ...] = ()
    parent: ProductDocument | None = None
    inherited: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FileSubject:
    """A file that could not be indexed, or that its source no longer lists.

    ``reason`` is the indexer's; ``named_by`` the products that name the file.
    """

    id: str
    source: str
    key: str
    reason: str
    since: datetime | None = None
    named_by: tuple[str, ...] = ()


Subject = AssetSubject | ProductSubject | FileSubject


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of a subject.

    ``answer`` is ``unknown`` where an input is late or missing: such a verdict raises no finding, and lets
    none be taken for settled. ``confidence`` is 0 to 1. ``severity`` replaces the rule's. ``related`` are ids
    of other assets or products it is about; ``ends`` a date by which something must be done.
    """

    text: str
    reasons: tuple[str, ...]
    answer: Answer = "flagged"
    confidence: float = 1.0
    severity: Severity | None = None
    related: tuple[str, ...] = ()
    ends: datetime | None = None


def unknown(reason: str) -> Verdict:
    """Return the verdict of a rule that cannot tell, and why."""
    return Verdict("unknown", (reason,), "unknown", 0.0)


@dataclass(frozen=True, slots=True)
class About:
    """What a finding is about, as people see it. ``picture`` is the asset whose thumbnail shows it."""

    kind: SubjectKind
    id: str
    name: str
    source: str | None = None
    family: str | None = None
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a finding: found, returned, settled, waiver ended, or a person's change."""

    at: datetime
    what: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that one rule finds wrong with one subject, from the first run to the last."""

    id: str
    rule: str
    severity: Severity
    subject: About
    verdict: str
    reasons: tuple[str, ...]
    confidence: float
    state: State
    first_seen: datetime
    last_seen: datetime
    related: tuple[str, ...] = ()
    ends: datetime | None = None
    owner: str | None = None
    due: date | None = None
    note: str | None = None
    waived_until: date | None = None
    resolved: datetime | None = None
    run: str | None = None
    history: tuple[Event, ...] = ()


def finding_id(rule: str, kind: str, subject: str) -> str:
    """Return the id of what ``rule`` finds wrong with a subject: 24 hexadecimal digits, always the same."""
    data = "\0".join((rule, kind, subject)).encode("utf-8", "replace")
    return hashlib.blake2b(data, digest_size=12).hexdigest()


class Outcome(enum.StrEnum):
    """How a run ended.

    ``stopped``: a brake stopped it and nothing was changed but the finding about the run itself;
    ``planned``: a dry run; ``failed``: the engine or a source of facts could not be read.
    """

    FINISHED = "finished"
    STOPPED = "stopped"
    PLANNED = "planned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """What became of one rule in one run.

    ``flagged`` = ``new`` + ``still`` + ``returned``; ``settled`` were found before and are not any more;
    ``unknown`` subjects could not be judged. ``not_judged`` says why the rule looked at nothing at all.
    """

    subjects: int = 0
    flagged: int = 0
    new: int = 0
    still: int = 0
    returned: int = 0
    settled: int = 0
    unknown: int = 0
    not_judged: str | None = None


@dataclass(frozen=True, slots=True)
class AuditRun:
    """One run as it is kept. ``as_of`` is the moment judged by; ``sources`` counts items by side/source."""

    id: str
    started: datetime
    finished: datetime
    as_of: datetime
    outcome: Outcome
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    assets: int = 0
    products: int = 0
    sources: Mapping[str, int] = field(default_factory=dict)
    rules: Mapping[str, RuleCounts] = field(default_factory=dict)
    severities: Mapping[str, int] = field(default_factory=dict)
    partial: bool = False

    @property
    def flagged(self) -> int:
        """Findings that this run saw."""
        return sum(counts.flagged for counts in self.rules.values())

    @property
    def new(self) -> int:
        """Findings that no run saw before."""
        return sum(counts.new for counts in self.rules.values())

    @property
    def still(self) -> int:
        """Findings that were there before."""
        return sum(counts.still for counts in self.rules.values())

    @property
    def returned(self) -> int:
        """Findings that were settled and are there again."""
        return sum(counts.returned for counts in self.rules.values())

    @property
    def gone(self) -> int:
        """Findings that settled themselves."""
        return sum(counts.settled for counts in self.rules.values())
