"""What waits for somebody's word, as the review page shows it: proposed links, and files that are alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from discovery.curation.duplicate_listing import GroupsQuery
from discovery.curation.review import CONFLICT, ReviewQuery
from discovery.errors import NotFound
from discovery.search.request import Viewer
from discovery.web import duplicates, links
from discovery.web.grammar import Pairs
from discovery.web.language import message, percent, translated
from discovery.web.pages import detail, view
from discovery.web.services import Search, Services

LINKS, DUPLICATES = "links", "duplicates"
AT_ONCE = 20
MOST_CANDIDATES = 6
SURE = 0.8
"""Probability from which proposals are offered together: the queue holds none that is certain."""

QUEUES = {LINKS: message("Links"), DUPLICATES: message("Same pictures")}


def queue_of(pairs: Pairs) -> str:
    """Return which queue an address shows."""
    asked = view.value_of(pairs, "of")
    return asked if asked in QUEUES else LINKS


def page(services: Services, viewer: Viewer, pairs: Pairs) -> dict[str, Any]:
    """Return what the page shows of one queue."""
    queue = queue_of(pairs)
    after = view.value_of(pairs, "after")
    if queue == LINKS:
        sku = view.value_of(pairs, "sku")
        found = links.review(services.links.review(ReviewQuery(sku=sku, after=after, size=AT_ONCE)))
        cases = [_link(entry, services.search, viewer, sku) for entry in found["entries"]]
    else:
        asked = GroupsQuery(state="open", after=after, size=AT_ONCE)
        found = duplicates.page(services.duplicates.page(asked))
        cases = [_group(group) for group in found["groups"]]
    kept = [(name, value) for name, value in pairs if name in ("of", "sku") and value]
    return {
        "queue": queue,
        "queues": [
            {"label": translated(label), "href": f"/review?of={name}", "current": name == queue}
            for name, label in QUEUES.items()
        ],
        "cases": cases,
        "total": found["total"],
        "more": f"/review?{urlencode([*kept, ('after', found['next'])])}" if found["next"] else None,
        "sku": view.value_of(pairs, "sku"),
        "sure": sum(
            case["kind"] == "link" and not case["contested"] and case["probability"] >= SURE for case in cases
        ),
        "least": percent(SURE),
        "least_probability": SURE,
    }


def candidates(services: Services, viewer: Viewer, sku: str) -> dict[str, Any]:
    """Return the first pictures that may show a product, and how many: none where nobody can tell."""
    page = detail.or_nothing(lambda: services.links.review(ReviewQuery(sku=sku, size=MOST_CANDIDATES)))
    if page is None:
        return {"cases": [], "total": 0}
    found = links.review(page)
    cases = [_link(entry, services.search, viewer, sku) for entry in found["entries"]]
    return {"cases": cases, "total": found["total"]}


def _link(entry: dict[str, Any], search: Search, viewer: Viewer, sku: str | None) -> dict[str, Any]:
    proposals = sorted(entry["proposals"], key=lambda one: one["sku"] != sku)
    return {
        "kind": "link",
        "contested": entry["state"] == CONFLICT,
        "asset": entry["asset"],
        "reason": entry["reason"],
        "probability": proposals[0]["probability"] if proposals else 0.0,
        "proposals": [
            {
                **one,
                "share": percent(one["probability"]),
                "what": detail.role(one["role"]),
                "picture": _product_picture(search, viewer, one["sku"]) if number == 0 else None,
                "href": f"/products/{quote(one['sku'], safe='')}",
            }
            for number, one in enumerate(proposals[:9])
        ],
    }


def _product_picture(search: Search, viewer: Viewer, sku: str) -> str | None:
    try:
        shown: Sequence[Any] = search.product_assets(sku, viewer)
    except NotFound:
        return None
    return next(
        (f"/api/v1/assets/{quote(one.id, safe='')}/thumbnail" for one in shown if one.media.width), None
    )


def _group(group: dict[str, Any]) -> dict[str, Any]:
    how = {pair["asset"]: pair["how"] for pair in group["pairs"]}
    kept = next(one for one in group["members"] if one["id"] == group["keeper"])
    others = [
        {**one, "how": how.get(one["id"], "")} for one in group["members"] if one["id"] != group["keeper"]
    ]
    return {"kind": "duplicate", "id": group["id"], "kept": kept, "others": others, "reason": group["reason"]}
