"""What shops, DAMs and CDNs tell of usage, and how far they have told everything."""

from __future__ import annotations

from flask import Blueprint, Response, request

from discovery.web import grammar, schemas, serialise
from discovery.web.bodies import json_object
from discovery.web.replies import reply
from discovery.web.services import Usage


def usage_routes(usage: Usage) -> Blueprint:
    """Return the routes of usage."""
    routes = Blueprint("usage", __name__, url_prefix=serialise.API)
    told, declared = schemas.usage_schema(), schemas.feed_schema()

    @routes.post("/usage")
    def take() -> Response:
        grammar.refuse_parameters(request.query_string)
        given = schemas.load(told, json_object())
        taken = usage.take(given["feed"], given["events"])
        feed = None
        # A feed of which something was refused has not told everything.
        if given["complete_until"] is not None and not taken.refused:
            feed = usage.declare(given["feed"], given["since"], given["complete_until"])
        return reply(serialise.taken(taken, feed))

    @routes.get("/usage/feeds")
    def feeds() -> Response:
        grammar.refuse_parameters(request.query_string)
        return reply(serialise.coverage(usage.coverage(), usage.feeds()))

    @routes.post("/usage/feeds")
    def declare() -> Response:
        grammar.refuse_parameters(request.query_string)
        given = schemas.load(declared, json_object())
        if given["retired"]:
            usage.retire(given["feed"])
        else:
            usage.declare(given["feed"], given["since"], given["complete_until"])
        return reply(serialise.coverage(usage.coverage(), usage.feeds()))

    return routes
