"""Saved searches: listed, kept, changed, run, compared with what was last seen, taken away."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from discovery.saved.model import SavedSearch
from discovery.web import bodies, grammar, preconditions, searches, serialise
from discovery.web.api.search import Searcher
from discovery.web.identity import viewer
from discovery.web.replies import reply
from discovery.web.services import SavedSearches


def saved_search_routes(service: SavedSearches, searcher: Searcher) -> Blueprint:
    """Return the routes of saved searches; ``searcher`` answers them as any other search."""
    routes = Blueprint("searches", __name__, url_prefix=f"{serialise.API}/searches")

    @routes.get("")
    def listed() -> Response:
        owner = searches.owner_asked(_given(searches.LIST_PARAMETERS))
        return reply(searches.listing(service.all(owner)))

    @routes.post("")
    def create() -> Response:
        _given(())
        made = service.create(**searches.draft(bodies.json_object()))
        response = _told(made, status=201)
        response.headers["Location"] = searches.address(made.id)
        return response

    @routes.get("/<id>")
    def one(id: str) -> Response:
        _given(())
        return _told(service.get(id))

    @routes.patch("/<id>")
    def change(id: str) -> Response:
        _given(())
        return _told(service.change(id, searches.change(bodies.json_object()), preconditions.expected()))

    @routes.delete("/<id>")
    def delete(id: str) -> Response:
        _given(())
        return reply(searches.search(service.delete(id, preconditions.expected())))

    @routes.post("/<id>/run")
    def run(id: str) -> Response:
        _given(())
        page = searches.run(bodies.json_object() if request.content_length else {})
        return reply(searcher.search({**service.get(id).request, **page}, logged=False))

    @routes.get("/<id>/changes")
    def changes(id: str) -> Response:
        _given(())
        told = service.changes(id)
        shown = (*told.entered[: searches.MOST_TOLD], *told.left[: searches.MOST_TOLD])
        documents = searcher.service.documents(told.search.side, shown, viewer())
        return reply(searches.changes(told, documents))

    @routes.post("/<id>/seen")
    def see(id: str) -> Response:
        _given(())
        return _told(service.see(id))

    return routes


def _given(allowed: tuple[str, ...]) -> dict[str, Any]:
    return grammar.parse_plain(grammar.pairs_of(request.query_string), allowed)


def _told(one: SavedSearch, status: int = 200) -> Response:
    return preconditions.versioned(reply(searches.search(one), status=status), one.version)
