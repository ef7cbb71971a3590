"""What pages of single items say in plain words: why is it linked, what is wrong, what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from discovery.audit.listing import UNRESOLVED_STATE, FindingsQuery
from discovery.curation.duplicate_listing import GroupsQuery
from discovery.curation.words import PastWord, Word
from discovery.errors import DiscoveryError
from discovery.web import audits, duplicates
from discovery.web.identity import viewer
from discovery.web.language import message, percent, translated
from discovery.web.serialise import moment
from discovery.web.services import Services
from mappings.documents import AssetDocument, ProductDocument

MOST_FINDINGS = 20
MOST_HISTORY = 50
ROLES = {
    "hero": message("main picture"),
    "alternate": message("another view"),
    "back": message("back"),
    "detail": message("detail"),
    "swatch": message("swatch"),
    "lifestyle": message("in use"),
    "packaging": message("packaging"),
}
METHODS = {
    "declared": message("the catalogue names it"),
    "decided": message("somebody decided it"),
    "filename": message("by its file name"),
    "barcode": message("by the barcode in it"),
    "path": message("by its folder"),
    "metadata": message("by what is written in it"),
    "caption": message("by its caption"),
    "visual": message("by how it looks"),
}

SAID = {
    Word.ACCEPT: message("shows it"),
    Word.REFUSE: message("does not show it"),
    Word.WITHDRAW: message("what was said of it is taken back"),
}
HAPPENED = {
    "found": message("found"),
    "returned": message("found again"),
    "settled": message("settled"),
    "waiver ended": message("the waiver ended"),
}

T = TypeVar("T")


def shown_links(links: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return an asset's links, each with what it is and why, in words."""
    return [
        {
            **link,
            "what": role(link["role"]),
            "how": translated(METHODS.get(link["method"], "")) or link["method"],
            "sure": percent(link["confidence"]),
        }
        for link in links
    ]


def role(name: str) -> str:
    """Return what a picture is to its product, in words."""
    return translated(ROLES.get(name, "")) or name


def open_findings(services: Services, subject: str) -> list[dict[str, Any]]:
    """Return what is wrong with a subject such as ``asset:ID`` today; nothing where no audit can tell."""
    query = FindingsQuery(subject=subject, state=UNRESOLVED_STATE, size=MOST_FINDINGS)
    found = or_nothing(lambda: services.audits.findings(query))
    return [] if found is None else [audits.finding(one) for one in found.findings]


def copies(services: Services, id: str) -> list[dict[str, str]]:
    """Return the other files that hold an asset's picture."""
    page = or_nothing(lambda: services.duplicates.page(GroupsQuery(asset=id, size=1)))
    if page is None or not page.groups:
        return []
    group = duplicates.group(page.groups[0])
    return [
        {"id": one["id"], "name": one["name"], "source": one["source"]}
        for one in group["members"]
        if one["id"] != id
    ]


def versions(services: Services, asset: AssetDocument) -> list[dict[str, Any]]:
    """Return an asset and its other versions, the newest first; nothing where it has none."""
    found = or_nothing(lambda: services.search.versions(asset, viewer())) or ()
    return [
        {
            "id": one.id,
            "name": one.source.filename,
            "day": moment(one.source.modified),
            "own": one.id == asset.id,
        }
        for one in found
    ]


def history(services: Services, sku: str) -> list[dict[str, Any]]:
    """Return what happened to a product, the newest first: people's words on its links, and its findings."""
    words = or_nothing(lambda: services.links.product_history(sku)) or ()
    told = or_nothing(lambda: services.audits.findings(FindingsQuery(subject=f"product:{sku}")))
    pictures = sorted({word.asset for word in words})
    named = or_nothing(lambda: services.search.documents("assets", pictures, viewer())) or {}
    entries = [_said(word, named.get(word.asset)) for word in words]
    entries += [
        {
            "at": moment(event.at),
            "about": finding.verdict,
            "what": translated(HAPPENED.get(event.what, "")) or event.what,
            "by": event.by,
        }
        for finding in (told.findings if told else ())
        for event in finding.history
    ]
    return sorted(entries, key=lambda one: str(one["at"]), reverse=True)[:MOST_HISTORY]


def _said(word: PastWord, picture: AssetDocument | ProductDocument | None) -> dict[str, Any]:
    shown = translated(SAID[word.word])
    return {
        "at": moment(word.at),
        "about": picture.source.filename if isinstance(picture, AssetDocument) else translated("a picture"),
        "asset": picture.id if isinstance(picture, AssetDocument) else None,
        "what": f"{shown}, {role(word.role)}" if word.role else shown,
        "by": word.by,
        "why": word.why,
        "last": word.last,
    }


def or_nothing(ask: Callable[[], T]) -> T | None:
    """Return an answer that a page can do without, ``None`` where there is none today."""
    try:
        return ask()
    except DiscoveryError:
        return None
