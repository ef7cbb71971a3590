"""Frozen documents, one class per family, and how they become and come from an index ``_source``.

Inside a document every block belongs to one owner, and only that owner fills it: ``source`` (what the
source said), ``media`` (derived from the bytes), ``product`` / ``assets`` (the other side), ``curation``
(projected decisions), ``usage`` (projected counts), ``run`` (the indexer's own bookkeeping).
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

ATTRIBUTE_SEPARATOR = "\x1f"

SUPERSEDED = "superseded"
"""The status of assets that people merged into others, which stand for them."""

_ATTRIBUTE_ALIASES = {"color": "colour", "basecolour": "colour", "basecolor": "colour"}


def asset_id(source: str, key: str) -> str:
    """Return the id of the asset at ``key`` in ``source``: 24 hexadecimal digits, the same on every run."""
    return hashlib.blake2b(f"{source}\0{key}".encode(), digest_size=12).hexdigest()


def attribute_code(name: str) -> str:
    """Return the code under which an attribute is indexed and asked for, whatever its column was called.

    ``"Base Colour"``, ``"baseColour"`` and ``"color"`` all become ``"colour"``; ``"Strap / Bags"``
    becomes ``"strap_bags"``.
    """
    code = re.sub(r"[^0-9a-z]+", "_", name.strip().lower()).strip("_")
    return _ATTRIBUTE_ALIASES.get(code.replace("_", ""), code)


def attribute_token(code: str, value: str) -> str:
    """Return the keyword that stands for one attribute value; the facet of ``code`` includes its prefix."""
    return f"{code}{ATTRIBUTE_SEPARATOR}{value}"


def percent_token(channel: str, percent: int) -> str:
    """Return the keyword that stands for a channel's percentage; in their order, the smaller come first."""
    return attribute_token(attribute_code(channel), f"{percent:03d}")


def category_ancestors(categories: tuple[str, ...]) -> tuple[str, ...]:
    """Return each ``/``-separated category with all of its ancestors, once, parents first.

    ``("Women/Tops",)`` becomes ``("Women", "Women/Tops")``, so a filter on a branch finds its leaves.
    """
    paths: dict[str, None] = {}
    for category in categories:
        parts = [part.strip() for part in category.split("/") if part.strip()]
        for depth in range(1, len(parts) + 1):
            paths["/".join(parts[:depth])] = None
    return tuple(paths)


@dataclass(frozen=True, slots=True)
class Colour:
    """A dominant colour; ``share`` is of the subject's pixels, 0 to 1."""

    name: str
    hex: str
    share: float


@dataclass(frozen=True, slots=True)
class ProductLink:
    """A product as its asset shows it.

    ``role``: hero, alternate, back, detail, swatch, lifestyle, packaging.
    """

    sku: str
    role: str
    method: str
    confidence: float
    name: str | None = None
    brand: str | None = None


@dataclass(frozen=True, slots=True)
class AssetLink:
    """An asset as its product shows it."""

    id: str
    role: str
    method: str
    confidence: float


@dataclass(frozen=True, slots=True)
class ImageReference:
    """A picture that a catalogue names, by its path relative to an assets source."""

    path: str
    role: str


@dataclass(frozen=True, slots=True)
class AssetSource:
    """What the source said of an asset: its place, and the metadata that lies in or beside the file."""

    name: str
    key: str
    uri: str
    filename: str
    identifiers: tuple[str, ...] = ()
    title: str | None = None
    description: str | None = None
    alt_text: str | None = None
    keywords: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    category_paths: tuple[str, ...] = ()
    creator: str | None = None
    copyright: str | None = None
    usage_terms: str | None = None
    licence_ends: datetime | None = None
    status: str | None = None
    created: datetime | None = None
    modified: datetime | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Media:
    """What the bytes are.

    ``palette`` are its colours as single numbers (:func:`discovery.vision.colours.packed`).
    ``plain_background`` is ``None`` for what is no picture; ``barcodes`` are the codes that it shows.
    ``hash_bands`` are the parts of ``perceptual_hash`` by which near ones are found; ``signature`` is the
    picture made tiny (:func:`discovery.vision.hashing.signature`), in base64, to lay it over others.
    ``vector`` lies in the joint text-image space of ``recipe``, ``look`` in its image-image space.
    ``histogram`` is how the subject is coloured, ``base`` the vector and ``base_look`` the look before the
    model was fitted to the catalogue, where it was: with them it can be fitted again without the picture.
    """

    type: str
    mime: str
    format: str
    bytes: int
    checksum: str
    width: int | None = None
    height: int | None = None
    orientation: str | None = None
    colours: tuple[Colour, ...] = ()
    colour: tuple[str, ...] = ()
    palette: tuple[int, ...] = ()
    plain_background: bool | None = None
    barcodes: tuple[str, ...] = ()
    perceptual_hash: str | None = None
    hash_bands: tuple[str, ...] = ()
    signature: str | None = None
    recipe: str | None = None
    vector: tuple[float, ...] | None = None
    look: tuple[float, ...] | None = None
    histogram: tuple[float, ...] | None = None
    base: tuple[float, ...] | None = None
    base_look: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class ProductSide:
    """The linked products, copied onto the asset so that assets can be found and faceted by them.

    ``link_state`` is what is to be done about its links: ``auto`` (they hold, or the catalogue's do),
    ``decided``, ``review``, ``conflict`` or ``none``.
    """

    linked: bool = False
    link_state: str = "none"
    sku: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    brand: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    category_paths: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    attribute_text: tuple[str, ...] = ()
    links: tuple[ProductLink, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductSource:
    """What the catalogue said of a product. ``images`` are the pictures it names."""

    name: str
    key: str
    row: int
    sku: str
    title: str
    parent: str | None = None
    variant: bool = False
    identifiers: tuple[str, ...] = ()
    description: str | None = None
    brand: str | None = None
    family: str | None = None
    categories: tuple[str, ...] = ()
    category_paths: tuple[str, ...] = ()
    price: float | None = None
    currency: str | None = None
    status: str | None = None
    created: datetime | None = None
    modified: datetime | None = None
    attributes: tuple[str, ...] = ()
    attribute_text: tuple[str, ...] = ()
    attribute_values: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: types.MappingProxyType({})
    )
    images: tuple[ImageReference, ...] = ()
    image_paths: tuple[str, ...] = ()
    image_source: str | None = None


@dataclass(frozen=True, slots=True)
class SetState:
    """How far a product has the pictures that one channel (``None`` for all) asks for, and what is wrong."""

    percent: int
    channel: str | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AssetsSide:
    """The linked assets, copied onto the product. The vectors are those of its main picture.

    ``completeness`` is the least percentage of its ``sets``, ``channels`` holds that of each channel as a
    token; ``lacking`` are views that are asked for and are not there, or not as they should be. All of that
    was judged by the settings that ``basis`` names, and holds until ``changes``.
    """

    linked: bool = False
    count: int = 0
    ids: tuple[str, ...] = ()
    colour: tuple[str, ...] = ()
    palette: tuple[int, ...] = ()
    status: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    hero_usable: bool = False
    hero_problems: tuple[str, ...] = ()
    completeness: int = 0
    channels: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    sets: tuple[SetState, ...] = ()
    changes: datetime | None = None
    basis: str | None = None
    links: tuple[AssetLink, ...] = ()
    recipe: str | None = None
    vector: tuple[float, ...] | None = None
    look: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class AppliedLink:
    """A link that holds though no catalogue declares it, how it came to be, and how sure it is (0 to 1)."""

    sku: str
    role: str
    method: str
    confidence: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Absorbed:
    """An asset that people merged into another, as it was then: where it lay, its keywords, what it showed.

    ``links`` are those that no catalogue declares; of declared ones the place is enough.
    """

    id: str
    source: str
    key: str
    keywords: tuple[str, ...] = ()
    links: tuple[AppliedLink, ...] = ()


@dataclass(frozen=True, slots=True)
class Curation:
    """What people decided about an asset.

    ``merged_into`` is the asset that stands for this one. ``absorbed`` are those that this one stands for;
    ``keywords`` it has from them, by ``keys`` (as products may write them) and ``skus`` it is found for them.
    """

    status: str = "unreviewed"
    merged_into: str | None = None
    keywords: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    absorbed: tuple[Absorbed, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductCuration:
    """What people decided about a product."""

    status: str = "unreviewed"


@dataclass(frozen=True, slots=True)
class Usage:
    """How often the item is used, and when last: taken (downloaded) or published.

    A view is no use. ``channels`` are those where it is published now.
    """

    used: int = 0
    last_used: datetime | None = None
    viewed: int = 0
    last_viewed: datetime | None = None
    downloaded: int = 0
    published: int = 0
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """The indexer's bookkeeping.

    ``version`` tells whether the source item changed, ``build`` whether the code that made the document
    did. ``pending`` is true from the write of the document until the other side has been brought up to
    date with it; a run that finds pending documents finishes that work first.
    """

    version: str
    build: str
    pending: bool
    indexed: datetime


class _Document:
    __slots__ = ()

    def to_source(self) -> dict[str, Any]:
        """Return the index ``_source``: absent values are left out, dates are ISO 8601 in UTC."""
        return _compact(self)

    @classmethod
    def from_source(cls, source: Mapping[str, Any]) -> Self:
        """Rebuild the document from a ``_source``; blocks that were not fetched take their defaults."""
        document = _rebuilt(cls, source)
        assert isinstance(document, cls)
        return document


@dataclass(frozen=True, slots=True)
class AssetDocument(_Document):
    """One file of one source."""

    id: str
    source: AssetSource
    media: Media
    product: ProductSide
    curation: Curation
    usage: Usage
    run: Run | None = None


@dataclass(frozen=True, slots=True)
class ProductDocument(_Document):
    """One product or variant of one catalogue."""

    id: str
    source: ProductSource
    assets: AssetsSide
    curation: ProductCuration
    usage: Usage
    run: Run | None = None


@dataclass(frozen=True, slots=True)
class LinkDocument(_Document):
    """What is known of one asset's products beyond what catalogues declare; its id is the asset's.

    ``state``, ``reason``, ``probability`` and ``sku`` (the products that were proposed) are the linker's
    verdict, and ``proposals`` all of it, as JSON. ``applied`` are the links that hold by it or by people's
    word, ``refused`` the products that people said it does not show. ``digest`` names what the verdict was
    made from. ``pending`` is true until both sides carry what has changed.
    """

    id: str
    source: str
    name: str
    state: str
    judged: datetime
    digest: str
    pending: bool
    reason: str = ""
    probability: float = 0.0
    sku: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    applied: tuple[AppliedLink, ...] = ()
    refused: tuple[str, ...] = ()
    proposals: tuple[Mapping[str, Any], ...] = ()


def encode_block(block: Any) -> dict[str, Any]:
    """Return one block, such as ``ProductSide``, as it stands in ``_source``, for a partial update.

    Unlike ``to_source`` it keeps empty values, so that the update clears what is gone.
    """
    kind: type = type(block)
    return {name: _encoded(encode, getattr(block, name)) for name, encode in _fields(kind)}


_Encode = Callable[[Any], Any]
_Decode = Callable[[Any], Any]


def _encoded(encode: _Encode | None, value: Any) -> Any:
    return value if value is None or encode is None else encode(value)


@functools.cache
def _fields(kind: type) -> tuple[tuple[str, _Encode | None], ...]:
    """Return each field's name and how its values are encoded; ``None`` where they stay as they are.

    Worked out once for a class: a run over products spends most of its own time here.
    """
    hints = _hints(kind)
    return tuple((field.name, _encoder(hints[field.name])) for field in dataclasses.fields(kind))


def _encoder(hint: Any) -> _Encode | None:
    if isinstance(hint, types.UnionType):
        hint = next(option for option in typing.get_args(hint) if option is not type(None))
    origin = typing.get_origin(hint)
    if origin is tuple:
        element = _encoder(typing.get_args(hint)[0])
        return list if element is None else lambda values: [element(value) for value in values]
    if origin is Mapping:
        inner = _encoder(typing.get_args(hint)[1])
        return lambda pairs: {key: _encoded(inner, value) for key, value in pairs.items()}
    if hint is datetime:
        return lambda moment: moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return _compact if dataclasses.is_dataclass(hint) else None


def _compact(value: Any) -> dict[str, Any]:
    source = {}
    kind: type = type(value)
    for name, encode in _fields(kind):
        item = getattr(value, name)
        if item is not None and item != ():
            source[name] = item if encode is None else encode(item)
    return source


_BLOCKS = (ProductSide, AssetsSide, Curation, ProductCuration, Usage)


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


@functools.cache
def _decoders(kind: type) -> tuple[dict[str, _Decode | None], tuple[tuple[str, type], ...]]:
    """Return by field how its values are decoded, and the fields that take an empty block when absent."""
    hints = _hints(kind)
    blocks = tuple((name, hint) for name, hint in hints.items() if hint in _BLOCKS)
    return {name: _decoder(hint) for name, hint in hints.items()}, blocks


def _decoder(hint: Any) -> _Decode | None:
    if isinstance(hint, types.UnionType):
        hint = next(option for option in typing.get_args(hint) if option is not type(None))
    origin = typing.get_origin(hint)
    if origin is tuple:
        return _tuple_decoder(_decoder(typing.get_args(hint)[0]))
    if origin is Mapping:
        inner = _decoder(typing.get_args(hint)[1]) or (lambda value: value)
        return lambda pairs: types.MappingProxyType({key: inner(value) for key, value in pairs.items()})
    if hint is datetime:
        return datetime.fromisoformat
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return functools.partial(_rebuilt, hint)
    return None


def _tuple_decoder(element: _Decode | None) -> _Decode:
    def decode(value: Any) -> tuple[Any, ...]:
        items = value if isinstance(value, list | tuple) else [value]
        return tuple(items) if element is None else tuple(element(item) for item in items)

    return decode


def _rebuilt(kind: type, source: Mapping[str, Any]) -> Any:
    decoders, blocks = _decoders(kind)
    given = {}
    for name, value in source.items():
        if value is not None and name in decoders:
            decode = decoders[name]
            given[name] = value if decode is None else decode(value)
    for name, block in blocks:
        if name not in given:
            given[name] = block()
    return kind(**given)
