"""``asset-superseded-in-use``: a product shows an old version while a newer one lies there."""

from __future__ import annotations

from discovery.audit.context import Context
from discovery.audit.model import AssetSubject, Verdict
from discovery.audit.rules.base import Rule


def judge(subject: AssetSubject, context: Context) -> Verdict | None:
    """Flag a linked file that has a newer version, or a better copy, which is not in its place.

    So too one that was merged into another and is still published somewhere.
    """
    asset = subject.asset
    newer = context.newer.get(asset.id)
    published = asset.usage.channels if asset.curation.merged_into is not None else ()
    if newer is None or not (asset.product.linked or published):
        return None
    shown = f"it still shows {', '.join(asset.product.sku[:5])}"
    if published:
        shown = f"it is still published in {', '.join(published[:5])}"
    return Verdict("superseded", (newer.why, shown), confidence=newer.confidence, related=(newer.id,))


RULE = Rule(
    name="asset-superseded-in-use",
    looks="assets",
    severity="warning",
    question="Is there a newer version that no product shows?",
    remedy="Link the newer version in its place.",
    judge=judge,
)
