"""The pages of the audit, its findings, the jobs and the search gaps."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from discovery.config import Settings
from discovery.web import grammar
from discovery.web.identity import viewer
from discovery.web.language import message, translated
from discovery.web.pages import answer, audit, desk
from discovery.web.services import Services

ROOMS = {
    "/audit": message("Overview"),
    "/audit/findings": message("Findings"),
    "/gaps": message("Search gaps"),
    "/jobs": message("Jobs"),
    "/model": message("Model"),
}


def desk_routes(services: Services, settings: Settings) -> Blueprint:
    """Return the pages."""
    routes = Blueprint("desk", __name__)

    def shown(template: str, title: str, **values: Any) -> Response:
        rooms = [
            {"href": path, "label": translated(label), "current": path == request.path}
            for path, label in ROOMS.items()
        ]
        return answer.page(template, title=translated(title), rooms=rooms, **values)

    @routes.get("/audit")
    def overview() -> Response:
        return shown("audit.html", message("Audit"), **audit.overview(services.audits))

    @routes.get("/audit/findings")
    def findings() -> Response:
        pairs = grammar.pairs_of(request.query_string)
        return shown("findings.html", message("Findings"), **audit.findings(services.audits, pairs))

    @routes.get("/jobs")
    def jobs() -> Response:
        return shown("jobs.html", message("Jobs"), jobs=desk.jobs(services.jobs))

    @routes.get("/gaps")
    def gaps() -> Response:
        pairs = grammar.pairs_of(request.query_string)
        return shown("gaps.html", message("Search gaps"), **desk.wanted(services.search_log, pairs))

    @routes.get("/model")
    def model() -> Response:
        pairs = grammar.pairs_of(request.query_string)
        found = desk.models(services, viewer(), pairs, settings.images.thumbnail_sizes)
        return shown("model.html", message("Model"), **found)

    return routes
