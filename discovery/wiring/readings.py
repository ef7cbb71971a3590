"""What metrics read off the records of jobs, usage, searches and comparisons."""

from __future__ import annotations

from collections.abc import Iterator

from discovery.scheduler.model import JobView
from discovery.search_log.recorder import SearchRecorder
from discovery.usage.recorder import UsageRecorder
from discovery.web.services import Reading
from indexers.reconcile import (
    Reconciliation,
)


def readings_of(view: JobView) -> Iterator[Reading]:
    """Yield when a job last ran, what came of it and whether it runs."""
    job = {"job": view.id}
    if view.last_success is not None:
        name, told = "discovery_job_last_success_timestamp_seconds", "when a job last did all it should"
        yield Reading(name, told, view.last_success.timestamp(), labels=job)
    running = view.state is not None and view.state.running
    yield Reading("discovery_job_running", "whether a job is running", float(running), labels=job)
    for last in view.runs[:1]:
        name, told = "discovery_job_last_outcome", "what the last run of a job came to"
        yield Reading(name, told, 1.0, labels={**job, "outcome": last.outcome})
        seconds = (last.finished - last.started).total_seconds()
        name, told = "discovery_job_last_seconds", "how long the last run of a job took"
        yield Reading(name, told, seconds, labels=job)


def readings_of_recorder(one: UsageRecorder) -> Iterator[Reading]:
    """Yield what waits to be recorded of usage, and what could not be."""
    yield Reading("discovery_usage_waiting", "records of usage that wait in memory", float(one.waiting))
    name, told = "discovery_usage_lost", "views and downloads that could not be recorded"
    yield Reading(name, told, float(one.lost), kind="counter")


def readings_of_searches(one: SearchRecorder) -> Iterator[Reading]:
    """Yield what waits to be kept of searches and clicks, and what could not be."""
    name, told = "discovery_search_log_waiting", "searches and clicks that wait in memory to be kept"
    yield Reading(name, told, float(one.waiting))
    name, told = "discovery_search_log_lost", "searches and clicks that could not be recorded"
    yield Reading(name, told, float(one.lost), kind="counter")
    name, told = "discovery_search_log_unknown_clicks", "clicks of searches that nobody knows"
    yield Reading(name, told, float(one.unknown), kind="counter")


def readings_of_comparison(one: Reconciliation) -> Iterator[Reading]:
    """Yield when sources and index were last compared, and what differed."""
    name, told = "discovery_reconcile_last_timestamp_seconds", "when sources and index were last compared"
    yield Reading(name, told, one.finished.timestamp())
    name, told = "discovery_reconcile_clean", "whether nothing differed then, and all could be compared"
    yield Reading(name, told, float(one.clean))
    for source in one.sources:
        of = {"side": source.side, "source": source.source}
        name, told = "discovery_reconcile_compared", "whether that source could be compared"
        yield Reading(name, told, float(source.outcome == "compared"), labels=of)
    for found in one.differences:
        of = {"side": found.side, "source": found.source, "kind": found.kind}
        name, told = "discovery_reconcile_differences", "items that differed, by source and kind"
        yield Reading(name, told, float(found.count), labels=of)
