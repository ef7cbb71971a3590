"""``product-hero-unusable``: a main picture that cannot or may not be shown."""

from __future__ import annotations

from discovery.audit.context import Context
from discovery.audit.model import ProductSubject, Severity, Verdict
from discovery.audit.paths import key_of
from discovery.audit.rules.base import Rule, needs_assets
from discovery.picture_sets.heroes import HERO, hero_of


def judge(subject: ProductSubject, context: Context) -> Verdict | None:
    """Flag a product none of whose heroes can be shown as it is."""
    product = subject.product
    hero = hero_of(
        product.source,
        product.assets.links,
        subject.assets,
        context.settings,
        context.now,
        context.absent or frozenset(),
    )
    if hero.picture is None:
        return _unreadable(subject, context)
    if hero.usable:
        return None
    severity: Severity = "error" if any(flaw.forbidden for flaw in hero.flaws) else "warning"
    reasons = tuple(f"{hero.picture.source.filename}: {flaw.reason}" for flaw in hero.flaws)
    return Verdict("main picture unusable", reasons, severity=severity, related=(hero.picture.id,))


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
