"""The report as JSON and as CSV."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from typing import Any

from discovery.audit.codec import moment
from discovery.audit.model import Finding
from discovery.audit.reports.model import Report, Section

COLUMNS = (
    "id", "severity", "rule", "state", "subject_kind", "subject_id", "subject_name", "source", "family",
    "verdict", "reasons", "confidence", "owner", "due", "waived_until", "note", "ends", "first_seen",
    "last_seen", "remedy", "link",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def defused(value: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe before what begins like one.

    See OWASP, "CSV Injection".
    """
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) or value.startswith(_FORMULA) else value


def as_json(report: Report) -> bytes:
    """Return the report as one JSON document."""
    findings = [finding_json(finding) for finding in report.findings]
    whole = {
        "made": moment(report.made),
        "run": _plain(report.run) if report.run else None,
        "stopped": {"at": moment(report.stopped.started), "reasons": list(report.stopped.reasons)}
        if report.stopped
        else None,
        "totals": {
            "findings": len(findings),
            "states": dict(report.states),
            "severities": {name: report.severity(name) for name in ("error", "warning", "info")},
        },
        "rules": [_plain(line) for line in report.rules],
        "owners": dict(report.owners),
        "trends": [_plain(trend) for trend in report.trends],
        "findings": findings,
        "searches": [_plain(section) for section in report.searches],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as every JSON answer shows it."""
    shown: dict[str, Any] = _plain(finding)
    return shown


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value


def rows(report: Report) -> Iterator[tuple[str | float | datetime | date | None, ...]]:
    """Yield one row under :data:`COLUMNS` for each finding, values as they are."""
    remedies = {line.name: line.remedy for line in report.rules}
    for finding in report.findings:
        subject = finding.subject
        yield (
            finding.id,
            finding.severity,
            finding.rule,
            finding.state,
            subject.kind,
            subject.id,
            subject.name,
            subject.source,
            subject.family,
            finding.verdict,
            "; ".join(finding.reasons),
            finding.confidence,
            finding.owner,
            finding.due,
            finding.waived_until,
            finding.note,
            finding.ends,
            finding.first_seen,
            finding.last_seen,
            remedies.get(finding.rule),
            report.link(finding),
        )


SEARCH_COLUMNS = ("kind", "id", "name", "source", "family", "link")


def search_rows(report: Report, section: Section) -> Iterator[tuple[str | None, ...]]:
    """Yield one row under :data:`SEARCH_COLUMNS` for each item of a saved search that the report shows."""
    for one in section.items:
        yield one.kind, one.id, one.name, one.source, one.family, report.page(one)


def _as_findings(report: Report) -> Iterator[tuple[str | None, ...]]:
    """Yield the items of saved searches under :data:`COLUMNS`; their ``rule`` is the search."""
    for section in report.searches:
        for kind, ident, name, source, family, link in search_rows(report, section):
            known = {
                "id": f"{section.id}:{ident}",
                "rule": f"search:{section.id}",
                "subject_kind": kind,
                "subject_id": ident,
                "subject_name": name,
                "source": source,
                "family": family,
                "verdict": "found",
                "reasons": section.name,
                "owner": section.owner,
                "link": link,
            }
            yield tuple(known.get(column) for column in COLUMNS)


def as_csv(report: Report) -> bytes:
    """Return the findings as CSV: UTF-8 with a mark, comma, one header line, no cell that is a formula.

    What saved searches find comes after them.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    writer.writerows([cell(value) for value in row] for row in (*rows(report), *_as_findings(report)))
    return b"\xef\xbb\xbf" + stream.getvalue().encode("utf-8", "replace")


def cell(value: str | float | datetime | date | None) -> str:
    """Return a value as CSV has it; no text is a formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    return defused(value) if isinstance(value, str) else f"{value:g}"
