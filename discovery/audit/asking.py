"""From what people ask of findings to the engine's question, and what is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from discovery.audit.listing import MOST_SIZE, PENDING_STATE, UNRESOLVED_STATE, FindingsQuery, FindingsSummary
from discovery.audit.model import PENDING, REPORTED, SELF, SEVERITIES, STATES, UNRESOLVED
from discovery.audit.rules import RULES
from discovery.engine.cursors import sort_of
from discovery.errors import FieldProblem, InputInvalid

ALL_NAMES = (*RULES, SELF, REPORTED)
"""What a finding's rule may be."""

MOST_NAMES = 50
"""Owners and sources that a summary names, those with the most findings."""

_ID = re.compile(r"[0-9a-f]{24}")


def check_rules(field: str, names: tuple[str, ...]) -> None:
    """Refuse names of rules that do not exist, under the name of the field that gave them.

    Raises:
        InputInvalid: naming each.
    """
    wrong = tuple(FieldProblem(field, no_rule(name)) for name in names if name not in RULES)
    if wrong:
        raise InputInvalid("; ".join(f"{field}: {problem.message}" for problem in wrong), wrong)


def no_rule(name: str) -> str:
    """Return what is said of a rule that does not exist."""
    return f"there is no rule {name[:60]!r}; expected one of {', '.join(RULES)}"


def search_body(query: FindingsQuery, states: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Return the engine's question for one page of findings; ``states`` in place of the query's own.

    Raises:
        InputInvalid: naming every filter that is wrong.
    """
    problems: list[FieldProblem] = []
    conditions: list[dict[str, Any]] = []

    def choose(field: str, value: str | None, choices: tuple[str, ...]) -> None:
        if value is not None and value not in choices:
            problems.append(
                FieldProblem(field, f"expected one of {', '.join(choices)}, found {value[:60]!r}")
            )
        elif value is not None:
            conditions.append({"term": {field: value}})

    choose("rule", query.rule, ALL_NAMES)
    choose("severity", query.severity, SEVERITIES)
    if query.state == UNRESOLVED_STATE:
        states = UNRESOLVED
    elif query.state == PENDING_STATE:
        states = PENDING
    else:
        choose("state", query.state, (*STATES, UNRESOLVED_STATE, PENDING_STATE))
    if states is not None:
        conditions.append({"terms": {"state": list(states)}})
    if query.subject is not None:
        kind, separator, ident = query.subject.partition(":")
        if separator and kind in ("asset", "product", "audit"):
            conditions += [{"term": {"subject.kind": kind}}, {"term": {"subject.id": ident}}]
        else:
            conditions.append({"term": {"subject.id": query.subject}})
    if query.owner is not None:
        conditions.append({"term": {"owner": query.owner}})
    if query.source is not None:
        conditions.append({"term": {"subject.source": query.source}})
    if query.assigned is not None:
        exists = {"exists": {"field": "owner"}}
        conditions.append(exists if query.assigned else {"bool": {"must_not": [exists]}})
    if not 1 <= query.size <= MOST_SIZE:
        problems.append(FieldProblem("size", f"expected a number from 1 to {MOST_SIZE}, found {query.size}"))
    body: dict[str, Any] = {
        "query": {"bool": {"filter": conditions}},
        "size": query.size,
        "sort": [{"rank": "desc"}, {"rule": "asc"}, {"id": "asc"}],
        "track_total_hits": True,
    }
    if query.after is not None:
        try:
            body["search_after"] = _uncursor(query.after)
        except ValueError:
            problems.append(FieldProblem("after", "is no cursor of this list"))
    if problems:
        detail = "; ".join(f"{problem.field}: {problem.message}" for problem in problems)
        raise InputInvalid(detail, tuple(problems))
    return body


def summary_body(today: date) -> dict[str, Any]:
    """Return the engine's question for how many findings there are of what kind."""

    def most(field: str, size: int = MOST_NAMES) -> dict[str, Any]:
        return {"terms": {"field": field, "size": size}}

    counted = {
        "severities": most("severity"),
        "rules": most("rule", len(ALL_NAMES)),
        "owners": most("owner"),
        "sources": most("subject.source"),
        "unassigned": {"missing": {"field": "owner"}},
        "overdue": {"filter": {"range": {"due": {"lt": today.isoformat()}}}},
    }
    return {
        "size": 0,
        "query": {"terms": {"state": list(UNRESOLVED)}},
        "aggs": {
            "waived": {"filter": {"term": {"state": "waived"}}},
            "pending": {"filter": {"terms": {"state": list(PENDING)}}, "aggs": counted},
        },
    }


def summary_of(reply: Mapping[str, Any]) -> FindingsSummary:
    """Return what the engine answered to :func:`summary_body`."""
    told = reply["aggregations"]
    pending = told["pending"]

    def named(name: str) -> dict[str, int]:
        return {one["key"]: one["doc_count"] for one in pending[name]["buckets"]}

    return FindingsSummary(
        pending=pending["doc_count"],
        waived=told["waived"]["doc_count"],
        overdue=pending["overdue"]["doc_count"],
        unassigned=pending["unassigned"]["doc_count"],
        severities=named("severities"),
        rules=named("rules"),
        owners=named("owners"),
        sources=named("sources"),
    )


def _uncursor(text: str) -> list[Any]:
    sort = sort_of(text)
    if len(sort) != 3:
        raise ValueError(text)
    rank, rule, ident = sort
    known = type(rank) is int and 0 <= rank < len(SEVERITIES) and rule in ALL_NAMES
    if not known or not isinstance(ident, str) or not _ID.fullmatch(ident):
        raise ValueError(text)
    return sort
