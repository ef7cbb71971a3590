"""Query rules: listed, kept and taken away."""

from __future__ import annotations

from flask import Blueprint, Response, request

from discovery.web import bodies, grammar, rules, serialise
from discovery.web.replies import reply
from discovery.web.services import QueryRules


def rule_routes(service: QueryRules) -> Blueprint:
    """Return the routes of query rules."""
    routes = Blueprint("rules", __name__, url_prefix=f"{serialise.API}/search")

    @routes.get("/rules")
    def listed() -> Response:
        grammar.refuse_parameters(request.query_string)
        return reply(rules.listing(service.rules()))

    @routes.get("/rules/<id>")
    def one(id: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        return reply(rules.told(service.rule(id)))

    @routes.put("/rules/<id>")
    def put(id: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        table, by = rules.taken(bodies.json_object())
        return reply(rules.told(service.put(id, table, by)))

    @routes.delete("/rules/<id>")
    def delete(id: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        return reply(rules.told(service.delete(id)))

    return routes
