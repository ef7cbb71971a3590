"""``asset-stale``: a file that is outdated for reasons no other rule tells."""

from __future__ import annotations

from discovery.audit.context import Context
from discovery.audit.model import AssetSubject, Verdict, unknown
from discovery.audit.rules.base import Rule
from discovery.audit.verdict import Cause, outdated

TOLD_ELSEWHERE = frozenset({Cause.LICENCE, Cause.SUPERSEDED})


def judge(subject: AssetSubject, context: Context) -> Verdict | None:
    """Flag what lifecycle, season, change, last use and age together make outdated."""
    verdict = outdated(subject, context, without=TOLD_ELSEWHERE)
    if verdict.answer == "unknown":
        return unknown("; ".join(verdict.missing))
    if verdict.answer == "no":
        return None
    by_age = {ground.cause for ground in verdict.grounds} <= {Cause.AGE, Cause.UNUSED}
    return Verdict(
        "outdated",
        tuple(ground.reason for ground in verdict.grounds),
        confidence=verdict.confidence,
        severity="info" if by_age else None,
        related=subject.asset.product.sku,
    )


RULE = Rule(
    name="asset-stale",
    looks="assets",
    severity="warning",
    question="Is it outdated?",
    remedy="Replace it, take it off its products, or archive it.",
    judge=judge,
    sudden=True,
)
