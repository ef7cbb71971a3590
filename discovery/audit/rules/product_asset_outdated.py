"""``product-asset-outdated``: a product that moved on from all of its pictures."""

from __future__ import annotations

from datetime import datetime, timedelta

from discovery.audit.context import Context
from discovery.audit.model import AssetSubject, ProductSubject, Verdict, unknown
from discovery.audit.rules.base import Rule, needs_assets
from discovery.audit.verdict import Cause, is_discontinued, outdated
from mappings.documents import AssetDocument

_OF_THE_PRODUCT = frozenset({Cause.LIFECYCLE, Cause.SEASON, Cause.CHANGED, Cause.UNUSED})


def judge(subject: ProductSubject, context: Context) -> Verdict | None:
    """Flag a product that changed long after its newest picture, or whose pictures are all outdated."""
    product = subject.product
    if not subject.assets or is_discontinued(product, context):
        return None
    if len(subject.assets) < len(set(product.assets.ids)):
        return unknown("some of its assets could not be read")
    made = [_made(asset) for asset in subject.assets]
    newest = max((moment for moment in made if moment is not None), default=None)
    changed, gap = product.source.modified, timedelta(days=context.settings.changed_days)
    if changed is not None and newest is not None and None not in made and changed - newest > gap:
        reason = f"it changed on {changed:%Y-%m-%d}, its newest picture is of {newest:%Y-%m-%d}"
        return Verdict("pictures older than the product", (reason,), confidence=0.6, severity="info")
    judged = [
        outdated(AssetSubject(asset, (product,)), context, without=_OF_THE_PRODUCT)
        for asset in subject.assets
    ]
    if all(one.answer == "yes" for one in judged):
        first = [
            f"{a.source.filename}: {v.grounds[0].reason}" for a, v in zip(subject.assets, judged, strict=True)
        ]
        return Verdict(
            "all pictures outdated", tuple(first[:5]), confidence=min(one.confidence for one in judged)
        )
    return None


def _made(asset: AssetDocument) -> datetime | None:
    return asset.source.created or asset.source.modified


RULE = Rule(
    name="product-asset-outdated",
    looks="products",
    severity="warning",
    question="Do its pictures still show what it is?",
    remedy="Look at its pictures beside the product; have new ones made where they differ.",
    judge=judge,
    answerable=needs_assets,
)
