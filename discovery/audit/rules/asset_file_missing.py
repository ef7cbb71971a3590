"""``asset-file-missing``: the index knows a file that its source no longer has."""

from __future__ import annotations

import re

from discovery.audit.context import Context
from discovery.audit.model import FileSubject, Verdict
from discovery.audit.rules.base import Rule

GONE = "its source no longer lists it"
_GONE = re.compile(r"(?i)no such file|not found|no longer (?:there|lists)|does not exist|vanished|\b404\b")


def is_missing(subject: FileSubject) -> bool:
    """Return whether a failed file is not there at all, rather than there and unreadable."""
    return _GONE.search(subject.reason) is not None


def judge(subject: FileSubject, _: Context) -> Verdict | None:
    """Flag a file that the last full listing did not have, or that was gone when it was to be read."""
    if not is_missing(subject):
        return None
    reasons = [subject.reason]
    if subject.named_by:
        reasons.append(f"it is named by {', '.join(subject.named_by[:5])}")
    return Verdict("missing", tuple(reasons), related=subject.named_by)


RULE = Rule(
    name="asset-file-missing",
    looks="files",
    severity="error",
    question="Is the file still where it was?",
    remedy="Put the file back, or index its source again so that it is taken out.",
    judge=judge,
    sudden=True,
)
