"""``asset-file-broken``: a file that cannot be opened as what it claims to be."""

from __future__ import annotations

from discovery.audit.context import Context
from discovery.audit.model import FileSubject, Verdict
from discovery.audit.rules.asset_file_missing import is_missing
from discovery.audit.rules.base import Rule


def judge(subject: FileSubject, _: Context) -> Verdict | None:
    """Flag a file that failed to be indexed, with the indexer's reason."""
    if is_missing(subject):
        return None
    reasons = [subject.reason]
    if subject.named_by:
        reasons.append(f"it is named by {', '.join(subject.named_by[:5])}")
    return Verdict("broken", tuple(reasons), related=subject.named_by)


RULE = Rule(
    name="asset-file-broken",
    looks="files",
    severity="error",
    question="Can the file be opened?",
    remedy="Deliver the file again, whole and in the format that its name tells.",
    judge=judge,
    sudden=True,
)
