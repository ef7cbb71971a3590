"""``asset-unapproved-in-use``: a product shows what nobody approved."""

from __future__ import annotations

from discovery.audit.context import Context
from discovery.audit.model import AssetSubject, Verdict
from discovery.audit.rules.base import Rule
from discovery.picture_sets.heroes import is_unapproved


def judge(subject: AssetSubject, context: Context) -> Verdict | None:
    """Flag a linked file in one of the states of ``audit.unapproved``."""
    asset = subject.asset
    if not asset.product.linked or not is_unapproved(asset.curation.status, context.settings):
        return None
    return Verdict(
        "unapproved",
        (f"its status is {asset.curation.status}", f"it shows {', '.join(asset.product.sku[:5])}"),
        related=asset.product.sku,
    )


RULE = Rule(
    name="asset-unapproved-in-use",
    looks="assets",
    severity="error",
    question="Is it approved for the products it shows?",
    remedy="Approve it, or take it off its products.",
    judge=judge,
)
