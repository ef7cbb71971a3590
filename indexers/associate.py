"""Which asset shows which product, and what each side carries of the other. Pure.

A catalogue names pictures by paths; an asset has a source and a key. A path means the asset with exactly
that key, in the assets source that the catalogue names, or in every source when it names none; where there is
none, those whose keys differ by upper and lower case.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mappings.documents import (
    AssetDocument,
    AssetLink,
    AssetsSide,
    ImageReference,
    LinkDocument,
    ProductDocument,
    ProductLink,
    ProductSide,
)

DECLARED = "declared"
DECIDED = "decided"
AUTO, NO_LINK = "auto", "none"
HERO = "hero"

MOST_PRODUCTS = 1000
"""Products that one asset carries, at most: a placeholder may be named by a whole catalogue."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an asset lies, or lay one that was merged into it."""

    source: str
    key: str
    id: str


def path_key(path: str) -> str:
    """Return the asset key that a path means: relative to the source, forward slashes, composed (NFC)."""
    key = path.replace("\\", "/").removeprefix("./").lstrip("/")
    return key if key.isascii() else unicodedata.normalize("NFC", key)


def key_forms(key: str) -> tuple[str, str]:
    """Return the ways in which a product's picture path may write an asset's key."""
    return key, key.lower()


def path_keys(images: Sequence[ImageReference]) -> tuple[str, ...]:
    """Return what ``source.image_paths`` holds: each path's key and its lowercase form, once."""
    keys = (path_key(image.path) for image in images)
    return tuple(dict.fromkeys(form for key in keys for form in key_forms(key)))


class Places:
    """The assets that exist among those that some products name."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._exact: dict[str, list[Place]] = defaultdict(list)
        self._folded: dict[str, list[Place]] = defaultdict(list)
        for place in sorted(set(places)):
            self._exact[place.key].append(place)
            self._folded[place.key.lower()].append(place)

    def find(self, path: str, source: str | None) -> list[Place]:
        """Return the assets that ``path`` means, in order of source."""
        key = path_key(path)
        exact = [place for place in self._exact.get(key, ()) if source in (None, place.source)]
        return exact or [p for p in self._folded.get(key.lower(), ()) if source in (None, p.source)]


def unresolved(product: ProductDocument, places: Places) -> set[str]:
    """Return the keys that the product's paths mean, of those that mean none of ``places``."""
    said = product.source
    return {path_key(i.path) for i in said.images if not places.find(i.path, said.image_source)}


def links_of(
    product: ProductDocument,
    places: Places,
    judged: Iterable[LinkDocument] = (),
    inherited: Iterable[AssetLink] = (),
) -> tuple[AssetLink, ...]:
    """Return the product's links: first those that its catalogue names, in its order, then the others.

    ``judged`` are the assets that were linked to it otherwise, or refused. A person's word goes before the
    catalogue's. ``inherited`` are links that assets have from others, which were merged into them.
    """
    sku = product.source.sku
    links: dict[str, AssetLink] = {}
    for image in product.source.images:
        for place in places.find(image.path, product.source.image_source):
            links.setdefault(place.id, AssetLink(place.id, image.role, DECLARED, 1.0))
    told = list(judged)
    for asset in told:
        for link in asset.applied:
            if link.sku == sku and (link.method == DECIDED or asset.id not in links):
                links[asset.id] = AssetLink(asset.id, link.role, link.method, link.confidence)
    for inherits in inherited:
        links.setdefault(inherits.id, inherits)
    for asset in told:
        if sku in asset.refused:
            links.pop(asset.id, None)
    return tuple(links.values())


def main_picture(links: Sequence[AssetLink], assets: Mapping[str, AssetDocument]) -> str | None:
    """Return the id of the picture whose vectors stand for the product: its hero, else its first."""
    return main_of(links, {ident for ident, one in assets.items() if one.media.recipe is not None})


def main_of(links: Sequence[AssetLink], pictured: Container[str]) -> str | None:
    """Return the same where the ids of assets with vectors are known."""
    pictures = [link for link in links if link.id in pictured]
    heroes = [link for link in pictures if link.role == HERO]
    return next((link.id for link in heroes or pictures), None)


def assets_side(
    links: Sequence[AssetLink], assets: Mapping[str, AssetDocument], main: AssetDocument | None
) -> AssetsSide:
    """Return what a product carries of its ``assets``; ``main`` is its main picture with its vectors."""
    shown = [assets[link.id] for link in links if link.id in assets]
    return AssetsSide(
        linked=bool(links),
        count=len(links),
        ids=tuple(link.id for link in links),
        colour=_once(name for asset in shown for name in asset.media.colour),
        palette=tuple(sorted({packed for asset in shown for packed in asset.media.palette})),
        status=_once(asset.curation.status for asset in shown),
        links=tuple(links),
        recipe=main.media.recipe if main else None,
        vector=main.media.vector if main else None,
        look=main.media.look if main else None,
    )


def link_state(judged: LinkDocument | None, *, linked: bool) -> str:
    """Return what is to be done about an asset's links; where nothing is kept, the catalogue's word holds."""
    if judged is not None and judged.state != NO_LINK:
        return judged.state
    return AUTO if linked else NO_LINK


def product_side(
    links: Iterable[tuple[ProductDocument, AssetLink]], judged: LinkDocument | None = None
) -> ProductSide:
    """Return what an asset carries of the products that show it: parents first, then variants, by SKU."""
    ordered = sorted(links, key=lambda pair: (pair[0].source.variant, pair[0].source.sku))[:MOST_PRODUCTS]
    sources = [product.source for product, _ in ordered]
    return ProductSide(
        linked=bool(ordered),
        link_state=link_state(judged, linked=bool(ordered)),
        sku=_once(source.sku for source in sources),
        name=_once(source.title for source in sources),
        brand=_once(source.brand for source in sources),
        family=_once(source.family for source in sources),
        category_paths=_once(path for source in sources for path in source.category_paths),
        status=_once(source.status for source in sources),
        role=_once(link.role for _, link in ordered),
        attributes=_once(token for source in sources for token in source.attributes),
        attribute_text=_once(text for source in sources for text in source.attribute_text),
        links=tuple(
            ProductLink(
                product.source.sku,
                link.role,
                link.method,
                link.confidence,
                product.source.title,
                product.source.brand,
            )
            for product, link in ordered
        ),
    )


def _once(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
