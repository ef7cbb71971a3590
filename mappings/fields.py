"""The role of each field: what is searched and how strongly, what can be filtered, faceted and sorted.

One table for queries, schemas, documentation and the page; a field's public name stands only here.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal

from mappings.documents import attribute_code

Side = Literal["assets", "products"]


class Kind(enum.Enum):
    """What values a field takes, and so which operators: ranges are for numbers and dates only."""

    KEYWORD = "keyword"
    IDENTIFIER = "identifier"
    NUMBER = "number"
    DATE = "date"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a request may name.

    ``attribute`` is the code when ``path`` holds attribute tokens, of numbers those of ``percent_token``.
    ``listed`` names the list of a collection's record in which items stand by their ``path``: what an item
    is in is not written on the item.
    """

    name: str
    path: str
    kind: Kind
    facet: bool = True
    attribute: str | None = None
    help: str = ""
    listed: str | None = None


@dataclass(frozen=True, slots=True)
class Searched:
    """A field that words are looked for in. ``kind``: exact words, stemmed words, or parts of identifiers."""

    path: str
    weight: float
    kind: Literal["exact", "stem", "parts"]


@dataclass(frozen=True, slots=True)
class Sort:
    """An order a request may name; ``path`` is ``_score`` for relevance. Ties are broken by ``id``."""

    name: str
    path: str
    descending: bool


def _table(*fields: Field) -> dict[str, Field]:
    return {field.name: field for field in fields}


_ASSETS = _table(
    Field(
        "filename",
        "source.identifiers",
        Kind.IDENTIFIER,
        False,
        help="the whole file name, with or without its ending",
    ),
    Field("keyword", "source.keywords", Kind.KEYWORD, help="keywords of the file"),
    Field(
        "category", "source.category_paths", Kind.KEYWORD, help="category, a path; a branch has its leaves"
    ),
    Field("colour", "media.colour", Kind.KEYWORD, help="dominant colours of the picture, by name"),
    Field("orientation", "media.orientation", Kind.KEYWORD, help="portrait, landscape or square"),
    Field("media_type", "media.type", Kind.KEYWORD, help="image, video, audio, document or other"),
    Field("format", "media.format", Kind.KEYWORD, help="file format"),
    Field("width", "media.width", Kind.NUMBER, False, help="pixels"),
    Field("height", "media.height", Kind.NUMBER, False, help="pixels"),
    Field("bytes", "media.bytes", Kind.NUMBER, False, help="file size in bytes"),
    Field("creator", "source.creator", Kind.KEYWORD, help="who made it"),
    Field("source", "source.name", Kind.KEYWORD, help="the source it came from"),
    Field("status", "curation.status", Kind.KEYWORD, help="approval status"),
    Field(
        "merged_into",
        "curation.merged_into",
        Kind.KEYWORD,
        False,
        help="the asset it was merged into; merged ones are shown only where this or status is asked for",
    ),
    Field("created", "source.created", Kind.DATE, False, help="when it was made"),
    Field("modified", "source.modified", Kind.DATE, False, help="when the file last changed"),
    Field("licence_ends", "source.licence_ends", Kind.DATE, False, help="when the licence ends"),
    Field("checksum", "media.checksum", Kind.KEYWORD, False, help="sha256 of the bytes"),
    Field("used", "usage.used", Kind.NUMBER, False, help="how often it was downloaded or published"),
    Field("last_used", "usage.last_used", Kind.DATE, False, help="when last"),
    Field("channel", "usage.channels", Kind.KEYWORD, help="channels where it is published now"),
    Field("linked", "product.linked", Kind.FLAG, help="whether it shows a product"),
    Field(
        "link.state",
        "product.link_state",
        Kind.KEYWORD,
        help="whether its links hold or wait: auto, decided, review, conflict or none",
    ),
    Field("product.sku", "product.sku", Kind.IDENTIFIER, False, help="SKU of a product it shows"),
    Field("product.brand", "product.brand", Kind.KEYWORD, help="brand of a product it shows"),
    Field("product.category", "product.category_paths", Kind.KEYWORD, help="category of a product it shows"),
    Field("product.family", "product.family", Kind.KEYWORD, help="family of a product it shows"),
    Field("product.status", "product.status", Kind.KEYWORD, help="status of a product it shows"),
    Field("product.role", "product.role", Kind.KEYWORD, help="what it is to a product: hero, back, detail …"),
    Field("plain_background", "media.plain_background", Kind.FLAG, help="whether its ground is plain"),
    Field("barcode", "media.barcodes", Kind.IDENTIFIER, False, help="a barcode that the picture shows"),
    Field("collection", "id", Kind.KEYWORD, help="a collection it is in, by id or name", listed="assets"),
)

_PRODUCTS = _table(
    Field("sku", "source.sku", Kind.IDENTIFIER, False, help="SKU"),
    Field("parent", "source.parent", Kind.IDENTIFIER, False, help="SKU of the product this is a variant of"),
    Field("variant", "source.variant", Kind.FLAG, help="whether it is a variant of another product"),
    Field("source", "source.name", Kind.KEYWORD, help="the catalogue it came from"),
    Field("brand", "source.brand", Kind.KEYWORD, help="brand"),
    Field(
        "category", "source.category_paths", Kind.KEYWORD, help="category, a path; a branch has its leaves"
    ),
    Field("family", "source.family", Kind.KEYWORD, help="family: products with the same attributes"),
    Field("price", "source.price", Kind.NUMBER, False, help="price in the catalogue's currency"),
    Field("currency", "source.currency", Kind.KEYWORD, help="ISO 4217 code"),
    Field("status", "source.status", Kind.KEYWORD, help="lifecycle status"),
    Field("created", "source.created", Kind.DATE, False, help="when it was made in the catalogue"),
    Field("modified", "source.modified", Kind.DATE, False, help="when it last changed in the catalogue"),
    Field("has_asset", "assets.linked", Kind.FLAG, help="whether any asset shows it"),
    Field("asset.count", "assets.count", Kind.NUMBER, False, help="how many assets show it"),
    Field("asset.colour", "assets.colour", Kind.KEYWORD, help="dominant colours of its pictures"),
    Field("asset.status", "assets.status", Kind.KEYWORD, help="approval status of its pictures"),
    Field(
        "asset.role", "assets.roles", Kind.KEYWORD, help="roles that its assets fill: hero, back, detail …"
    ),
    Field("hero_usable", "assets.hero_usable", Kind.FLAG, help="whether its main picture can be shown"),
    Field("hero_problem", "assets.hero_problems", Kind.KEYWORD, help="what keeps it from being shown"),
    Field(
        "completeness",
        "assets.completeness",
        Kind.NUMBER,
        help="percent of the pictures that it needs; completeness.CHANNEL for those of one channel",
    ),
    Field("lacking", "assets.lacking", Kind.KEYWORD, help="views that it needs and has not, or not as asked"),
    Field("collection", "id", Kind.KEYWORD, help="a collection it is in, by id or name", listed="products"),
)

FIELDS: dict[Side, dict[str, Field]] = {"assets": _ASSETS, "products": _PRODUCTS}

_ATTRIBUTE_PREFIX: dict[Side, str] = {"assets": "product.", "products": "attribute."}
_CHANNEL_PREFIX = "completeness."
_CHANNEL_PATH = "assets.channels"
_ATTRIBUTE_PATH: dict[Side, str] = {"assets": "product.attributes", "products": "source.attributes"}


def find_field(side: Side, name: str) -> Field | None:
    """Return the field of that public name, an attribute's included, or ``None``.

    Any attribute may be named, because each catalogue has its own: ``product.colour`` on assets,
    ``attribute.colour`` on products. So may the channels of the settings: ``completeness.shop``.
    """
    field = FIELDS[side].get(name)
    prefix = _ATTRIBUTE_PREFIX[side]
    if field is None and name.startswith(prefix):
        code = attribute_code(name.removeprefix(prefix))
        if code:
            return Field(name, _ATTRIBUTE_PATH[side], Kind.KEYWORD, True, attribute=code)
    if field is None and side == "products" and name.startswith(_CHANNEL_PREFIX):
        code = attribute_code(name.removeprefix(_CHANNEL_PREFIX))
        if code:
            return Field(name, _CHANNEL_PATH, Kind.NUMBER, True, attribute=code)
    return field


SEARCHED: dict[Side, tuple[Searched, ...]] = {
    "assets": (
        Searched("source.title", 4.0, "exact"),
        Searched("source.title.stem", 3.0, "stem"),
        Searched("product.name", 3.0, "exact"),
        Searched("product.name.stem", 2.5, "stem"),
        Searched("source.keywords.text", 2.5, "exact"),
        Searched("source.keywords.stem", 2.0, "stem"),
        Searched("source.filename", 2.0, "exact"),
        Searched("source.filename.stem", 1.5, "stem"),
        Searched("source.alt_text.stem", 1.5, "stem"),
        Searched("product.attribute_text", 1.5, "exact"),
        Searched("product.attribute_text.stem", 1.2, "stem"),
        Searched("source.categories.stem", 1.2, "stem"),
        Searched("product.family.stem", 1.2, "stem"),
        Searched("product.category_paths.stem", 1.2, "stem"),
        Searched("product.brand.text", 1.5, "exact"),
        Searched("source.creator.text", 1.0, "exact"),
        Searched("source.description", 0.8, "exact"),
        Searched("source.description.stem", 0.7, "stem"),
        Searched("source.identifiers.parts", 1.0, "parts"),
    ),
    "products": (
        Searched("source.title", 4.0, "exact"),
        Searched("source.title.stem", 3.0, "stem"),
        Searched("source.brand.text", 2.0, "exact"),
        Searched("source.attribute_text", 2.0, "exact"),
        Searched("source.attribute_text.stem", 1.6, "stem"),
        Searched("source.categories.stem", 1.5, "stem"),
        Searched("source.family.stem", 1.5, "stem"),
        Searched("source.description", 0.8, "exact"),
        Searched("source.description.stem", 0.7, "stem"),
        Searched("source.identifiers.parts", 1.0, "parts"),
    ),
}

IDENTIFIERS: dict[Side, tuple[str, ...]] = {
    "assets": ("source.identifiers", "product.sku"),
    "products": ("source.identifiers", "source.parent"),
}
"""Where a whole identifier is looked for, the item's own first."""

SPELLING = "words"
"""The field whose terms are the vocabulary for misspellings."""

LANGUAGES: dict[str, str] = {"en": "stem", "de": "de", "fr": "fr", "es": "es"}
"""Languages of sources, each with the subfield of :data:`SPELLING` that has the stems of its words."""

TYPED: dict[Side, str] = {"assets": "source.title.typed", "products": "source.title.typed"}
"""Names that are completed as one types."""

VECTORS: dict[Side, tuple[str, str]] = {
    "assets": ("media.vector", "media.look"),
    "products": ("assets.vector", "assets.look"),
}
"""Joint text-image vector, and image-image vector."""

PALETTES: dict[Side, str] = {"assets": "media.palette", "products": "assets.palette"}
"""Colours of pictures, as numbers that can be compared."""

NAMED_COLOURS: dict[Side, str] = {"assets": "media.colour", "products": "assets.colour"}
"""The same colours, by name."""

FEATURES: dict[Side, tuple[str, ...]] = {
    "assets": (*VECTORS["assets"], "media.histogram", "media.base", "media.base_look", "media.signature"),
    "products": VECTORS["products"],
}
"""All that is long rows of numbers, which few readers need."""

SORTS: dict[Side, dict[str, Sort]] = {
    "assets": {
        "relevance": Sort("relevance", "_score", True),
        "newest": Sort("newest", "source.modified", True),
        "oldest": Sort("oldest", "source.modified", False),
        "name": Sort("name", "source.filename.sort", False),
        "size": Sort("size", "media.bytes", True),
        "most_used": Sort("most_used", "usage.used", True),
    },
    "products": {
        "relevance": Sort("relevance", "_score", True),
        "newest": Sort("newest", "source.modified", True),
        "oldest": Sort("oldest", "source.modified", False),
        "name": Sort("name", "source.title.sort", False),
        "most_used": Sort("most_used", "usage.used", True),
        "price": Sort("price", "source.price", False),
    },
}
