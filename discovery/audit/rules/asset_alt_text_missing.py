"""``asset-alt-text-missing``: a picture shown to people without words for those who cannot see it."""

from __future__ import annotations

from discovery.audit.context import Context
from discovery.audit.model import AssetSubject, Verdict
from discovery.audit.rules.base import Rule
from discovery.audit.spares import is_spare


def judge(subject: AssetSubject, context: Context) -> Verdict | None:
    """Flag a linked picture without alternative text."""
    asset = subject.asset
    if asset.media.type != "image" or not asset.product.linked or asset.source.alt_text:
        return None
    if is_spare(asset, context):
        return None
    return Verdict(
        "no alternative text",
        (f"it shows {', '.join(asset.product.sku[:5])} without words for those who cannot see it",),
        related=asset.product.sku,
    )


RULE = Rule(
    name="asset-alt-text-missing",
    looks="assets",
    severity="warning",
    question="Has it an alternative text?",
    remedy="Write what the picture shows, in one sentence (WCAG 2.2, 1.1.1).",
    judge=judge,
)
