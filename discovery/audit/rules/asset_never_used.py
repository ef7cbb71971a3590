"""``asset-never-used``: a file that nobody ever took."""

from __future__ import annotations

from discovery.audit.context import Context
from discovery.audit.model import AssetSubject, Verdict, unknown
from discovery.audit.rules.base import Rule
from discovery.audit.verdict import Use, use_of

_CONFIDENCE = {Use.DEFINITELY: 0.95, Use.PROBABLY: 0.7}


def judge(subject: AssetSubject, context: Context) -> Verdict | None:
    """Flag what is definitely or probably never used, never while the usage feed is incomplete."""
    use, reason = use_of(subject, context)
    if use is Use.UNKNOWN:
        return unknown(reason)
    confidence = _CONFIDENCE.get(use)
    return None if confidence is None else Verdict(str(use), (reason,), confidence=confidence)


def answerable(context: Context) -> str | None:
    """Return why nothing can be called unused in this run."""
    if context.usage is None:
        return "there is no usage feed"
    return None if context.usage.complete else "the usage feed is incomplete"


RULE = Rule(
    name="asset-never-used",
    looks="assets",
    severity="info",
    question="Has anybody ever used it?",
    remedy="Archive it, or find out why nobody finds it.",
    judge=judge,
    answerable=answerable,
    sudden=True,
)
