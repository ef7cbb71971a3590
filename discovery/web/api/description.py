"""The API's description of itself, for machines and for reading. Nothing on the page comes from elsewhere."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, render_template, request

from discovery.config import SearchSettings
from discovery.web import grammar, openapi, serialise
from discovery.web.replies import reply


def description_routes(limits: SearchSettings) -> Blueprint:
    """Return the routes of the description; it is made once."""
    routes = Blueprint("description", __name__, url_prefix=serialise.API)
    described = openapi.describe(limits)
    operations = [
        (path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]

    @routes.app_template_filter("pretty")
    def pretty(value: Any) -> str:
        return json.dumps(value, indent=2, ensure_ascii=False)

    @routes.get("/openapi.json")
    def machine() -> Response:
        grammar.refuse_parameters(request.query_string)
        return reply(described)

    @routes.get("/docs")
    def reading() -> Response:
        grammar.refuse_parameters(request.query_string)
        text = render_template("docs.html", title="API", api=described, operations=operations)
        return Response(text, mimetype="text/html")

    return routes
