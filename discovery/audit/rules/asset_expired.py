"""``asset-expired``: a licence that has ended."""

from __future__ import annotations

from discovery.audit.context import Context
from discovery.audit.model import AssetSubject, Verdict
from discovery.audit.rules.base import Rule
from discovery.picture_sets.licences import ended


def judge(subject: AssetSubject, context: Context) -> Verdict | None:
    """Flag a licence that ended before now; an error while a product shows the file."""
    ends = subject.asset.source.licence_ends
    if ends is None or not ended(ends, context.now):
        return None
    linked = subject.asset.product.linked
    reasons = [f"its licence ended on {ends:%Y-%m-%d}"]
    if linked:
        reasons.append(f"it still shows {', '.join(subject.asset.product.sku[:5])}")
    return Verdict(
        "licence ended",
        tuple(reasons),
        severity=None if linked else "warning",
        related=subject.asset.product.sku,
        ends=ends,
    )


RULE = Rule(
    name="asset-expired",
    looks="assets",
    severity="error",
    question="Has its licence ended?",
    remedy="Take it off its products now, then renew the licence or replace the file.",
    judge=judge,
    sudden=True,
)
