"""Findings and runs as they lie in the index, and back. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from discovery.audit.model import (
    SEVERITIES,
    About,
    AuditRun,
    Event,
    Finding,
    Outcome,
    RuleCounts,
)

AUDIT = "audit"
"""The ``kind`` of an audit run's record in the ``runs`` index."""

LONGEST_KEYWORD = 1000
"""Characters of a text that is indexed as one keyword; the engine's own limit is in bytes, and higher."""


def moment(value: datetime) -> str:
    """Return a moment as ISO 8601 in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def finding_source(finding: Finding) -> dict[str, Any]:
    """Return a finding as it is stored; empty fields are null, so that a partial update clears them."""
    return {
        "id": finding.id,
        "rule": finding.rule,
        "severity": finding.severity,
        "rank": SEVERITIES.index(finding.severity),
        "subject": {name: _clean(value) for name, value in dataclasses.asdict(finding.subject).items()},
        "verdict": _clean(finding.verdict),
        "confidence": finding.confidence,
        "reasons": [_clean(reason) for reason in finding.reasons],
        "related": [_clean(one) for one in finding.related],
        "ends": moment(finding.ends) if finding.ends else None,
        "state": finding.state,
        "owner": _clean(finding.owner),
        "due": finding.due.isoformat() if finding.due else None,
        "note": _clean(finding.note),
        "waived_until": finding.waived_until.isoformat() if finding.waived_until else None,
        "first_seen": moment(finding.first_seen),
        "last_seen": moment(finding.last_seen),
        "resolved": moment(finding.resolved) if finding.resolved else None,
        "run": finding.run,
        "history": [
            {"at": moment(event.at), "what": _clean(event.what), "by": _clean(event.by)}
            for event in finding.history
        ],
    }


SEEN_FIELDS = (
    "severity", "rank", "subject", "verdict", "confidence", "reasons", "related", "ends", "last_seen", "run",
)  # fmt: skip
"""What every sighting writes; a person's fields are not among them."""

TURNED_FIELDS = (*SEEN_FIELDS, "state", "waived_until", "resolved", "history")
"""What a run writes that ends a waiver, settles a finding or opens it again."""


def _clean(text: str | None) -> str | None:
    """Return a text that the engine takes: without lone surrogates, no longer than a keyword may be."""
    if text is None:
        return None
    return text.encode("utf-8", "replace").decode()[:LONGEST_KEYWORD]


def finding_of(source: Mapping[str, Any]) -> Finding:
    """Return a stored finding."""
    subject = source["subject"]
    return Finding(
        id=source["id"],
        rule=source["rule"],
        severity=source["severity"],
        subject=About(**subject),
        verdict=source["verdict"],
        reasons=tuple(source.get("reasons") or ()),
        confidence=float(source["confidence"]),
        state=source["state"],
        first_seen=datetime.fromisoformat(source["first_seen"]),
        last_seen=datetime.fromisoformat(source["last_seen"]),
        related=tuple(source.get("related") or ()),
        ends=_moment(source.get("ends")),
        owner=source.get("owner"),
        due=_day(source.get("due")),
        note=source.get("note"),
        waived_until=_day(source.get("waived_until")),
        resolved=_moment(source.get("resolved")),
        run=source.get("run"),
        history=tuple(
            Event(datetime.fromisoformat(event["at"]), event["what"], event.get("by"))
            for event in source.get("history") or ()
        ),
    )


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value[:10]) if value else None


def run_source(run: AuditRun) -> dict[str, Any]:
    """Return a run as it is stored among the records of all runs."""
    return {
        "kind": AUDIT,
        "started": moment(run.started),
        "finished": moment(run.finished),
        "outcome": str(run.outcome),
        "reason": "; ".join(run.reasons) or None,
        "counts": {
            "as_of": moment(run.as_of),
            "assets": run.assets,
            "products": run.products,
            "sources": dict(run.sources),
            "rules": {name: dataclasses.asdict(counts) for name, counts in run.rules.items()},
            "severities": dict(run.severities),
            "reasons": list(run.reasons),
            "notes": list(run.notes),
            "partial": run.partial,
        },
    }


def run_of(id: str, source: Mapping[str, Any]) -> AuditRun:
    """Return a stored run."""
    counts = source["counts"]
    return AuditRun(
        id=id,
        started=datetime.fromisoformat(source["started"]),
        finished=datetime.fromisoformat(source["finished"]),
        as_of=datetime.fromisoformat(counts["as_of"]),
        outcome=Outcome(source["outcome"]),
        reasons=tuple(counts["reasons"]),
        notes=tuple(counts["notes"]),
        assets=counts["assets"],
        products=counts["products"],
        sources=counts["sources"],
        rules={name: RuleCounts(**given) for name, given in counts["rules"].items()},
        severities=counts["severities"],
        partial=counts["partial"],
    )
