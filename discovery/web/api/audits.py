"""Audits: asking for runs, looking at findings, saying what is to become of them, and reports."""

from __future__ import annotations

import dataclasses

from flask import Blueprint, Response, request

from discovery.audit.reports.formats import FORMATS, format_of
from discovery.web import audits, bodies, feedback, grammar, preconditions, serialise
from discovery.web.identity import viewer
from discovery.web.replies import reply, report_reply
from discovery.web.services import Audits, Search


def feedback_routes(service: Audits, search: Search) -> Blueprint:
    """Return the route by which people say what is wrong."""
    routes = Blueprint("feedback", __name__, url_prefix=serialise.API)

    @routes.post("/feedback")
    def tell() -> Response:
        grammar.refuse_parameters(request.query_string)
        given, who = feedback.feedback(bodies.json_object())
        found = service.tell(given, feedback.subject_of(given, search, viewer()), who)
        response = reply(audits.finding_detail(found.finding, found.version), status=201)
        response.headers["Location"] = f"{serialise.API}/audits/findings/{found.finding.id}"
        return response

    return routes


def audit_routes(service: Audits) -> Blueprint:
    """Return the routes of the audit."""
    routes = Blueprint("audits", __name__, url_prefix=f"{serialise.API}/audits")

    @routes.post("/runs")
    def ask() -> Response:
        grammar.refuse_parameters(request.query_string)
        asked = audits.run_request(bodies.json_object() if request.content_length else {})
        view = service.ask(asked)
        response = reply(audits.run(view), status=202)
        response.headers["Location"] = audits.run_address(view.id)
        return response

    @routes.get("/runs")
    def runs() -> Response:
        given = grammar.parse_plain(grammar.pairs_of(request.query_string), audits.RUNS_PARAMETERS)
        return reply(audits.runs(service.run_views(audits.runs_asked(given))))

    @routes.get("/runs/<id>")
    def run(id: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        return reply(audits.run(service.run_view(id)))

    @routes.get("/findings")
    def findings() -> Response:
        given = grammar.parse_plain(grammar.pairs_of(request.query_string), audits.FINDINGS_PARAMETERS)
        return reply(audits.findings(service.findings(audits.findings_query(given))))

    @routes.get("/summary")
    def summary() -> Response:
        grammar.refuse_parameters(request.query_string)
        return reply(audits.summary(service.summary()))

    @routes.get("/findings/<id>")
    def finding(id: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        found = service.versioned(id)
        told = reply(audits.finding_detail(found.finding, found.version))
        return preconditions.versioned(told, found.version)

    @routes.patch("/findings/<id>")
    def change(id: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        wanted, by = audits.finding_change(bodies.json_object())
        changed = service.change_versioned(id, wanted, by, preconditions.expected())
        told = reply(audits.finding_detail(changed.finding, changed.version))
        return preconditions.versioned(told, changed.version)

    @routes.get("/report.<format>")
    def report(format: str) -> Response:
        chosen = format_of(format, FORMATS)
        given = grammar.parse_plain(grammar.pairs_of(request.query_string), ("run", "searches"))
        made = service.report(given.get("run"), pictured=chosen.pictured, searches=given.get("searches"))
        if not made.base_url:
            made = dataclasses.replace(made, base_url=request.host_url.rstrip("/"))
        name = f"discovery-audit-{made.made:%Y-%m-%d}.{chosen.name}"
        return report_reply(chosen.make(made), chosen.media_type, name)

    return routes
