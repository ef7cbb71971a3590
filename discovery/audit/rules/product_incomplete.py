"""``product-incomplete``: a product record with empty cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from discovery.audit import scopes
from discovery.audit.context import Context
from discovery.audit.model import ProductSubject, Verdict
from discovery.audit.rules.base import Rule
from mappings.documents import ProductSource, attribute_code

ATTRIBUTE = "attribute."

_SAYS: Mapping[str, Callable[[ProductSource], bool]] = {
    "title": lambda said: bool(said.title) and said.title != said.sku,
    "description": lambda said: bool(said.description),
    "brand": lambda said: bool(said.brand),
    "family": lambda said: bool(said.family),
    "category": lambda said: bool(said.categories),
    "price": lambda said: said.price is not None,
    "currency": lambda said: bool(said.currency),
    "status": lambda said: bool(said.status),
    "identifier": lambda said: len(said.identifiers) > 1,
}


def says(said: ProductSource, name: str) -> bool:
    """Return whether a product says something: a field, or ``attribute.CODE``."""
    if name.startswith(ATTRIBUTE):
        return bool(said.attribute_values.get(attribute_code(name.removeprefix(ATTRIBUTE))))
    return _SAYS[name](said)


def judge(subject: ProductSubject, context: Context) -> Verdict | None:
    """Flag what ``audit.required`` asks for; tell what nearly all others of the family have as well."""
    said = subject.product.source
    missing = [name for name in scopes.required_of(subject, context) if not says(said, name)]
    expected = context.expected.get(said.family or "", frozenset())
    unlike = sorted(code for code in expected if not said.attribute_values.get(code))
    reasons = []
    if missing:
        reasons.append(f"it does not say: {', '.join(missing)}")
    if unlike:
        reasons.append(f"unlike most of {said.family}, it does not say: {', '.join(unlike)}")
    if not reasons:
        return None
    return Verdict(
        "incomplete record",
        tuple(reasons),
        confidence=1.0 if missing else context.settings.attribute_share,
        severity=None if missing else "info",
    )


RULE = Rule(
    name="product-incomplete",
    looks="products",
    severity="warning",
    question="Does its record say what it must?",
    remedy="Fill in what is missing in the catalogue.",
    judge=judge,
)
