"""What is opened from a result, told to the log of searches; and what the log tells of what is not found."""

from __future__ import annotations

import dataclasses

from flask import Blueprint, Response, request

from discovery.audit.reports.formats import format_of
from discovery.search_log.reports.formats import FORMATS
from discovery.web import bodies, clicks, gaps, grammar, serialise
from discovery.web.replies import reply, report_reply
from discovery.web.services import SearchLog


def search_log_routes(log: SearchLog) -> Blueprint:
    """Return the routes of the log of searches."""
    routes = Blueprint("search_log", __name__, url_prefix=f"{serialise.API}/search")

    @routes.post("/clicks")
    def click() -> Response:
        grammar.refuse_parameters(request.query_string)
        opened = clicks.opened(bodies.json_object())
        if log.enabled:
            log.record(opened)
        return reply({"recorded": log.enabled}, status=202)

    @routes.get("/gaps")
    def queries() -> Response:
        given = grammar.parse_plain(grammar.pairs_of(request.query_string), gaps.PARAMETERS)
        return reply(gaps.gaps(log.gaps(), given))

    @routes.get("/gaps/products")
    def products() -> Response:
        given = grammar.parse_plain(grammar.pairs_of(request.query_string), gaps.PARAMETERS)
        return reply(gaps.wanted(log.gaps(), given))

    @routes.get("/gaps.<format>")
    def report(format: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        chosen = format_of(format, FORMATS)
        made = dataclasses.replace(log.gaps(), base_url=request.host_url.rstrip("/"))
        name = f"discovery-search-gaps-{made.made:%Y-%m-%d}.{chosen.name}"
        return report_reply(chosen.make(made), chosen.media_type, name)

    return routes
