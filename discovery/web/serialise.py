"""Documents of the index as the API tells them. The two shapes are apart on purpose: either may change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from discovery.linking.outcome import DECLARED
from discovery.scheduler.model import JobRun, JobState, JobView
from discovery.search.request import FacetValue, Hit, SearchPage, Suggestions, Understood
from discovery.usage.model import Coverage, Feed, Taken
from discovery.web.sayings import said
from mappings.documents import AssetDocument, ProductDocument, ProductLink, Usage
from mappings.fields import FIELDS, Side

API = "/api/v1"
VERSION_CHARACTERS = 12


def page(answer: SearchPage, request_id: str) -> dict[str, Any]:
    """Return the reply to a search."""
    return {
        "total": answer.total,
        "took_ms": answer.took_ms,
        "mode": answer.mode.value,
        "fallback_reason": answer.fallback_reason and said(answer.fallback_reason),
        "request_id": request_id,
        "hits": [hit(one) for one in answer.hits],
        "facets": {name: [facet_value(one) for one in values] for name, values in answer.facets.items()},
        "next": answer.next,
        "corrected": answer.corrected,
        "understood": [understood(one) for one in answer.understood],
        "rules": [{"id": one.id, "action": one.action} for one in answer.rules],
        "redirect": answer.redirect,
    }


def understood(one: Understood) -> dict[str, Any]:
    """Return a part of a query that became a filter, or would have; ``filter`` is as a request takes it."""
    condition: dict[str, Any] = {"any": list(one.values)} if one.values else {}
    return {
        "text": one.text,
        "field": one.field,
        "filter": condition | dict(one.bounds),
        "applied": one.applied,
    }


def hit(one: Hit) -> dict[str, Any]:
    """Return one result, with the item under the name of its kind."""
    item = document(one.document)
    return {
        "id": item["id"],
        "kind": item["kind"],
        "score": one.score,
        "signals": dict(one.signals),
        "matched": list(one.matched),
        "rule": None if one.rule is None else {"id": one.rule.id, "action": one.rule.action},
        "highlight": {name: list(fragments) for name, fragments in one.highlight.items()},
        item["kind"]: item,
    }


def facet_value(one: FacetValue) -> dict[str, Any]:
    """Return one value of a facet: what a filter takes, and what a person reads."""
    return {"value": one.value, "label": one.label, "count": one.count, "selected": one.selected}


def suggestions(answer: Suggestions) -> dict[str, Any]:
    """Return the reply to what is being typed."""
    return {
        "suggestions": [
            {"text": one.text, "kind": one.kind, "field": one.field, "id": one.id, "count": one.count}
            for one in answer.suggestions
        ],
        "did_you_mean": answer.did_you_mean,
    }


def facet_names(side: Side, attributes: Sequence[str]) -> dict[str, Any]:
    """Return what can be counted of a side: its fields, and the attributes of its catalogue."""
    fields = [one.name for one in FIELDS[side].values() if one.facet]
    return {
        "facets": [
            *({"field": name, "attribute": False} for name in fields),
            *({"field": name, "attribute": True} for name in attributes),
        ]
    }


def document(one: AssetDocument | ProductDocument) -> dict[str, Any]:
    """Return an item of either kind."""
    return asset(one) if isinstance(one, AssetDocument) else product(one)


def asset(one: AssetDocument, reasons: Mapping[str, Sequence[str]] | None = None) -> dict[str, Any]:
    """Return an asset. Every field is there; what is not known is null or empty.

    ``reasons`` tells, by SKU, why its links hold, where that was asked.
    """
    source, media = one.source, one.media
    return {
        "id": one.id,
        "kind": "asset",
        "filename": source.filename,
        "title": source.title,
        "description": source.description,
        "alt_text": source.alt_text,
        "keywords": list(dict.fromkeys((*source.keywords, *one.curation.keywords))),
        "categories": list(source.categories),
        "creator": source.creator,
        "copyright": source.copyright,
        "created": moment(source.created),
        "source": {
            "name": source.name,
            "key": source.key,
            "uri": source.uri,
            "modified": moment(source.modified),
        },
        "media": {
            "type": media.type,
            "mime": media.mime,
            "format": media.format,
            "width": media.width,
            "height": media.height,
            "bytes": media.bytes,
            "orientation": media.orientation,
            "colours": [{"name": c.name, "hex": c.hex, "share": c.share} for c in media.colours],
            "plain_background": media.plain_background,
            "barcodes": list(media.barcodes),
            "checksum": media.checksum,
        },
        "products": [
            {
                "sku": link.sku,
                "name": link.name,
                "brand": link.brand,
                "role": link.role,
                "method": link.method,
                "confidence": link.confidence,
                "reasons": _reasons(link, reasons),
            }
            for link in one.product.links
        ],
        "link_state": one.product.link_state,
        "curation": {
            "status": one.curation.status,
            "rights": {"usage_terms": source.usage_terms, "licence_ends": moment(source.licence_ends)},
            "version": {},
            "merged_into": one.curation.merged_into,
            "stands_for": [
                {"id": gone.id, "name": gone.key, "source": gone.source} for gone in one.curation.absorbed
            ],
        },
        "usage": _usage(one.usage),
        "links": asset_links(one),
    }


def product(one: ProductDocument) -> dict[str, Any]:
    """Return a product. Its ``id`` is its SKU, which is how it is asked for."""
    source = one.source
    links = one.assets.links
    return {
        "id": source.sku,
        "kind": "product",
        "sku": source.sku,
        "parent": source.parent,
        "variant": source.variant,
        "name": source.title,
        "description": source.description,
        "brand": source.brand,
        "family": source.family,
        "categories": list(source.categories),
        "price": source.price,
        "currency": source.currency,
        "status": source.status,
        "attributes": {code: list(values) for code, values in source.attribute_values.items()},
        "identifiers": list(source.identifiers),
        "source": {"name": source.name, "key": source.key, "modified": moment(source.modified)},
        "assets": [
            {"id": link.id, "role": link.role, "method": link.method, "confidence": link.confidence}
            for link in links
        ],
        "completeness": {
            "has_asset": one.assets.linked,
            "asset_count": one.assets.count,
            "roles": sorted(one.assets.roles),
            "percent": one.assets.completeness,
            "hero": {"usable": one.assets.hero_usable, "problems": list(one.assets.hero_problems)},
            "lacking": list(one.assets.lacking),
            "sets": [
                {"channel": held.channel, "percent": held.percent, "problems": list(held.problems)}
                for held in one.assets.sets
            ],
        },
        "usage": _usage(one.usage),
        "links": _product_links(one),
    }


def assets(documents: Iterable[AssetDocument]) -> dict[str, Any]:
    """Return some assets, and how many they are."""
    items = [asset(one) for one in documents]
    return {"total": len(items), "assets": items}


def jobs(views: Iterable[JobView]) -> dict[str, Any]:
    """Return the job table."""
    return {"jobs": [job(one) for one in views]}


def job(one: JobView) -> dict[str, Any]:
    """Return one job and how it stands."""
    state = one.state
    under_way = None
    if state is not None and state.running:
        under_way = {
            "due": moment(state.due),
            "cause": state.cause,
            "started": moment(state.started),
            "owner": state.owner,
        }
    return {
        "id": one.id,
        "title": one.title,
        "why": one.why,
        "trigger": one.trigger or None,
        "limit_seconds": one.limit_seconds,
        "next_due": moment(one.next_due),
        "asked": moment(state.asked) if state else None,
        "running": under_way,
        "last_success": moment(one.last_success),
        "runs": [job_run(run) for run in one.runs],
    }


def job_run(one: JobRun) -> dict[str, Any]:
    """Return one run of a job that is over."""
    return {
        "number": one.token,
        "outcome": one.outcome,
        "cause": one.cause,
        "due": moment(one.due),
        "started": moment(one.started),
        "finished": moment(one.finished),
        "owner": one.owner,
        "figures": dict(one.figures),
        "reason": one.reason,
    }


def asked(one: JobState) -> dict[str, Any]:
    """Return that a run of a job is to come."""
    return {"job": one.job, "asked": moment(one.asked)}


def taken(one: Taken, feed: Feed | None) -> dict[str, Any]:
    """Return what became of some events, and how far their feed is complete now, if that was kept."""
    return {
        "taken": one.taken,
        "known": one.known,
        "refused": [
            {
                "row": refused.row,
                "errors": [{"field": p.field, "message": p.message} for p in refused.problems],
            }
            for refused in one.refused
        ],
        "unknown_assets": list(one.unknown_assets),
        "feed": None if feed is None else usage_feed(feed),
    }


def coverage(one: Coverage, feeds: Iterable[Feed]) -> dict[str, Any]:
    """Return the feeds, and how far counts can be trusted."""
    return {
        "complete": one.complete,
        "since": moment(one.since),
        "missing": list(one.missing),
        "feeds": [usage_feed(feed) for feed in feeds],
    }


def usage_feed(one: Feed) -> dict[str, Any]:
    """Return one feed."""
    return {
        "name": one.name,
        "since": moment(one.since),
        "complete_until": moment(one.complete_until),
    }


def _usage(one: Usage) -> dict[str, Any]:
    return {
        "used": one.used,
        "last_used": moment(one.last_used),
        "downloaded": one.downloaded,
        "published": one.published,
        "channels": list(one.channels),
        "viewed": one.viewed,
        "last_viewed": moment(one.last_viewed),
    }


def version_of(one: AssetDocument) -> str:
    """Return what changes in an address when the file's bytes do, so its picture can be cached."""
    return one.media.checksum.rpartition(":")[2][:VERSION_CHARACTERS]


def main_asset(one: ProductDocument) -> str | None:
    """Return the id of a product's main picture: its hero, else the first that is linked."""
    heroes = [link.id for link in one.assets.links if link.role == "hero"]
    return next(iter(heroes or [link.id for link in one.assets.links]), None)


def _reasons(link: ProductLink, known: Mapping[str, Sequence[str]] | None) -> list[str]:
    if known is None:
        return []
    if link.sku not in known and link.method == DECLARED:
        return [f"the catalogue names this file for {link.sku}"]
    return list(known.get(link.sku, ()))


def asset_address(id: str) -> str:
    """Return the address of an asset."""
    return f"{API}/assets/{quote(id, safe='')}"


def asset_links(one: AssetDocument) -> dict[str, str | None]:
    """Return the addresses of an asset's parts."""
    self_link = asset_address(one.id)
    pictured = one.media.width is not None
    return {
        "self": self_link,
        "thumbnail": f"{self_link}/thumbnail?v={version_of(one)}" if pictured else None,
        "file": f"{self_link}/file",
        "similar": f"{API}/similar?asset={quote(one.id, safe='')}" if pictured else None,
    }


def _product_links(one: ProductDocument) -> dict[str, str | None]:
    sku = quote(one.source.sku, safe="")
    picture = main_asset(one)
    return {
        "self": f"{API}/products/{sku}",
        "assets": f"{API}/products/{sku}/assets",
        "thumbnail": f"{API}/assets/{quote(picture, safe='')}/thumbnail" if picture else None,
        "similar": f"{API}/similar?product={sku}" if picture else None,
    }


def moment(value: datetime | None) -> str | None:
    """Return a moment as replies hold it: RFC 3339, UTC."""
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")
