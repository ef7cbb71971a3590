"""What every report tells, whatever its format."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from discovery.audit.model import SELF, SEVERITIES, About, AuditRun, Finding, Outcome, Severity
from discovery.audit.rules import RULES

NOBODY = "nobody yet"
NO_SEARCH = "there is no such saved search"


def page_of(finding: Finding) -> str | None:
    """Return the path of the page of a finding's subject in the service, ``None`` where it has none.

    A file that could not be indexed has no page, nor has the audit itself.
    """
    subject, rule = finding.subject, RULES.get(finding.rule)
    if subject.kind == "audit" or rule is None or (rule.looks == "files" and subject.picture is None):
        return None
    return _page(subject)


def _page(subject: About) -> str:
    kind = "assets" if subject.kind == "asset" else "products"
    return f"/{kind}/{quote(subject.id, safe='', errors='replace')}"


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule in a report: what it asks, what to do, and how many of its findings are in which state."""

    name: str
    severity: Severity
    question: str
    remedy: str
    open: int = 0
    waived: int = 0
    new: int = 0
    settled: int = 0
    not_judged: str | None = None


@dataclass(frozen=True, slots=True)
class Trend:
    """One run as a point in time: what was found, and what came and went."""

    at: datetime
    outcome: Outcome
    flagged: int
    new: int
    gone: int
    severities: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Section:
    """What a saved search finds, as a part of a report: its first items, and how many there are.

    ``broken`` says why it cannot be run.
    """

    id: str
    name: str
    note: str | None = None
    owner: str | None = None
    total: int = 0
    items: tuple[About, ...] = ()
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What is wrong now, since when, and who is to mend it.

    ``findings`` are those not resolved, the most severe first. ``base_url`` is the service's address, for
    links; empty for links within it. ``rows`` bounds what a page for reading shows of one rule.
    ``pictures`` are thumbnails (WebP) by asset, ``None`` where there is none; those not named are linked.
    ``searches`` are saved searches that the report shows too.
    """

    run: AuditRun | None
    made: datetime
    findings: tuple[Finding, ...]
    rules: tuple[RuleLine, ...]
    trends: tuple[Trend, ...]
    owners: Mapping[str, int]
    base_url: str = ""
    rows: int = 200
    stopped: AuditRun | None = None
    states: Mapping[str, int] = field(default_factory=dict)
    pictures: Mapping[str, bytes | None] = field(default_factory=dict)
    searches: tuple[Section, ...] = ()

    def severity(self, name: str) -> int:
        """Return how many open findings are of a severity; waived ones do not count."""
        return sum(f.severity == name and f.state != "waived" for f in self.findings)

    def link(self, finding: Finding) -> str | None:
        """Return the address of the page of a finding's subject, ``None`` where it has none."""
        page = page_of(finding)
        return None if page is None else f"{self.base_url.rstrip('/')}{page}"

    def page(self, subject: About) -> str:
        """Return the address of the page of an item that a search found."""
        return f"{self.base_url.rstrip('/')}{_page(subject)}"

    def sections(self) -> Iterator[tuple[RuleLine, tuple[Finding, ...]]]:
        """Yield each rule that found anything with its findings, in the order of a page for reading."""
        listed: dict[str, list[Finding]] = {}
        for finding in self.findings:
            listed.setdefault(finding.rule, []).append(finding)
        told = [line for line in self.rules if line.name in listed]
        for line in sorted(told, key=lambda one: (-SEVERITIES.index(one.severity), -len(listed[one.name]))):
            yield line, tuple(listed[line.name])

    def shown(self) -> tuple[str, ...]:
        """Return the assets whose thumbnails a page for reading shows, in its order, each time it does."""
        rows = (finding for _, findings in self.sections() for finding in findings[: self.rows])
        subjects = (*(row.subject for row in rows), *(one for each in self.searches for one in each.items))
        return tuple(subject.picture for subject in subjects if subject.picture is not None)

    def thumbnail(self, subject: About) -> str | None:
        """Return the address of a picture of a subject, or itself as one; ``None`` where there is none."""
        if subject.picture is None:
            return None
        if subject.picture in self.pictures:
            data = self.pictures[subject.picture]
            return None if data is None else f"data:image/webp;base64,{base64.b64encode(data).decode()}"
        return (
            f"{self.base_url.rstrip('/')}/api/v1/assets/{quote(subject.picture, safe='')}/thumbnail?size=256"
        )


def make_report(
    run: AuditRun | None,
    runs: Sequence[AuditRun],
    findings: Iterable[Finding],
    *,
    made: datetime,
    base_url: str = "",
    rows: int = 200,
) -> Report:
    """Return the report on ``findings``; ``runs`` are the last ones, the newest first."""
    listed = tuple(
        sorted(findings, key=lambda f: (-SEVERITIES.index(f.severity), f.rule, f.subject.name, f.id))
    )
    waived = Counter(finding.rule for finding in listed if finding.state == "waived")
    unwaived = Counter(finding.rule for finding in listed if finding.state != "waived")
    counts = run.rules if run is not None else {}
    lines = []
    for rule in RULES.values():
        told = counts.get(rule.name)
        lines.append(
            RuleLine(
                rule.name,
                rule.severity,
                rule.question,
                rule.remedy,
                open=unwaived[rule.name],
                waived=waived[rule.name],
                new=told.new + told.returned if told else 0,
                settled=told.settled if told else 0,
                not_judged=told.not_judged if told else None,
            )
        )
    newest = runs[0] if runs else None
    owners = Counter(f.owner or NOBODY for f in listed if f.state != "waived" and f.rule != SELF)
    return Report(
        run=run,
        made=made,
        findings=listed,
        rules=tuple(lines),
        trends=tuple(
            Trend(one.started, one.outcome, one.flagged, one.new + one.returned, one.gone, one.severities)
            for one in reversed(runs)
            if not one.partial
        ),
        owners=dict(sorted(owners.items(), key=lambda pair: (pair[0] == NOBODY, -pair[1], pair[0]))),
        base_url=base_url,
        rows=rows,
        stopped=newest if newest is not None and newest.outcome is Outcome.STOPPED else None,
        states=dict(Counter(finding.state for finding in listed)),
    )
