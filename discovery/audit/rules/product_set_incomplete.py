"""``product-set-incomplete``: a product without all the pictures its family and channels need."""

from __future__ import annotations

from discovery.audit.context import Context
from discovery.audit.model import ProductSubject, Verdict, unknown
from discovery.audit.rules.base import Rule, needs_assets
from discovery.picture_sets.needs import picture_sets


def judge(subject: ProductSubject, context: Context) -> Verdict | None:
    """Flag a product that has pictures, but not every view that is asked for, as good as it is asked for."""
    product = subject.product
    if not product.assets.linked:
        return None  # nothing at all is another rule's finding
    if len(subject.assets) < len(set(product.assets.ids)):
        return unknown("some of its assets could not be read")
    sets = picture_sets(product.source, product.assets.links, subject.assets, context.settings)
    incomplete = [one for one in sets if one.percent < 100]
    if not incomplete:
        return None
    reasons = tuple(
        (f"{one.channel}: " if one.channel else "") + need.problem
        for one in incomplete
        for need in one.needs
        if need.problem is not None
    )
    return Verdict(f"picture set {min(one.percent for one in incomplete)} % complete", reasons)


RULE = Rule(
    name="product-set-incomplete",
    looks="products",
    severity="warning",
    question="Has it every picture that its family and channels need?",
    remedy="Have the missing views made, or link them.",
    judge=judge,
    answerable=needs_assets,
)
