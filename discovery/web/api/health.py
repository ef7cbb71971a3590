"""Whether the process lives, and whether it can answer searches."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response

from discovery.errors import FieldProblem, NotReady
from discovery.web.problems import respond
from discovery.web.replies import reply
from discovery.web.services import Check


def health_routes(readiness: Callable[[], tuple[Check, ...]]) -> Blueprint:
    """Return the routes that say whether the service lives and is ready."""
    routes = Blueprint("health", __name__, url_prefix="/health")

    @routes.get("/live")
    def live() -> Response:
        return reply({"status": "live"})

    @routes.get("/ready")
    def ready() -> Response:
        checks = readiness()
        told = [{"name": check.name, "ok": check.ok, "reason": check.reason} for check in checks]
        failing = [check for check in checks if not check.ok]
        if not failing:
            return reply({"status": "ready", "checks": told})
        problems = tuple(FieldProblem(check.name, check.reason or "does not answer") for check in failing)
        detail = "; ".join(f"{problem.field}: {problem.message}" for problem in problems)
        return respond(NotReady.kind, detail, problems, {"checks": told})

    return routes
