"""``product-no-hero``: a product with pictures, none of which is its main one."""

from __future__ import annotations

from discovery.audit.context import Context
from discovery.audit.model import ProductSubject, Verdict
from discovery.audit.rules.base import Rule, needs_assets
from discovery.picture_sets.heroes import HERO


def judge(subject: ProductSubject, _: Context) -> Verdict | None:
    """Flag a product whose assets have no hero among them, unless the named hero is broken or missing."""
    product = subject.product
    links = product.assets.links
    if not product.assets.linked or any(link.role == HERO for link in links):
        return None
    if any(image.role == HERO for image in product.source.images):
        return None  # it has one, which cannot be shown: the rule about unusable heroes tells that
    roles = ", ".join(sorted({link.role for link in links})) or "no roles"
    return Verdict("no main picture", (f"its {product.assets.count} assets are: {roles}",))


RULE = Rule(
    name="product-no-hero",
    looks="products",
    severity="warning",
    question="Has it a main picture?",
    remedy="Make one of its pictures the main one.",
    judge=judge,
    answerable=needs_assets,
)
