"""The report on gaps as JSON and as CSV, and the rows of both tables."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from discovery.audit.codec import moment
from discovery.audit.reports.plain import cell
from discovery.search_log.gaps import Gap, GapReport, Lacking, Wanted

WANTED_COLUMNS = (
    "rank", "sku", "name", "variants", "reason", "asked_in_vain", "queries", "pictures", "problems",
    "lacking", "completeness", "uses", "price", "currency", "status", "family", "demand", "score", "link",
)  # fmt: skip
GAP_COLUMNS = (
    "query", "verdict", "reason", "asked_in_vain", "asked", "accounts", "empty", "by_look", "opened",
    "refined", "last", "pictures_now", "products_now", "products_lacking", "lacking_skus",
    "did_you_mean", "link",
)  # fmt: skip


def page_of(product: Lacking) -> str:
    """Return the path of a product's page in the service."""
    return f"/products/{quote(product.sku, safe='', errors='replace')}"


def search_for(gap: Gap) -> str:
    """Return the path of the search page with a query, among products where these lack pictures."""
    side = {"in": "products"} if gap.today.products else {}
    return "/?" + urlencode({"q": gap.row.q, **side}, errors="replace")


def wanted_rows(report: GapReport) -> Iterator[tuple[str | float | datetime | None, ...]]:
    """Yield one row under :data:`WANTED_COLUMNS` for each product to be photographed."""
    for rank, one in enumerate(report.wanted, 1):
        product = one.product
        yield (
            rank,
            product.sku,
            product.name,
            one.variants,
            one.reason,
            one.unmet,
            "; ".join(one.queries),
            product.pictures,
            "; ".join(product.problems),
            ", ".join(product.views),
            product.completeness,
            product.uses,
            product.price,
            product.currency,
            product.status,
            product.family,
            round(one.demand, 3),
            round(one.score, 3),
            report.base_url.rstrip("/") + page_of(product),
        )


def gap_rows(report: GapReport) -> Iterator[tuple[str | float | datetime | None, ...]]:
    """Yield one row under :data:`GAP_COLUMNS` for each query."""
    for one in report.gaps:
        row, today = one.row, one.today
        yield (
            row.q,
            one.verdict.value,
            one.reason,
            one.unmet,
            row.asked,
            row.accounts,
            row.empty,
            row.by_look,
            row.opened,
            row.refined,
            row.last,
            today.pictures,
            today.products,
            today.lacking_total,
            "; ".join(product.sku for product in today.lacking),
            today.did_you_mean,
            report.base_url.rstrip("/") + search_for(one),
        )


def as_csv(report: GapReport) -> bytes:
    """Return the products to be photographed as CSV: UTF-8 with a mark, and no cell that is a formula."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(WANTED_COLUMNS)
    writer.writerows([cell(value) for value in row] for row in wanted_rows(report))
    return b"\xef\xbb\xbf" + stream.getvalue().encode("utf-8", "replace")


def as_json(report: GapReport) -> bytes:
    """Return the whole report as one JSON document."""
    return json.dumps(document(report), ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"


def document(report: GapReport) -> dict[str, Any]:
    """Return all that the report tells."""
    return {
        **summary_json(report),
        "products": [wanted_json(one) for one in report.wanted],
        "gaps": [gap_json(one) for one in report.gaps],
    }


def summary_json(report: GapReport) -> dict[str, Any]:
    """Return what every JSON answer says of the log as a whole."""
    log = report.log
    return {
        "made": moment(report.made),
        "since": None if log.since is None else moment(log.since),
        "retention_days": report.retention_days,
        "asked": log.asked,
        "queries": log.queries,
        "empty": log.empty,
        "by_look": log.by_look,
        "clicks": log.clicks,
        "closed": report.closed,
    }


def wanted_json(one: Wanted) -> dict[str, Any]:
    """Return a product to be photographed."""
    return {
        **lacking_json(one.product),
        "variants": one.variants,
        "queries": list(one.queries),
        "unmet": one.unmet,
        "demand": round(one.demand, 3),
        "score": round(one.score, 3),
        "reason": one.reason,
    }


def gap_json(one: Gap) -> dict[str, Any]:
    """Return a query that was asked in vain."""
    row, today = one.row, one.today
    return {
        "query": row.q,
        "verdict": one.verdict.value,
        "reason": one.reason,
        "unmet": one.unmet,
        "asked": row.asked,
        "accounts": row.accounts,
        "empty": row.empty,
        "by_look": row.by_look,
        "opened": row.opened,
        "refined": row.refined,
        "last": moment(row.last),
        "pictures": today.pictures,
        "products": today.products,
        "products_lacking": today.lacking_total,
        "lacking": [lacking_json(product) for product in today.lacking],
        "did_you_mean": today.did_you_mean,
        "links": {"page": search_for(one)},
    }


def lacking_json(one: Lacking) -> dict[str, Any]:
    """Return a product that lacks pictures."""
    return {
        "sku": one.sku,
        "name": one.name,
        "parent": one.parent,
        "family": one.family,
        "status": one.status,
        "price": one.price,
        "currency": one.currency,
        "pictures": one.pictures,
        "problems": list(one.problems),
        "lacking": list(one.views),
        "completeness": one.completeness,
        "uses": one.uses,
        "links": {"page": page_of(one)},
    }
