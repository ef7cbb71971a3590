"""``link-dead``: a product names a picture that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from discovery.audit.context import Context
from discovery.audit.model import ProductSubject, Verdict, unknown
from discovery.audit.paths import key_of
from discovery.audit.rules.base import Rule, needs_assets

MOST_TOLD = 5


def dead_paths(subject: ProductSubject, context: Context) -> Iterator[str]:
    """Yield the paths that lead to no asset.

    A file that is there and cannot be read is not dead, nor is one that people said it does not show, or that
    they merged into one that it shows; and what a variant names is the variant's finding.
    """
    said = subject.product.source
    places = [
        place
        for asset in subject.assets
        for place in (
            (asset.source.name, asset.source.key),
            *((gone.source, gone.key) for gone in asset.curation.absorbed),
        )
    ]
    there = {key_of(key) for source, key in places if said.image_source in (None, source)}
    there |= context.failed.keys() | subject.inherited | context.refused.get(said.sku, frozenset())
    for image in said.images:
        if key_of(image.path) not in there:
            yield image.path


def judge(subject: ProductSubject, context: Context) -> Verdict | None:
    """Flag a product that names pictures which no source has."""
    product = subject.product
    if not product.source.images:
        return None
    if product.run is not None and product.run.pending:
        return unknown("it is still being connected")
    if len(subject.assets) < len(set(product.assets.ids)):
        return unknown("some of its assets could not be read")
    dead = tuple(dict.fromkeys(dead_paths(subject, context)))
    if not dead:
        return None
    more = f", and {len(dead) - MOST_TOLD} more" if len(dead) > MOST_TOLD else ""
    return Verdict(
        "dead link", (f"not there: {', '.join(dead[:MOST_TOLD])}{more}",), related=dead[:MOST_TOLD]
    )


RULE = Rule(
    name="link-dead",
    looks="products",
    severity="error",
    question="Is every picture that it names there?",
    remedy="Deliver the file under that name, or take the name out of the catalogue.",
    judge=judge,
    answerable=needs_assets,
)
