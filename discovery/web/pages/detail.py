"""What pages of single items say in plain words: why is it linked, what is wrong, what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from discovery.audit.listing import UNRESOLVED_STATE, FindingsQuery
from discovery.curation.duplicate_listing import GroupsQuery
from discovery.curation.review import ReviewQuery
from discovery.errors import DiscoveryError
from discovery.web import audits, duplicates
from discovery.web.language import message, percent, translated
from discovery.web.services import Services

MOST_FINDINGS = 20
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
    found = _or_nothing(lambda: services.audits.findings(query))
    return [] if found is None else [audits.finding(one) for one in found.findings]


def copies(services: Services, id: str) -> list[dict[str, str]]:
    """Return the other files that hold an asset's picture."""
    page = _or_nothing(lambda: services.duplicates.page(GroupsQuery(asset=id, size=1)))
    if page is None or not page.groups:
        return []
    group = duplicates.group(page.groups[0])
    return [
        {"id": one["id"], "name": one["name"], "source": one["source"]}
        for one in group["members"]
        if one["id"] != id
    ]


def candidates(services: Services, sku: str) -> int:
    """Return how many pictures wait for somebody's word on whether they show a product."""
    page = _or_nothing(lambda: services.links.review(ReviewQuery(sku=sku, size=1)))
    return 0 if page is None else page.total


def _or_nothing(ask: Callable[[], T]) -> T | None:
    """Return an answer that a page can do without, ``None`` where there is none today."""
    try:
        return ask()
    except DiscoveryError:
        return None
