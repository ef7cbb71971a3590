"""From the catalogue's documents to what rules look at: each with its other side, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from discovery.audit.model import About, AssetSubject, FileSubject, ProductSubject, Subject
from discovery.audit.paths import key_of
from mappings.documents import AssetDocument, ProductDocument, asset_id

ASSETS_AT_ONCE = 1000
PRODUCTS_AT_ONCE = 500
MOST_NAMED = 20

ASSET_PARTS = (
    "id", "source", "media.type", "media.mime", "media.format", "media.bytes", "media.checksum",
    "media.width", "media.height", "product", "curation", "usage", "run",
)  # fmt: skip
PRODUCT_PARTS = (
    "id", "source.name", "source.key", "source.row", "source.sku", "source.title", "source.parent",
    "source.variant", "source.status", "source.family", "source.modified", "source.created",
    "source.attribute_values.season", "curation", "usage",
)  # fmt: skip
PARENT_PARTS = (*PRODUCT_PARTS, "source.attribute_values.colour", "assets.linked", "assets.count")
PICTURE_PARTS = (
    "id", "source.name", "source.key", "source.uri", "source.filename", "source.created", "source.modified",
    "source.licence_ends", "media.type", "media.mime", "media.format", "media.bytes", "media.checksum",
    "media.width", "media.height", "media.plain_background", "curation", "usage",
)  # fmt: skip

LinkStates = Callable[[Sequence[str]], Mapping[str, tuple[str, tuple[str, ...]]]]
"""What linking made of each of some assets, by id: its state, and the SKUs that claim it."""


class Looked(Protocol):
    """The catalogue at one moment, as far as subjects are made from it."""

    def walk(
        self, side: str, page: int, includes: Sequence[str] | None = None
    ) -> Iterator[list[Mapping[str, Any]]]:
        """Yield every document of a side, a page at a time."""

    def fetch(
        self, side: str, ids: Iterable[str], *, includes: Sequence[str] | None = None
    ) -> dict[str, Mapping[str, Any]]:
        """Return documents by id."""

    def variants(self, parents: Sequence[str], includes: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Yield the variants of some products."""


def no_links(_: Sequence[str]) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Return nothing: linking has not looked at any asset."""
    return {}


def asset_subjects(catalogue: Looked, links: LinkStates = no_links) -> Iterator[list[AssetSubject]]:
    """Yield every asset with the products that show it, a page at a time."""
    for page in catalogue.walk("assets", ASSETS_AT_ONCE, ASSET_PARTS):
        assets = [AssetDocument.from_source(said) for said in page]
        skus = [sku for asset in assets for sku in asset.product.sku]
        found = catalogue.fetch("products", skus, includes=PRODUCT_PARTS)
        products = {sku: ProductDocument.from_source(said) for sku, said in found.items()}
        states = links([asset.id for asset in assets])
        yield [
            AssetSubject(
                asset,
                tuple(products[sku] for sku in asset.product.sku if sku in products),
                *states.get(asset.id, (None, ())),
            )
            for asset in assets
        ]


def product_subjects(catalogue: Looked) -> Iterator[list[ProductSubject]]:
    """Yield every product with the assets that show it and its parent, a page at a time."""
    for page in catalogue.walk("products", PRODUCTS_AT_ONCE):
        products = [ProductDocument.from_source(said) for said in page]
        ids = [ident for product in products for ident in product.assets.ids]
        found = catalogue.fetch("assets", ids, includes=PICTURE_PARTS)
        assets = {ident: AssetDocument.from_source(said) for ident, said in found.items()}
        above = [product.source.parent for product in products if product.source.parent]
        found = catalogue.fetch("products", above, includes=PARENT_PARTS)
        parents = {sku: ProductDocument.from_source(said) for sku, said in found.items()}
        inherited = _inherited(catalogue, products, assets.values())
        yield [
            ProductSubject(
                product,
                tuple(assets[ident] for ident in dict.fromkeys(product.assets.ids) if ident in assets),
                parents.get(product.source.parent or ""),
                frozenset(inherited.get(product.source.sku, ())),
            )
            for product in products
        ]


def _inherited(
    catalogue: Looked, products: Iterable[ProductDocument], assets: Iterable[AssetDocument]
) -> dict[str, set[str]]:
    """Return, by SKU, the pictures that variants name, of those products that lack some they name."""
    there = {key_of(asset.source.key) for asset in assets}
    lacking = [
        product.source.sku
        for product in products
        if not product.source.variant and any(key_of(i.path) not in there for i in product.source.images)
    ]
    named: dict[str, set[str]] = {}
    if lacking:
        for said in catalogue.variants(lacking, ("source.parent", "source.image_paths")):
            paths = said["source"].get("image_paths") or ()
            named.setdefault(said["source"]["parent"], set()).update(path.lower() for path in paths)
    return named


class FailedFiles:
    """Files that could not be indexed, and the products that name them."""

    def __init__(self, records: Iterable[Mapping[str, Any]]) -> None:
        self._files: dict[tuple[str, str], tuple[str, datetime | None]] = {}
        self._named: dict[str, list[str]] = {}
        for record in records:
            since = record.get("first_seen")
            place = (record["source"], record["key"])
            self._files[place] = (record["reason"], datetime.fromisoformat(since) if since else None)
            self._named.setdefault(key_of(record["key"]), [])

    def reasons(self) -> dict[str, str]:
        """Return each file's reason by its key in lowercase."""
        return {key_of(key): reason for (_, key), (reason, _) in self._files.items()}

    def note(self, subject: ProductSubject) -> None:
        """Remember a product that names some of them."""
        if not self._named:
            return
        said = subject.product.source
        for image in said.images:
            named = self._named.get(key_of(image.path))
            if named is not None and len(named) < MOST_NAMED and said.sku not in named:
                named.append(said.sku)

    def subjects(self) -> Iterator[FileSubject]:
        """Yield them all."""
        for (source, key), (reason, since) in sorted(self._files.items()):
            named = tuple(self._named[key_of(key)])
            yield FileSubject(asset_id(source, key), source, key, reason, since, named)


def about(subject: Subject) -> About:
    """Return how people know a subject."""
    if isinstance(subject, AssetSubject):
        said = subject.asset.source
        families = subject.asset.product.family
        picture = subject.asset.id if subject.asset.media.type == "image" else None
        return About(
            "asset", subject.asset.id, said.key, said.name, families[0] if families else None, picture
        )
    if isinstance(subject, FileSubject):
        return About("asset", subject.id, subject.key, subject.source)
    product = subject.product
    heroes = [link.id for link in product.assets.links if link.role == "hero"] or list(product.assets.ids)
    pictured = heroes[0] if heroes else None
    return About(
        "product", product.id, product.source.title, product.source.name, product.source.family, pictured
    )
