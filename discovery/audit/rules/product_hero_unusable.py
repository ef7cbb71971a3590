"""``product-hero-unusable``: a main picture that cannot or may not be shown."""

from __future__ import annotations

from discovery.audit import scopes
from discovery.audit.context import Context
from discovery.audit.model import ProductSubject, Severity, Verdict
from discovery.audit.paths import key_of
from discovery.audit.rules.asset_unapproved_in_use import is_unapproved
from discovery.audit.rules.base import Rule, needs_assets
from discovery.audit.rules.product_no_hero import HERO
from discovery.audit.verdict import ended
from mappings.documents import AssetDocument


def flaws(picture: AssetDocument, subject: ProductSubject, context: Context) -> list[tuple[Severity, str]]:
    """Return what keeps a picture from being a main picture: errors forbid it, warnings spoil it."""
    found: list[tuple[Severity, str]] = []
    media, ends = picture.media, picture.source.licence_ends
    if ends is not None and ended(ends, context.now):
        found.append(("error", f"its licence ended on {ends:%Y-%m-%d}"))
    if context.absent is not None and picture.id in context.absent:
        found.append(("error", "its source no longer lists it"))
    if media.type != "image":
        found.append(("warning", f"it is no picture but {media.type}"))
    if is_unapproved(picture.curation.status, context):
        found.append(("warning", f"its status is {picture.curation.status}"))
    least = scopes.least_long_edge_of(subject, context)
    if media.width and media.height and max(media.width, media.height) < least:
        found.append(("warning", f"{media.width} x {media.height} pixels; the long edge needs {least}"))
    return found


def judge(subject: ProductSubject, context: Context) -> Verdict | None:
    """Flag a product none of whose heroes can be shown as it is."""
    product = subject.product
    heroes = {link.id for link in product.assets.links if link.role == HERO}
    judged = [
        (picture, flaws(picture, subject, context)) for picture in subject.assets if picture.id in heroes
    ]
    if not judged:
        return _unreadable(subject, context)
    if any(not found for _, found in judged):
        return None
    picture, found = judged[0]
    severity: Severity = "error" if any(kind == "error" for kind, _ in found) else "warning"
    reasons = tuple(f"{picture.source.filename}: {reason}" for _, reason in found)
    return Verdict("main picture unusable", reasons, severity=severity, related=(picture.id,))


def _unreadable(subject: ProductSubject, context: Context) -> Verdict | None:
    """Flag a hero that its catalogue names and that failed to be indexed."""
    for image in subject.product.source.images:
        if image.role == HERO and (reason := context.failed.get(key_of(image.path))):
            return Verdict("main picture unusable", (f"{image.path}: {reason}",))
    return None


RULE = Rule(
    name="product-hero-unusable",
    looks="products",
    severity="error",
    question="Can its main picture be shown?",
    remedy="Mend the picture, or make another one the main picture.",
    judge=judge,
    answerable=needs_assets,
)
