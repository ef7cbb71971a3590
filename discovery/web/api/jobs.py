"""The scheduler's jobs: when each is due, what its last runs came to, and asking for one now."""

from __future__ import annotations

from flask import Blueprint, Response, request

from discovery.web import grammar, serialise
from discovery.web.replies import reply
from discovery.web.services import Jobs


def job_routes(jobs: Jobs) -> Blueprint:
    """Return the routes of the job table."""
    routes = Blueprint("jobs", __name__, url_prefix=serialise.API)

    @routes.get("/jobs")
    def table() -> Response:
        grammar.refuse_parameters(request.query_string)
        return reply(serialise.jobs(jobs.jobs()))

    @routes.post("/jobs/<id>/run")
    def run(id: str) -> Response:
        grammar.refuse_parameters(request.query_string)
        return reply(serialise.asked(jobs.ask(id)), status=202)

    return routes
