"""Shapes that every part of a query shares."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from discovery.errors import FieldProblem, InputInvalid

Clause = dict[str, Any]
"""A query, or a part of one, as the engine reads it."""


def refused(field: str, message: str) -> InputInvalid:
    """Return the error for one named input that cannot be served."""
    return InputInvalid(f"{field}: {message}", (FieldProblem(field, message),))


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean a or b?"`` from the known names near to ``name``, else what is known."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(near)}?" if near else f"; expected one of {', '.join(names)}"


def all_of(clauses: list[Clause]) -> Clause:
    """Return the clause that holds where each of ``clauses`` does, without scores."""
    return {"bool": {"filter": clauses}} if clauses else {"match_all": {}}


def none_of(clauses: list[Clause]) -> Clause:
    """Return the clause that holds where none of ``clauses`` does."""
    return {"bool": {"must_not": clauses}}


def any_of(clauses: list[Clause]) -> Clause:
    """Return the clause that holds where at least one of ``clauses`` does."""
    return {"bool": {"should": clauses, "minimum_should_match": 1}}
