"""The application, from named steps."""

from __future__ import annotations

import json
import logging
import time

from flask import Flask, Response, g, request

from discovery.config import Settings
from discovery.web.api.audits import audit_routes, feedback_routes
from discovery.web.api.collections import collection_routes
from discovery.web.api.description import description_routes
from discovery.web.api.duplicates import duplicate_routes
from discovery.web.api.health import health_routes
from discovery.web.api.items import item_routes
from discovery.web.api.jobs import job_routes
from discovery.web.api.links import link_routes
from discovery.web.api.models import model_routes
from discovery.web.api.rules import rule_routes
from discovery.web.api.search import Searcher, search_routes
from discovery.web.api.search_log import search_log_routes
from discovery.web.api.searches import saved_search_routes
from discovery.web.api.usage import usage_routes
from discovery.web.bodies import InMemory
from discovery.web.identity import register_identity, request_id
from discovery.web.language import register_language
from discovery.web.metrics import Metrics, register_metrics
from discovery.web.origins import register_origin_check
from discovery.web.pages.collections import collection_pages
from discovery.web.pages.desk_routes import desk_routes
from discovery.web.pages.routes import error_page, page_routes
from discovery.web.pages.styleguide import styleguide_routes
from discovery.web.problems import register_problems
from discovery.web.replies import register_headers, register_host_check
from discovery.web.sayings import said
from discovery.web.services import Services

MOST_FORM_FIELDS = 1000
MOST_FORM_TEXT_BYTES = 1_000_000

_ACCESS = logging.getLogger("discovery.web.access")


def create_app(services: Services, settings: Settings) -> Flask:
    """Return the WSGI application over ``services``; nothing is reached for until a request comes."""
    app = _new_app(settings)
    metrics = Metrics(services.readings)
    searcher = Searcher(
        services.search, settings.search, metrics, services.duplicates.already_here, services.search_log
    )
    register_identity(app)
    _register_access_log(app)
    register_language(app)
    app.jinja_env.filters["said"] = said
    register_headers(app)
    register_metrics(app, metrics)
    register_host_check(app, settings.web)
    register_origin_check(app, settings.web)
    register_problems(app, error_page)
    app.register_blueprint(search_routes(searcher))
    app.register_blueprint(search_log_routes(services.search_log))
    app.register_blueprint(item_routes(services, settings.images.thumbnail_sizes))
    app.register_blueprint(rule_routes(services.rules))
    app.register_blueprint(collection_routes(services, settings))
    app.register_blueprint(saved_search_routes(services.searches, searcher))
    app.register_blueprint(duplicate_routes(services.duplicates))
    app.register_blueprint(link_routes(services.links, services.search))
    app.register_blueprint(audit_routes(services.audits))
    app.register_blueprint(feedback_routes(services.audits, services.search))
    app.register_blueprint(job_routes(services.jobs))
    app.register_blueprint(model_routes(services.models))
    app.register_blueprint(usage_routes(services.usage))
    app.register_blueprint(health_routes(services.readiness))
    app.register_blueprint(description_routes(settings.search))
    app.register_blueprint(page_routes(services, searcher, settings))
    app.register_blueprint(collection_pages(services, settings))
    app.register_blueprint(desk_routes(services, settings))
    if settings.web.debug:
        app.register_blueprint(styleguide_routes())
    return app


def _new_app(settings: Settings) -> Flask:
    app = Flask("discovery.web")
    app.request_class = InMemory
    app.config["MAX_CONTENT_LENGTH"] = settings.web.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = min(settings.web.max_body_bytes, MOST_FORM_TEXT_BYTES)
    app.config["MAX_FORM_PARTS"] = MOST_FORM_FIELDS
    # A SKU may hold slashes, also two in a row.
    app.url_map.merge_slashes = False
    return app


def _register_access_log(app: Flask) -> None:
    """One line of JSON for each request, without its parameters, where this logger is let through."""

    @app.before_request
    def start() -> None:
        g.arrived = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        if _ACCESS.isEnabledFor(logging.INFO):
            line = {
                "request_id": request_id(),
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "ms": round(1000 * (time.perf_counter() - g.arrived), 1),
            }
            _ACCESS.info("%s", json.dumps(line))
        return response
