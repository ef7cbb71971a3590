"""Orders of a result. Each is total: what is equal is ordered by id, so pages join without seams.

The score is part of each, also where it orders nothing: asked for in any other way the engine works it out
once more for the hits of the page, and walks the whole graph again for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from discovery.search.clauses import Clause, nearest, refused
from mappings.fields import SORTS, Side, Sort

RELEVANCE = "relevance"
SCORE: Clause = {"_score": {"order": "desc"}}
TIE_BREAK: Clause = {"id": {"order": "asc"}}


def order(side: Side, name: str, *, ranked: bool) -> list[Clause]:
    """Return the order of that name. What has no value for it comes last, whichever way it goes.

    Without words or a picture nothing is ``ranked``: relevance then is the newest first.

    Raises:
        InputInvalid: naming ``sort``.
    """
    found = SORTS[side].get(name)
    if found is None:
        raise refused("sort", f"unknown sort {name[:100]!r} of {side}{nearest(name, SORTS[side])}")
    if found.name != RELEVANCE:
        return [_by(found), TIE_BREAK, SCORE]
    return by_score() if ranked else [_by(SORTS[side]["newest"]), TIE_BREAK, SCORE]


def by_score() -> list[Clause]:
    """Return the order by score, best first."""
    return [SCORE, TIE_BREAK]


def score_of(hit: Mapping[str, Any]) -> float:
    """Return the score of a hit that came in one of these orders."""
    values = hit["sort"]
    return float(values[0] if len(values) == len(by_score()) else values[-1])


def _by(sort: Sort) -> Clause:
    return {sort.path: {"order": "desc" if sort.descending else "asc", "missing": "_last"}}
