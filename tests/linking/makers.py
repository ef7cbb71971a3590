"""Products and assets for the tests, with no more said than a test needs."""

from __future__ import annotations

from collections.abc import Iterable

from discovery.config import LinkingSettings
from discovery.linking.book import ProductBook
from discovery.linking.linker import Linker
from mappings.documents import (
    AssetDocument,
    AssetSource,
    AssetsSide,
    Colour,
    Curation,
    Media,
    ProductCuration,
    ProductDocument,
    ProductSide,
    ProductSource,
    Usage,
    asset_id,
)

RED = Colour("red", "#c4161c", 0.6)
BLUE = Colour("blue", "#1f5fc4", 0.6)

# The jacket's parent carries the colours of its variants, the mug's parent is a mug itself.
JACKET_EAN = "4006381333931"


def product(
    sku: str,
    title: str = "",
    *,
    parent: str | None = None,
    colours: Iterable[str] = (),
    identifiers: Iterable[str] = (),
    row: int = 0,
) -> ProductDocument:
    values = {"colour": tuple(colours)} if colours else {}
    source = ProductSource(
        "shop",
        sku,
        row,
        sku,
        title or sku,
        parent=parent,
        variant=parent is not None,
        identifiers=(sku, *identifiers),
        attribute_values=values,
    )
    return ProductDocument(sku, source, AssetsSide(), ProductCuration(), Usage())


def asset(
    key: str,
    *,
    title: str | None = None,
    description: str | None = None,
    keywords: tuple[str, ...] = (),
    identifiers: tuple[str, ...] = (),
    colours: tuple[Colour, ...] = (),
    size: tuple[int, int] | None = (800, 1000),
) -> AssetDocument:
    filename = key.rpartition("/")[2]
    stem = filename.rpartition(".")[0]
    width, height = size or (None, None)
    return AssetDocument(
        asset_id("studio", key),
        AssetSource(
            "studio",
            key,
            f"file:///{key}",
            filename,
            identifiers=(filename, stem, *identifiers),
            title=title,
            description=description,
            keywords=keywords,
        ),
        Media("image", "image/jpeg", "jpeg", 1, "", width=width, height=height, colours=colours),
        ProductSide(),
        Curation(),
        Usage(),
    )


def jacket() -> list[ProductDocument]:
    variants = [
        product(
            f"WJ01-{size}-{colour}",
            f"Stellar Running Jacket-{size}-{colour}",
            parent="WJ01",
            colours=(colour,),
            identifiers=(JACKET_EAN,) if (size, colour) == ("S", "Red") else (),
            row=row,
        )
        for row, (size, colour) in enumerate([("S", "Blue"), ("M", "Blue"), ("S", "Red"), ("M", "Red")])
    ]
    return [*variants, product("WJ01", "Stellar Running Jacket", colours=("Blue", "Red"), row=9)]


def mugs() -> list[ProductDocument]:
    return [
        product("MG-101", "Skerry Mug", colours=("Terracotta", "Ink Blue", "Sage Green"), row=20),
        product("MG-102", "Skerry Mug", parent="MG-101", colours=("Ink Blue",), row=21),
        product("MG-103", "Skerry Mug", parent="MG-101", colours=("Sage Green",), row=22),
    ]


def others() -> list[ProductDocument]:
    return [
        product("LP-500", "Toadstool Lamp", colours=("Red",), row=30),
        product("20411", "Fathom Wall Clock", row=31),
        product("TB-802", "Orbit Coffee Table", colours=("Walnut",), row=32),
        product("TB-900", "Orbit Table", colours=("Walnut",), row=33),
    ]


def shop() -> list[ProductDocument]:
    return [*jacket(), *mugs(), *others()]


def linker(products: Iterable[ProductDocument] | None = None, **settings: object) -> Linker:
    return Linker(ProductBook(shop() if products is None else products), LinkingSettings(**settings))  # type: ignore[arg-type]
