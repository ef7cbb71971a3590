"""A small catalogue with names, for tests that read as sentences."""

from __future__ import annotations

from datetime import UTC, datetime

from discovery.config import AuditSettings
from discovery.picture_sets.standing import SetJudge
from mappings.documents import (
    AssetDocument,
    AssetLink,
    AssetSource,
    AssetsSide,
    Colour,
    Curation,
    Media,
    ProductCuration,
    ProductDocument,
    ProductLink,
    ProductSide,
    ProductSource,
    Usage,
    asset_id,
    attribute_token,
    category_ancestors,
)

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;{{7*7}}"


def asset(key: str, **given: object) -> AssetDocument:
    filename = key.rpartition("/")[2]
    colours = given.get("colours", ("red",))
    sku = given.get("sku")
    return AssetDocument(
        id=asset_id("studio", key),
        source=AssetSource(
            name="studio",
            key=key,
            uri=f"/photos/{key}",
            filename=filename,
            identifiers=(filename,),
            title=given.get("title"),  # type: ignore[arg-type]
            keywords=given.get("keywords", ()),  # type: ignore[arg-type]
            creator="A. Moreau",
            licence_ends=datetime(2027, 12, 31, tzinfo=UTC),
            modified=datetime(2025, 3, 1, 8, tzinfo=UTC),
        ),
        media=Media(
            type="image",
            mime="image/jpeg",
            format="jpeg",
            bytes=81_234,
            checksum="sha256:" + f"{len(key):02x}ab" * 16,
            width=given.get("width", 842),  # type: ignore[arg-type]
            height=1061,
            orientation="portrait",
            colours=tuple(Colour(name, "#aa2a2a", 0.31) for name in colours),  # type: ignore[attr-defined]
            colour=colours,  # type: ignore[arg-type]
        ),
        product=ProductSide(
            linked=sku is not None,
            link_state="none" if sku is None else "auto",
            sku=(sku,) if sku else (),  # type: ignore[arg-type]
            name=("Tide mug",) if sku else (),
            brand=("Ostrea",) if sku else (),
            family=("Mug",) if sku else (),
            category_paths=category_ancestors(("Table/Mugs",)) if sku else (),
            attributes=(attribute_token("colour", "Sea green"),) if sku else (),
            links=(ProductLink(str(sku), "hero", "filename", 0.98, "Tide mug", "Ostrea"),) if sku else (),
        ),
        curation=Curation("approved"),
        usage=Usage(3, datetime(2025, 4, 1, tzinfo=UTC)),
    )


def product(sku: str, *pictures: AssetDocument, **given: object) -> ProductDocument:
    said = ProductSource(
        name="shop",
        key=sku,
        row=1,
        sku=sku,
        title=str(given.get("title", "Tide mug")),
        parent=given.get("parent"),  # type: ignore[arg-type]
        variant="parent" in given,
        identifiers=(sku, "4006381333931"),
        description=given.get("description"),  # type: ignore[arg-type]
        brand="Ostrea",
        family="Mug",
        categories=("Table/Mugs",),
        category_paths=category_ancestors(("Table/Mugs",)),
        price=18.0,
        currency="EUR",
        status="active",
        attributes=(attribute_token("colour", "Sea green"),),
        attribute_values={"colour": ("Sea green",)},
    )
    side = AssetsSide(
        linked=bool(pictures),
        count=len(pictures),
        colour=("red",) if pictures else (),
        links=tuple(
            AssetLink(one.id, "alternate" if number else "hero", "filename", 0.98)
            for number, one in enumerate(pictures)
        ),
    )
    return ProductDocument(
        id=f"shop:{sku}",
        source=said,
        assets=SetJudge(AuditSettings()).judged(said, side, pictures, datetime(2026, 1, 1, tzinfo=UTC)),
        curation=ProductCuration(),
        usage=Usage(),
    )


MUG_FRONT = asset("mugs/tide_front.jpg", title="Tide mug, front", sku="TIDE/1", keywords=("mug", "studio"))
MUG_BACK = asset("mugs/tide_back.jpg", title="Tide mug, back", sku="TIDE/1", colours=("red", "blue"))
BOWL = asset("bowls/low_bowl.jpg", colours=("orange",), width=400, keywords=("bowl",))
HOSTILE_PICTURE = asset("x/hostile.jpg", title=HOSTILE, keywords=(HOSTILE,), colours=("blue",))
ROOMS = tuple(asset(f"rooms/room_{n:02}.jpg", title=f"Room {n}", colours=("white",)) for n in range(40))
ASSETS = (MUG_FRONT, MUG_BACK, BOWL, HOSTILE_PICTURE, *ROOMS)

MUG = product("TIDE/1", MUG_FRONT, MUG_BACK)
MUG_SMALL = product("TIDE/1-S", MUG_FRONT, parent="TIDE/1", title="Tide mug, small")
HOSTILE_PRODUCT = product("HOSTILE", title=HOSTILE, description=HOSTILE)
PRODUCTS = (MUG, MUG_SMALL, HOSTILE_PRODUCT)
