"""``product-no-asset``: a product that nothing shows."""

from __future__ import annotations

from discovery.audit.context import Context
from discovery.audit.model import ProductSubject, Verdict, unknown
from discovery.audit.rules.base import Rule, needs_assets

_COLOUR = "colour"


def inherits(subject: ProductSubject) -> bool:
    """Return whether a variant is shown by its parent's pictures: it differs in something but colour."""
    parent = subject.parent
    if parent is None or not parent.assets.linked:
        return False
    own = set(subject.product.source.attribute_values.get(_COLOUR, ()))
    others = set(parent.source.attribute_values.get(_COLOUR, ()))
    return not own or (own <= others and len(others) == 1)


def judge(subject: ProductSubject, _: Context) -> Verdict | None:
    """Flag a product without any asset, unless its parent's pictures show it as well."""
    product = subject.product
    if product.assets.linked or inherits(subject):
        return None
    if product.run is not None and product.run.pending:
        return unknown("it is still being connected")
    named = len(product.source.images)
    reason = f"none of the {named} pictures that it names is there" if named else "it names no picture"
    return Verdict("no asset", (reason,))


RULE = Rule(
    name="product-no-asset",
    looks="products",
    severity="error",
    question="Does anything show it?",
    remedy="Link pictures that show it, or have some made.",
    judge=judge,
    answerable=needs_assets,
)
