"""``asset-expiring``: a licence that ends soon."""

from __future__ import annotations

from datetime import timedelta

from discovery.audit.context import Context
from discovery.audit.model import AssetSubject, Verdict
from discovery.audit.rules.base import Rule
from discovery.picture_sets.licences import ended


def judge(subject: AssetSubject, context: Context) -> Verdict | None:
    """Flag a licence that ends within ``audit.expiring_days``."""
    ends, soon = subject.asset.source.licence_ends, timedelta(days=context.settings.expiring_days)
    if ends is None or ended(ends, context.now) or ends > context.now + soon:
        return None
    days = (ends.date() - context.now.date()).days
    reasons = [f"its licence ends on {ends:%Y-%m-%d}, in {days} days"]
    if subject.asset.product.linked:
        reasons.append(f"it shows {', '.join(subject.asset.product.sku[:5])}")
    return Verdict("licence ends soon", tuple(reasons), related=subject.asset.product.sku, ends=ends)


RULE = Rule(
    name="asset-expiring",
    looks="assets",
    severity="warning",
    question="Does its licence end soon?",
    remedy="Renew the licence, or have a replacement ready by its end.",
    judge=judge,
    sudden=True,
)
