"""Orders of a result. Each is total: what is equal is ordered by id, so pages join without seams."""

from __future__ import annotations

from discovery.search.clauses import Clause, nearest, refused
from mappings.fields import SORTS, Side, Sort

RELEVANCE = "relevance"
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
        return [_by(found), TIE_BREAK]
    return by_score() if ranked else [_by(SORTS[side]["newest"]), TIE_BREAK]


def by_score() -> list[Clause]:
    """Return the order by score, best first."""
    return [{"_score": {"order": "desc"}}, TIE_BREAK]


def _by(sort: Sort) -> Clause:
    return {sort.path: {"order": "desc" if sort.descending else "asc", "missing": "_last"}}
