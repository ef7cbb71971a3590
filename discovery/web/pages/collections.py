"""The pages of collections: all of them, one to arrange, and one as those see it who were sent a link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from discovery.config import Settings
from discovery.curation.collection_model import Collection
from discovery.web import collections, grammar, serialise
from discovery.web.identity import viewer
from discovery.web.language import counted, day, message, translated
from discovery.web.pages import answer, view
from discovery.web.services import Services
from discovery.web.usability import usability

AT_ONCE = 200

UNTIL, ALWAYS = message("until %(day)s"), message("until it is taken back")


def collection_pages(services: Services, settings: Settings) -> Blueprint:
    """Return the pages."""
    routes = Blueprint("collection_pages", __name__)
    service = services.collections

    def shown(one: Collection, address: str, *, shared: bool) -> Response:
        given = grammar.parse_plain(grammar.pairs_of(request.query_string), ("after",))
        page = collections.items_page(one, {**given, "size": AT_ONCE})
        documents = collections.documents_of(services.search, page.items, viewer())
        found = collections.items(one, page, documents)
        files = f"{serialise.API}{address}"
        return answer.page(
            "collection.html",
            title=one.name,
            one=found["collection"],
            items=[_item(item, settings) for item in found["items"]],
            more=f"{address}?after={page.next}" if page.next else None,
            shares=[] if shared else [_share(share) for share in service.shares(one.id)],
            shared=shared,
            files={"zip": f"{files}/files.zip", "pdf": f"{files}/contact-sheet.pdf"},
        )

    @routes.get("/collections")
    def listed() -> Response:
        found = collections.listing(service.all())["collections"]
        return answer.page(
            "collections.html",
            title=translated("Collections"),
            collections=[{**one, "holds": _holds(one["count"])} for one in found],
        )

    @routes.get("/collections/<id>")
    def one(id: str) -> Response:
        return shown(service.get(id), f"/collections/{id}", shared=False)

    @routes.get("/shared/<token>")
    def shared(token: str) -> Response:
        return shown(service.shared(token), f"/shared/{token}", shared=True)

    return routes


def _holds(count: int) -> str:
    return counted("%(num)s item", "%(num)s items", count)


def _item(item: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    document = item["asset"] or item["product"]
    if document is None:
        gone = {"tone": "bad", "text": translated("It is gone")}
        return {"kind": item["kind"], "id": item["id"], "plain": item["name"], "href": None, "usable": gone}
    kind = item["kind"]
    card = view.card({"kind": kind, kind: document, "highlight": {}}, settings.images.thumbnail_sizes)
    usable = usability(document, settings.audit) if kind == "asset" else None
    return {**card, "usable": usable, "was": item["was"]}


def _share(share: Any) -> dict[str, Any]:
    told = collections.share(share)
    until = translated(UNTIL, day=day(told["until"])) if told["until"] else translated(ALWAYS)
    return {**told, "until": until}
