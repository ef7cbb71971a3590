"""``asset-unlinked``: a file that shows no product."""

from __future__ import annotations

from discovery.audit.context import Context
from discovery.audit.model import AssetSubject, Verdict, unknown
from discovery.audit.rules.base import Rule, needs_products


def judge(subject: AssetSubject, context: Context) -> Verdict | None:
    """Flag a file without a product, unless it is a copy or a new version of one that has some."""
    asset = subject.asset
    if asset.product.linked:
        return None
    if asset.run is not None and asset.run.pending:
        return unknown("it is still being connected")
    copy = context.copies.get(asset.id)
    if (copy is not None and copy.linked) or asset.id in context.successors:
        return None
    reasons = ["no product names it, and nothing in its name or metadata leads to one"]
    if subject.link_state == "review":
        reasons = [f"a link to {', '.join(subject.claimants) or 'a product'} waits for review"]
    return Verdict("unlinked", tuple(reasons), related=subject.claimants)


RULE = Rule(
    name="asset-unlinked",
    looks="assets",
    severity="warning",
    question="Does it show a product?",
    remedy="Link it to the product it shows, or archive it.",
    judge=judge,
    answerable=needs_products,
)
