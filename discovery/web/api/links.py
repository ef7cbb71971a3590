"""Why an asset is linked as it is, what waits for people's word, and taking that word."""

from __future__ import annotations

from flask import Blueprint, Response, request

from discovery.errors import DiscoveryError
from discovery.web import bodies, bulk, grammar, links, serialise
from discovery.web.identity import viewer
from discovery.web.replies import reply
from discovery.web.services import Links, Search


def link_routes(service: Links, search: Search) -> Blueprint:
    """Return the routes of links."""
    routes = Blueprint("links", __name__, url_prefix=serialise.API)

    @routes.get("/assets/<id>/links/explain")
    def explain(id: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        return reply(links.explanation(service.explain(id), service.history(id)))

    @routes.get("/products/<path:sku>/links/history")
    def product_history(sku: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        product = search.product(sku, viewer())
        return reply(links.product_history(service.product_history(product.source.sku)))

    @routes.get("/links/review")
    def review() -> Response:
        given = grammar.parse_plain(grammar.pairs_of(request.query_string), links.REVIEW_PARAMETERS)
        return reply(links.review(service.review(links.review_query(given))))

    @routes.post("/links/decisions")
    def decide() -> Response:
        grammar.refuse_parameters(request.query_string)
        words, by, single = links.words_of(bodies.json_object())
        try:
            made = service.decide(words, by)
        except DiscoveryError as error:
            raise (bulk.unbulked(error) if single else error) from error
        return reply(links.decisions_taken(made))

    return routes
