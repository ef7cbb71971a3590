"""A small shop, made by hand: every item is there for a reason that its name tells."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image

from discovery.config import ImageSettings
from discovery.engine.client import Engine
from discovery.engine.indices import AliasChange, Indices
from discovery.engine.writer import Put, Writer
from discovery.vision.colours import packed
from discovery.vision.embedder import Recipe
from discovery.vision.fake import FakeEmbedder
from discovery.vision.images import open_picture
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
    percent_token,
)
from mappings.registry import ASSETS, PRODUCTS, Family, VectorSpace, body

FAKE = FakeEmbedder()
START = datetime(2026, 3, 1, tzinfo=UTC)
COLOURS = {
    "red": (200, 30, 30),
    "green": (40, 140, 60),
    "blue": (40, 80, 190),
    "purple": (120, 50, 150),
    "white": (245, 245, 245),
    "orange": (240, 140, 30),
}
Document = AssetDocument | ProductDocument


def hexadecimal(name: str) -> str:
    """A colour of the shop, such as ``#c81e1e``."""
    return "#" + "".join(f"{part:02x}" for part in COLOURS[name])


def painted(*colours: str) -> bytes:
    """A PNG of 64 x 64 pixels, with one upright stripe for each colour."""
    picture = Image.new("RGB", (64, 64))
    for number, colour in enumerate(colours):
        left, right = 64 * number // len(colours), 64 * (number + 1) // len(colours)
        picture.paste(COLOURS[colour], (left, 0, right, 64))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def product(sku: str, title: str, **given: Any) -> ProductDocument:
    attributes: Mapping[str, tuple[str, ...]] = given.pop("attributes", {})
    categories: tuple[str, ...] = given.pop("categories", ())
    day: int = given.pop("day", 0)
    side: AssetsSide = given.pop("assets", AssetsSide())
    return ProductDocument(
        id=sku,
        source=ProductSource(
            name="shop",
            key=sku,
            row=1,
            sku=sku,
            title=title,
            identifiers=(sku, *given.pop("identifiers", ())),
            categories=categories,
            category_paths=category_ancestors(categories),
            attributes=tuple(attribute_token(c, v) for c, values in attributes.items() for v in values),
            attribute_text=tuple(value for values in attributes.values() for value in values),
            attribute_values=attributes,
            modified=START + timedelta(days=day),
            **given,
        ),
        assets=side,
        curation=ProductCuration(),
        usage=Usage(),
    )


def asset(name: str, *colours: str, **given: Any) -> AssetDocument:
    key = f"shop/{name}"
    stem = name.rpartition(".")[0]
    shows: tuple[ProductDocument, ...] = given.pop("shows", ())
    day: int = given.pop("day", 0)
    categories: tuple[str, ...] = given.pop("categories", ())
    size = given.pop("size", (800, 600))
    recipe: str = given.pop("recipe", FAKE.recipe.digest)
    status: str = given.pop("status", "unreviewed")
    media = Media("document", "application/pdf", "pdf", 4_000, "sha256:" + "0" * 64)
    if colours:
        picture = open_picture(painted(*colours), ImageSettings())
        made = FAKE.embed_pictures([FAKE.prepare(picture)])[0]
        media = Media(
            "image",
            "image/png",
            "png",
            len(name) * 1000,
            "sha256:" + "1" * 64,
            width=size[0],
            height=size[1],
            orientation="landscape" if size[0] > size[1] else "portrait",
            colour=colours,
            palette=packed([Colour(name, hexadecimal(name), 1 / len(colours)) for name in colours]),
            recipe=recipe,
            vector=tuple(round(float(n), 6) for n in made.vector),
            look=tuple(round(float(n), 6) for n in made.look),
        )
    return AssetDocument(
        id=asset_id("studio", key),
        source=AssetSource(
            name="studio",
            key=key,
            uri=f"/pictures/{key}",
            filename=name,
            identifiers=(name, stem),
            categories=categories,
            category_paths=category_ancestors(categories),
            modified=START + timedelta(days=day),
            **given,
        ),
        media=media,
        product=ProductSide(
            linked=bool(shows),
            sku=tuple(p.source.sku for p in shows),
            name=tuple(p.source.title for p in shows),
            brand=tuple(p.source.brand for p in shows if p.source.brand),
            family=tuple(p.source.family for p in shows if p.source.family),
            category_paths=tuple(dict.fromkeys(c for p in shows for c in p.source.category_paths)),
            attributes=tuple(dict.fromkeys(a for p in shows for a in p.source.attributes)),
            attribute_text=tuple(dict.fromkeys(a for p in shows for a in p.source.attribute_text)),
            links=tuple(ProductLink(p.source.sku, "hero", "declared", 1.0) for p in shows),
        ),
        curation=Curation(status),
        usage=Usage(used=day),
    )


def with_picture(one: ProductDocument, *pictures: AssetDocument) -> ProductDocument:
    main = pictures[0].media
    side = AssetsSide(
        linked=True,
        count=len(pictures),
        ids=tuple(picture.id for picture in pictures),
        colour=tuple(dict.fromkeys(c for picture in pictures for c in picture.media.colour)),
        roles=("hero", "alternate")[: len(pictures)],
        hero_usable=len(pictures) > 1,
        hero_problems=() if len(pictures) > 1 else ("too small",),
        completeness=100 if len(pictures) > 1 else 33,
        channels=(percent_token("Web shop", 100 if len(pictures) > 1 else 9), percent_token("Print", 0)),
        lacking=() if len(pictures) > 1 else ("back", "detail"),
        links=tuple(
            AssetLink(picture.id, "hero" if n == 0 else "alternate", "declared", 1.0)
            for n, picture in enumerate(pictures)
        ),
        recipe=main.recipe,
        vector=main.vector,
        look=main.look,
    )
    return dataclasses.replace(one, assets=side)


JACKETS = ("Women/Tops/Jackets",)
_RIONA = product(
    "WJ05",
    "Riona Full Zip Jacket",
    brand="Luma",
    family="Top",
    categories=JACKETS,
    price=60.0,
    attributes={"colour": ("Red", "Green"), "material": ("Nylon",)},
    description="A jacket for windy days.",
    day=1,
)
_RIONA_RED = product(
    "WJ05-S-Red",
    "Riona Full Zip Jacket-S-Red",
    brand="Luma",
    family="Top",
    categories=JACKETS,
    price=60.0,
    parent="WJ05",
    variant=True,
    attributes={"colour": ("Red",), "size": ("S",)},
    day=2,
)
_RIONA_GREEN = product(
    "WJ05-S-Green",
    "Riona Full Zip Jacket-S-Green",
    brand="Luma",
    family="Top",
    categories=JACKETS,
    price=60.0,
    parent="WJ05",
    variant=True,
    attributes={"colour": ("Green",), "size": ("S",)},
    day=3,
)
_JUNO = product(
    "WJ06-Purple",
    "Juno Jacket",
    brand="Luma",
    family="Top",
    categories=JACKETS,
    price=77.5,
    attributes={"colour": ("Purple",), "material": ("Fleece",)},
    day=4,
)
_BAG = product(
    "24-WB04",
    "Push It Messenger Bag",
    brand="Bolé",
    family="Bag",
    categories=("Gear/Bags",),
    price=45.0,
    identifiers=("4006381333931",),
    attributes={"colour": ("Purple",), "strap": ("Shoulder",)},
    description="Carries a jacket, too.",
    day=5,
)

RED_FRONT = asset("wj05-red_main.png", "red", shows=(_RIONA, _RIONA_RED), title="Riona, front", day=1)
RED_COPY = asset("wj05-red_copy.png", "red", shows=(_RIONA,), day=2, keywords=("Studio",))
GREEN_FRONT = asset(
    "wj05-green_main.png", "green", shows=(_RIONA, _RIONA_GREEN), day=3, keywords=("studio", "Spring")
)
PURPLE_FRONT = asset(
    "wj06-purple_main.png", "purple", shows=(_JUNO,), day=4, size=(600, 900), keywords=("STUDIO",)
)
BAG_FRONT = asset("wb04-purple.png", "purple", "white", shows=(_BAG,), day=5, status="approved")
SEA = asset(
    "IMG_2041.png",
    "blue",
    title="Sea <b>& sky</b>",
    description="A jacket of <script>alert(1)</script> blue, far from any shop.",
    creator="Ana Lindén",
    categories=("Campaigns/Summer",),
    day=6,
    size=(4000, 3000),
    created=datetime(2025, 7, 14, 9, 30, tzinfo=UTC),
    licence_ends=datetime(2026, 12, 31, tzinfo=UTC),
)
SEA_WIDE = asset(
    "IMG_2042.png", "blue", "blue", "white", title="Sea, wide", day=7, categories=("Campaigns/Summer",)
)
TEE_FRONT = asset("t-shirts.png", "white", title="T-shirts on a line", day=8)
GUIDE = asset("care-guide.pdf", title="How to care for wool", day=9)

PRODUCT_LIST: tuple[ProductDocument, ...] = (
    with_picture(_RIONA, RED_FRONT, GREEN_FRONT, RED_COPY),
    with_picture(_RIONA_RED, RED_FRONT),
    with_picture(_RIONA_GREEN, GREEN_FRONT),
    with_picture(_JUNO, PURPLE_FRONT),
    with_picture(_BAG, BAG_FRONT),
    product("MS01", "Cotton T-Shirt", family="Top", attributes={"colour": ("White",)}, price=12.0, day=6),
    product("MS02", "Linen Tshirt", family="Top", attributes={"colour": ("White",)}, price=14.0, day=7),
    product("MS03", "Organic T Shirt", family="Top", attributes={"colour": ("Ecru",)}, price=16.0, day=8),
    product("MUG-1", "Stoneware Mug", family="Mug", attributes={"colour": ("Blue",)}, price=9.0, day=9),
    product("MUG1X", "Enamel Mug", family="Mug", attributes={"colour": ("White",)}, day=10),
    product("TRAP", "Yoga Mat <img src=x onerror=alert(1)>", family="Gear", description="Roll & go.", day=11),
)
ASSET_LIST: tuple[AssetDocument, ...] = (
    RED_FRONT,
    RED_COPY,
    GREEN_FRONT,
    PURPLE_FRONT,
    BAG_FRONT,
    SEA,
    SEA_WIDE,
    TEE_FRONT,
    GUIDE,
)


def create(engine: Engine, prefix: str, recipe: Recipe = FAKE.recipe, stamp: str = "1", **meta: Any) -> None:
    """Make both indices of ``prefix`` and point their read aliases at them."""
    indices = Indices(engine)
    described = {"similar_floor": recipe.similar_floor}
    space = VectorSpace(
        recipe.dimension,
        recipe.look_dimension,
        recipe.digest,
        described,
        derived=engine.ping().derives_vectors,
    )
    for family in (ASSETS, PRODUCTS):
        name = family.generation(prefix, stamp)
        made = body(family, shards=1, replicas=0, vectors=space, created="2026-01-01T00:00:00Z")
        made["mappings"]["_meta"] |= meta
        indices.create(name, made)
        old = indices.aliases(prefix).get(family.read_alias(prefix), ())
        changes = [AliasChange("remove", family.read_alias(prefix), index) for index in old]
        indices.swap_aliases([*changes, AliasChange("add", family.read_alias(prefix), name)])


def fill(engine: Engine, prefix: str, documents: Iterable[Document], stamp: str = "1") -> None:
    """Write documents into the indices of ``prefix`` and make them found."""
    writer = Writer(engine)
    for family in (ASSETS, PRODUCTS):
        name = family.generation(prefix, stamp)
        own = [d for d in documents if isinstance(d, _class_of(family))]
        outcomes = list(writer.write(Put(name, d.id, d.to_source()) for d in own))
        assert [o for o in outcomes if o.status != "written"] == []
        writer.refresh(name)


def _class_of(family: Family) -> type[Document]:
    return AssetDocument if family is ASSETS else ProductDocument
