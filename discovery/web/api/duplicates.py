"""Files that hold the same picture: listed, told, and people's word on them."""

from __future__ import annotations

from flask import Blueprint, Response, request

from discovery.errors import DiscoveryError
from discovery.web import bodies, bulk, duplicates, grammar, serialise
from discovery.web.replies import reply
from discovery.web.services import Duplicates


def duplicate_routes(service: Duplicates) -> Blueprint:
    """Return the routes of duplicates."""
    routes = Blueprint("duplicates", __name__, url_prefix=f"{serialise.API}/duplicates")

    @routes.get("")
    def listed() -> Response:
        given = grammar.parse_plain(grammar.pairs_of(request.query_string), duplicates.GROUP_PARAMETERS)
        return reply(duplicates.page(service.page(duplicates.groups_query(given))))

    @routes.get("/<id>")
    def one(id: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        return reply(duplicates.group(service.one(id)))

    @routes.post("/decisions")
    def decide() -> Response:
        grammar.refuse_parameters(request.query_string)
        words, by, preview, single = duplicates.words_of(bodies.json_object())
        try:
            made = service.decide(words, by, preview=preview)
        except DiscoveryError as error:
            raise (bulk.unbulked(error) if single else error) from error
        return reply(duplicates.effects(made, preview=preview))

    return routes
