"""Documents from what the source said, what the bytes are, and what the index already holds. Pure."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath

from discovery.config import ImageSettings
from discovery.picture_sets.standing import SetJudge
from discovery.vision.metadata import EmbeddedMetadata
from indexers.associate import path_keys
from indexers.records import AssetRecord, ProductRecord
from mappings.documents import (
    AssetDocument,
    AssetSource,
    Curation,
    Media,
    ProductCuration,
    ProductDocument,
    ProductSide,
    ProductSource,
    Run,
    Usage,
    asset_id,
    attribute_token,
    category_ancestors,
)

BUILD = "3"
"""Names this code; raise it when the same input would give another document, and all are made anew."""

LONGEST_ID = 512
"""Bytes of an engine's document id, at most."""

LONGEST_FACET_VALUE = 256
"""Characters of an attribute value that is still offered as a facet; longer ones are only searched."""

_UNREVIEWED = Curation().status
_YES = frozenset({"yes", "true", "1"})
_NO = frozenset({"no", "false", "0"})


def is_storable(sku: str) -> bool:
    """Return whether a SKU can be a document's id."""
    try:
        return 0 < len(sku.encode()) <= LONGEST_ID and bool(sku.strip())
    except UnicodeEncodeError:
        return False


def asset_build(limits: ImageSettings) -> str:
    """Return the build token of assets: this code, and the settings that change what it makes of a file."""
    settings = json.dumps([sorted(limits.formats), sorted(limits.thumbnail_sizes), limits.barcodes])
    return f"{BUILD}-{hashlib.sha256(settings.encode()).hexdigest()[:8]}"


def asset_document(
    record: AssetRecord,
    media: Media,
    said: EmbeddedMetadata,
    stored: AssetDocument | None,
    *,
    build: str,
    started: datetime,
) -> AssetDocument:
    """Return the document of one file.

    Blocks that others own (``product``, ``usage``, a decision in ``curation``) are carried over from
    ``stored``. It is pending: products may name it that have yet to hear of it.
    """
    filename = PurePosixPath(record.key).name
    said_status = _text(said.status)
    return AssetDocument(
        id=asset_id(record.source, record.key),
        source=AssetSource(
            name=record.source,
            key=record.key,
            uri=record.uri,
            filename=filename,
            identifiers=_once((filename, PurePosixPath(filename).stem, *_texts(said.identifiers))),
            title=_text(said.title),
            description=_text(said.description),
            alt_text=_text(said.alt_text),
            keywords=_texts(said.keywords),
            categories=_texts(record.categories),
            category_paths=category_ancestors(_texts(record.categories)),
            creator=_text(said.creator),
            copyright=_text(said.copyright),
            usage_terms=_text(said.usage_terms),
            licence_ends=said.licence_ends,
            status=said_status,
            created=said.created,
            modified=record.modified,
            warnings=_texts(said.warnings),
        ),
        media=media,
        product=stored.product if stored else ProductSide(),
        curation=replace(
            stored.curation if stored else Curation(), status=_decision(stored) or said_status or _UNREVIEWED
        ),
        usage=stored.usage if stored else Usage(),
        run=Run(version=record.version, build=build, pending=True, indexed=started),
    )


def product_document(
    record: ProductRecord, stored: ProductDocument | None, *, build: str, started: datetime, judge: SetJudge
) -> ProductDocument:
    """Return the document of one product; blocks that others own are carried over from ``stored``.

    It is pending only if it names pictures, or did, or carries some: else no asset is concerned, and how it
    stands without any is for ``judge`` to say at once.
    """
    categories = _texts(record.categories)
    values = {code: cleaned for code, given in record.attributes.items() if (cleaned := _texts(given))}
    concerned = bool(record.images) or (
        stored is not None and (stored.assets.linked or bool(stored.source.images))
    )
    said = ProductSource(
        name=record.source,
        key=record.sku,
        row=record.row,
        sku=record.sku,
        title=_text(record.name) or record.sku,
        parent=record.parent,
        variant=record.variant,
        identifiers=_once((record.sku, *record.identifiers)),
        description=_text(record.description),
        brand=_text(record.brand),
        family=_text(record.family),
        categories=categories,
        category_paths=category_ancestors(categories),
        price=record.price if record.price is not None and math.isfinite(record.price) else None,
        currency=_text(record.currency),
        status=_text(record.status),
        created=record.created,
        modified=record.modified,
        attributes=_tokens(values),
        attribute_text=_attribute_text(values),
        attribute_values=values,
        images=record.images,
        image_paths=path_keys(record.images),
        image_source=record.image_source,
    )
    return ProductDocument(
        id=record.sku,
        source=said,
        assets=stored.assets if stored and concerned else judge.bare(said, started),
        curation=stored.curation if stored else ProductCuration(),
        usage=stored.usage if stored else Usage(),
        run=Run(version=record.version, build=build, pending=concerned, indexed=started),
    )


def _decision(stored: AssetDocument | None) -> str | None:
    """Return the status that somebody decided: the stored one, where the source did not say the same."""
    if stored is None or stored.curation.status == (stored.source.status or _UNREVIEWED):
        return None
    return stored.curation.status


def _tokens(values: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(
        attribute_token(code, value)
        for code, given in values.items()
        for value in given
        if len(value) <= LONGEST_FACET_VALUE
    )


def _attribute_text(values: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the words of the attributes; of a yes-or-no attribute that is set, its name is the word."""
    words: list[str] = []
    for code, given in values.items():
        for value in given:
            answer = value.lower()
            if answer in _YES:
                words.append(code.replace("_", " "))
            elif answer not in _NO:
                words.append(value)
    return _once(words)


def _text(value: str | None) -> str | None:
    """Return ``value`` without surrounding space or what is no character, ``None`` if nothing is left."""
    if value is None:
        return None
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode("utf-8")
    return value.replace("\0", "").strip() or None


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    # Splitting also takes the attribute separator, which counts as space.
    return _once(" ".join(text.split()) for value in values if (text := _text(value)))


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
