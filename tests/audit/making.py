"""Documents made for one question: every argument is there for the rule that it is about."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from discovery.audit.context import Context
from discovery.audit.memory import Sighting
from discovery.audit.model import About, AssetSubject, Finding, ProductSubject, Verdict
from discovery.config import AuditSettings
from mappings.documents import (
    AssetDocument,
    AssetLink,
    AssetSource,
    AssetsSide,
    Curation,
    ImageReference,
    Media,
    ProductCuration,
    ProductDocument,
    ProductLink,
    ProductSide,
    ProductSource,
    Run,
    Usage,
    asset_id,
)

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
YEAR = timedelta(days=366)


def context(**given: Any) -> Context:
    """The world on :data:`NOW`; what is no field of the context is a setting."""
    names = {field.name for field in dataclasses.fields(Context)}
    settings = {name: given.pop(name) for name in list(given) if name not in names}
    return Context(
        **{"now": NOW, "settings": AuditSettings(**settings), "assets": 10, "products": 10, **given}
    )


def asset(key: str = "mugs/mug_front.jpg", *skus: str, **given: Any) -> AssetDocument:
    """An approved, complete picture of 1,000 by 800 pixels that shows ``skus``."""
    said: dict[str, Any] = {
        "title": "A mug",
        "description": "A mug on a table.",
        "alt_text": "A mug.",
        "keywords": ("mug",),
        "creator": "Studio",
        "copyright": "Vessbrook",
        "created": NOW - YEAR,
        "modified": NOW - YEAR,
    }
    names = {field.name for field in dataclasses.fields(AssetSource)}
    place = given.pop("source", "studio")
    said |= {name: given.pop(name) for name in list(given) if name in names}
    media = Media(
        type=given.pop("type", "image"),
        mime="image/jpeg",
        format="jpeg",
        bytes=1000,
        checksum=given.pop("checksum", f"sha256:{key}"),
        width=given.pop("width", 1000),
        height=given.pop("height", 800),
    )
    document = AssetDocument(
        id=asset_id(place, key),
        source=AssetSource(name=place, key=key, uri=f"memory:{key}", filename=key.rpartition("/")[2], **said),
        media=media,
        product=ProductSide(
            linked=bool(skus),
            sku=skus,
            family=given.pop("family", ()),
            links=tuple(ProductLink(sku, "hero", "declared", 1.0) for sku in skus),
        ),
        curation=Curation(given.pop("approval", "approved")),
        usage=given.pop("usage", Usage()),
        run=Run("1", "1", given.pop("pending", False), NOW - WEEK),
    )
    assert not given, given
    return document


def product(sku: str = "MG-1", *assets: AssetDocument, **given: Any) -> ProductDocument:
    """A complete, active mug that shows ``assets``, the first of them as its hero."""
    roles = given.pop("roles", ("hero", *("alternate" for _ in assets[1:])))
    pending = given.pop("pending", False)
    images = tuple(ImageReference(path, role) for path, role in given.pop("images", ()))
    said: dict[str, Any] = {
        "title": "Mug",
        "description": "It holds coffee.",
        "family": "Mugs",
        "categories": ("Kitchen",),
        "price": 12.0,
        "status": "active",
        "created": NOW - YEAR,
        **given,
    }
    links = tuple(AssetLink(a.id, r, "declared", 1.0) for a, r in zip(assets, roles, strict=False))
    return ProductDocument(
        id=sku,
        source=ProductSource(
            name="shop",
            key=sku,
            row=1,
            sku=sku,
            identifiers=(sku,),
            images=images,
            image_paths=tuple(image.path for image in images),
            **said,
        ),
        assets=AssetsSide(
            linked=bool(assets), count=len(assets), ids=tuple(a.id for a in assets), links=links
        ),
        curation=ProductCuration(),
        usage=Usage(),
        run=Run("1", "1", pending, NOW - WEEK),
    )


def shown(
    key: str = "mugs/mug_front.jpg", *, by: ProductDocument | None = None, **given: Any
) -> AssetSubject:
    """An asset that one product shows."""
    shows = by or product()
    return AssetSubject(asset(key, shows.source.sku, **given), (shows,))


def having(*assets: AssetDocument, parent: ProductDocument | None = None, **given: Any) -> ProductSubject:
    """A product with its assets."""
    return ProductSubject(product("MG-1", *assets, **given), assets, parent)


def sighting(name: str = "a.jpg", rule: str = "asset-unlinked", **given: Any) -> Sighting:
    verdict = Verdict(given.pop("text", "unlinked"), given.pop("reasons", ("no product names it",)), **given)
    return Sighting(rule, "warning", About("asset", asset_id("studio", name), name, "studio"), verdict)


def finding(name: str = "a.jpg", rule: str = "asset-unlinked", **given: Any) -> Finding:
    """An open finding, first seen a week before :data:`NOW`."""
    seen = sighting(name, rule)
    made = Finding(
        id=seen.id,
        rule=rule,
        severity="warning",
        subject=seen.about,
        verdict="unlinked",
        reasons=("no product names it",),
        confidence=1.0,
        state="open",
        first_seen=NOW - WEEK,
        last_seen=NOW - WEEK,
    )
    return dataclasses.replace(made, **given)
