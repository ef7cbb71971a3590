"""What people ask the audit for and get: pages of findings, runs that wait or are over. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from discovery.audit.model import AuditRun, Finding

DEFAULT_SIZE = 50
MOST_SIZE = 500
UNRESOLVED_STATE = "unresolved"
"""The name under which findings of every state but ``resolved`` are asked for."""
PENDING_STATE = "pending"
"""The name under which findings that somebody has yet to see to are listed: not waived, not resolved."""

QUEUED = "queued"
RUNNING = "running"
FAILED = "failed"
RunState = Literal["queued", "running", "finished", "stopped", "planned", "failed"]
RUN_STATES: tuple[RunState, ...] = ("queued", "running", "finished", "stopped", "planned", "failed")


@dataclass(frozen=True, slots=True)
class FindingsQuery:
    """Which findings to list; ``None`` for all.

    ``state`` ``"unresolved"`` is all but the resolved ones, ``"pending"`` those of them that are not waived.
    ``assigned`` asks whether anybody is to mend them.
    ``subject`` is an asset's id or a SKU, with or without ``asset:`` or ``product:`` before it. ``after`` is
    the cursor of the page before.
    """

    rule: str | None = None
    severity: str | None = None
    state: str | None = None
    subject: str | None = None
    owner: str | None = None
    source: str | None = None
    assigned: bool | None = None
    after: str | None = None
    size: int = DEFAULT_SIZE


@dataclass(frozen=True, slots=True)
class FindingsPage:
    """One page of findings, the most severe first; ``next`` is the cursor of the next page."""

    total: int
    findings: tuple[Finding, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class FindingsSummary:
    """How many findings are pending, by what they are; ``waived`` and ``overdue`` are counted beside them.

    ``owners`` are those with the most, ``unassigned`` how many have none.
    """

    pending: int
    waived: int
    overdue: int
    unassigned: int
    severities: Mapping[str, int]
    rules: Mapping[str, int]
    owners: Mapping[str, int]
    sources: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class VersionedFinding:
    """A finding with what changes whenever it is written, so that a change can say what it goes by."""

    finding: Finding
    version: str


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What somebody wants judged: by which rules (none named: all of them), and whether to keep nothing.

    ``accept``: go on where a brake would stop the run for mass flags, a shrunken source or a stale index.
    """

    rules: tuple[str, ...] = ()
    dry_run: bool = False
    accept: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True)
class RunView:
    """One run as people see it: when it was ``asked`` for and, once it is over, the ``run`` that came of it.

    ``request`` is ``None`` for a run that nobody queued: of the command line or the scheduler. ``reason``
    says why it failed.
    """

    id: str
    state: RunState
    asked: datetime
    request: RunRequest | None = None
    begun: datetime | None = None
    run: AuditRun | None = None
    reason: str | None = None


def view_of(run: AuditRun, request: RunRequest | None = None, asked: datetime | None = None) -> RunView:
    """Return a run that is over as people see it."""
    state: RunState = run.outcome.value
    return RunView(run.id, state, asked or run.started, request, run.started, run)
