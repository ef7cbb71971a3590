"""The models: which there are, and what two of them find for the same words."""

from __future__ import annotations

from flask import Blueprint, Response, request

from discovery.web import grammar, models, serialise
from discovery.web.identity import viewer
from discovery.web.replies import reply
from discovery.web.services import Models


def model_routes(service: Models) -> Blueprint:
    """Return the routes of models."""
    routes = Blueprint("models", __name__, url_prefix=serialise.API)

    @routes.get("/models")
    def listed() -> Response:
        grammar.refuse_parameters(request.query_string)
        return reply(models.listing(service.all()))

    @routes.get("/models/comparison")
    def comparison() -> Response:
        given = grammar.parse_plain(grammar.pairs_of(request.query_string), models.PARAMETERS)
        q = models.words_of(given)
        return reply(models.comparison(q, service.compare(q, viewer())))

    return routes
