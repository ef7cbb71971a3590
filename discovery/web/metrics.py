"""Figures for Prometheus, in a registry of their own: one for each application."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from discovery.search.request import SearchPage
from discovery.web.services import Reading
from mappings.fields import Side

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_UNROUTED = "(none)"


class Metrics:
    """What the service counts about itself. No label holds what people typed."""

    def __init__(self, readings: Callable[[], tuple[Reading, ...]]) -> None:
        self.registry = CollectorRegistry()
        self.seconds = Histogram(
            "discovery_http_request_seconds",
            "time to answer, by route, and by mode for searches",
            ("route", "method", "mode"),
            registry=self.registry,
            buckets=_SECONDS,
        )
        self.errors = Counter(
            "discovery_http_errors",
            "errors by code of the error table",
            ("code", "status"),
            registry=self.registry,
        )
        self.searches = Counter(
            "discovery_searches",
            "searches answered, by side and mode",
            ("side", "mode"),
            registry=self.registry,
        )
        self.empty = Counter(
            "discovery_searches_empty",
            "searches that found nothing",
            ("side", "mode"),
            registry=self.registry,
        )
        self.fallbacks = Counter(
            "discovery_searches_fallback",
            "searches answered in another way than asked for",
            ("side", "mode"),
            registry=self.registry,
        )
        self.registry.register(_Readings(readings))

    def searched(self, side: Side, answer: SearchPage) -> None:
        """Count one answered search."""
        mode = answer.mode.value
        g.mode = mode
        self.searches.labels(side, mode).inc()
        if answer.total == 0:
            self.empty.labels(side, mode).inc()
        if answer.fallback_reason is not None:
            self.fallbacks.labels(side, mode).inc()

    def answered(self, response: Response, seconds: float) -> None:
        """Count one reply."""
        route = request.url_rule.rule if request.url_rule is not None else _UNROUTED
        self.seconds.labels(route, request.method, g.get("mode", "")).observe(seconds)
        if response.status_code >= 400:
            self.errors.labels(g.get("error_code", "internal"), str(response.status_code)).inc()


class _Readings(Collector):
    def __init__(self, readings: Callable[[], tuple[Reading, ...]]) -> None:
        self.readings = readings

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for one in self.readings():
            kind = CounterMetricFamily if one.kind == "counter" else GaugeMetricFamily
            family = families.setdefault(one.name, kind(one.name, one.help, labels=tuple(one.labels)))
            suffix = "_total" if one.kind == "counter" else ""
            family.add_sample(one.name + suffix, dict(one.labels), one.value)
        yield from families.values()


def register_metrics(app: Flask, metrics: Metrics) -> None:
    """Time every request, and tell the figures at ``/metrics``."""

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        metrics.answered(response, time.perf_counter() - g.get("started", time.perf_counter()))
        return response

    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def figures() -> Response:
        return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)

    app.register_blueprint(blueprint)
