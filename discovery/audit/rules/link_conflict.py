"""``link-conflict``: two products claim one picture, and only one of them can be right."""

from __future__ import annotations

import re

from discovery.audit.context import Context
from discovery.audit.model import AssetSubject, Verdict
from discovery.audit.rules.base import Rule, needs_products
from mappings.documents import ProductDocument

CONFLICT = "conflict"


def judge(subject: AssetSubject, _: Context) -> Verdict | None:
    """Flag what linking calls a conflict, or whose name carries the SKU of one product and not the other's.

    A parent and its variants may share pictures, and so may products of which the name carries none.
    """
    if subject.link_state == CONFLICT and len(subject.claimants) > 1:
        told = f"{', '.join(subject.claimants[:-1])} and {subject.claimants[-1]} claim it"
        return Verdict("claimed twice", (told,), related=subject.claimants)
    named_twice = _named_twice(subject)
    if named_twice is None and subject.link_state == CONFLICT:
        return Verdict("claimed twice", ("several products claim it",), related=subject.claimants)
    return named_twice


def _named_twice(subject: AssetSubject) -> Verdict | None:
    """Return what the file's own name has against one of the products that show it."""
    if len(subject.products) < 2:
        return None
    named = [product for product in subject.products if _carries(subject, product)]
    strangers = [
        product
        for product in subject.products
        if product not in named and not any(_related(product, other) for other in named)
    ]
    if not named or not strangers:
        return None
    own, other = named[0].source.sku, ", ".join(product.source.sku for product in strangers[:5])
    return Verdict(
        "claimed twice",
        (f"its name carries {own}, but it is linked to {other} as well",),
        confidence=0.9,
        related=(own, *(product.source.sku for product in strangers)),
    )


def _carries(subject: AssetSubject, product: ProductDocument) -> bool:
    """Return whether a file's name carries a SKU as a word of its own."""
    words = [re.escape(word) for word in re.split(r"[^0-9a-z]+", product.source.sku.casefold()) if word]
    if not words or sum(map(len, words)) < 3:
        return False
    pattern = rf"(?<![0-9a-z]){'[^0-9a-z]*'.join(words)}(?![0-9a-z])"
    return re.search(pattern, subject.asset.source.filename.casefold()) is not None


def _related(one: ProductDocument, other: ProductDocument) -> bool:
    return one.source.parent == other.source.sku or other.source.parent == one.source.sku


RULE = Rule(
    name="link-conflict",
    looks="assets",
    severity="error",
    question="Is it claimed by products that cannot both be right?",
    remedy="Say which product it shows, and refuse the other.",
    judge=judge,
    answerable=needs_products,
)
