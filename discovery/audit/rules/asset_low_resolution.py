"""``asset-low-resolution``: a picture too small for the product it shows."""

from __future__ import annotations

from discovery.audit import scopes
from discovery.audit.context import Context
from discovery.audit.model import AssetSubject, Verdict, unknown
from discovery.audit.rules.base import Rule
from discovery.audit.spares import is_spare


def judge(subject: AssetSubject, context: Context) -> Verdict | None:
    """Flag a linked picture whose long edge has fewer pixels than ``audit.least_long_edge``."""
    media = subject.asset.media
    if media.type != "image" or not subject.asset.product.linked or is_spare(subject.asset, context):
        return None
    if not media.width or not media.height:
        return unknown("its size is not known")
    least = scopes.least_long_edge_of(subject, context)
    if max(media.width, media.height) >= least:
        return None
    return Verdict(
        "too small",
        (f"{media.width} x {media.height} pixels; the long edge needs {least}",),
        related=subject.asset.product.sku,
    )


RULE = Rule(
    name="asset-low-resolution",
    looks="assets",
    severity="warning",
    question="Has it enough pixels for the products it shows?",
    remedy="Deliver it larger.",
    judge=judge,
)
