"""Collections: listed, made, changed, filled, shared, taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from discovery.curation.collection_model import Collection, Item
from discovery.web import bodies, collections, grammar, preconditions, serialise
from discovery.web.identity import viewer
from discovery.web.replies import reply
from discovery.web.services import Collections, Search
from mappings.documents import AssetDocument, ProductDocument


def collection_routes(service: Collections, search: Search) -> Blueprint:
    """Return the routes of collections; ``search`` tells what items are now, to whoever may see them."""
    routes = Blueprint("collections", __name__, url_prefix=serialise.API)

    def documents(items: tuple[Item, ...]) -> Mapping[tuple[str, str], AssetDocument | ProductDocument]:
        assets = [item.id for item in items if item.kind == "asset"]
        products = [item.id for item in items if item.kind == "product"]
        found = {("asset", ident): one for ident, one in search.documents("assets", assets, viewer()).items()}
        more = search.documents("products", products, viewer())
        return found | {("product", ident): one for ident, one in more.items()}

    def items_of(one: Collection) -> Response:
        page = collections.items_page(one, _given(collections.ITEMS_PARAMETERS))
        told = reply(collections.items(one, page, documents(page.items)))
        return preconditions.versioned(told, one.version)

    @routes.get("/collections")
    def listed() -> Response:
        return reply(
            collections.listing(service.all(**collections.listed_by(_given(collections.LIST_PARAMETERS))))
        )

    @routes.post("/collections")
    def create() -> Response:
        _given(())
        made = service.create(**collections.draft(bodies.json_object()))
        response = reply(collections.collection(made), status=201)
        response.headers["Location"] = collections.address(made.id)
        return preconditions.versioned(response, made.version)

    @routes.get("/collections/<id>")
    def one(id: str) -> Response:
        _given(())
        return _told(service.get(id))

    @routes.patch("/collections/<id>")
    def change(id: str) -> Response:
        _given(())
        return _told(service.change(id, collections.change(bodies.json_object()), preconditions.expected()))

    @routes.delete("/collections/<id>")
    def delete(id: str) -> Response:
        _given(())
        return reply(collections.collection(service.delete(id, preconditions.expected())))

    @routes.get("/collections/<id>/items")
    def items(id: str) -> Response:
        return items_of(service.get(id))

    @routes.post("/collections/<id>/items")
    def arrange(id: str) -> Response:
        _given(())
        wanted = collections.arrangement(bodies.json_object())
        changed, counts = service.arrange(id, **wanted, expected=preconditions.expected())
        return preconditions.versioned(reply(collections.arranged(changed, counts)), changed.version)

    @routes.get("/collections/<id>/shares")
    def shares(id: str) -> Response:
        _given(())
        return reply(collections.shares(service.shares(id)))

    @routes.post("/collections/<id>/shares")
    def share(id: str) -> Response:
        _given(())
        made, token = service.share(id, *collections.share_draft(bodies.json_object()))
        return reply(collections.share_made(made, token), status=201)

    @routes.delete("/collections/<id>/shares/<share>")
    def revoke(id: str, share: str) -> Response:
        _given(())
        return reply(collections.share(service.revoke(id, share)))

    @routes.get("/shared/<token>")
    def shared(token: str) -> Response:
        return items_of(service.shared(token))

    return routes


def _given(allowed: tuple[str, ...]) -> dict[str, Any]:
    return grammar.parse_plain(grammar.pairs_of(request.query_string), allowed)


def _told(one: Collection) -> Response:
    return preconditions.versioned(reply(collections.collection(one)), one.version)
