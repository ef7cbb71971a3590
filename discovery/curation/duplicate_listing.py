"""Lists of groups of files that hold the same picture: what may be asked, and what is answered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from discovery.curation.duplicate_words import SaidOfPair
from discovery.curation.paging import begun_after
from discovery.duplicates.groups import Group, State
from discovery.duplicates.verdict import Kind
from discovery.engine.cursors import sort_of
from discovery.errors import FieldProblem
from mappings.documents import AssetDocument

DEFAULT_SIZE = 50
MOST_SIZE = 200


@dataclass(frozen=True, slots=True)
class GroupsQuery:
    """Which groups to list; ``None`` for all. ``after`` is the cursor of the page before."""

    kind: str | None = None
    state: str | None = None
    source: str | None = None
    asset: str | None = None
    after: str | None = None
    size: int = DEFAULT_SIZE


@dataclass(frozen=True, slots=True)
class ListedGroup:
    """A group as people are shown it. ``assets`` are those of its members that are still there, by id."""

    group: Group
    state: State
    found: datetime
    seen: datetime
    assets: Mapping[str, AssetDocument]
    said: tuple[SaidOfPair, ...]


@dataclass(frozen=True, slots=True)
class GroupsPage:
    """One page, the newest groups first; ``next`` is the cursor of the next page."""

    total: int
    groups: tuple[ListedGroup, ...]
    next: str | None


def check(query: GroupsQuery) -> list[Any] | None:
    """Return the sort values that a query goes on after, if it does.

    Raises:
        InputInvalid: naming every filter that is wrong.
    """
    problems: list[FieldProblem] = []
    for name, value, allowed in (("kind", query.kind, list(Kind)), ("state", query.state, list(State))):
        if value is not None and value not in [str(one) for one in allowed]:
            told = ", ".join(allowed)
            problems.append(FieldProblem(name, f"expected one of {told}, found {value[:60]!r}"))
    return begun_after(problems, query.size, MOST_SIZE, query.after, _uncursor)


def search_body(query: GroupsQuery) -> dict[str, Any]:
    """Return the request for one page.

    Raises:
        InputInvalid: naming every filter that is wrong.
    """
    after = check(query)
    named = (
        ("kind", query.kind),
        ("state", query.state),
        ("sources", query.source),
        ("members", query.asset),
    )
    body: dict[str, Any] = {
        "query": {
            "bool": {"filter": [{"term": {name: value}} for name, value in named if value is not None]}
        },
        "size": query.size,
        "sort": [{"found": "desc"}, {"id": "asc"}],
        "track_total_hits": True,
    }
    return body if after is None else {**body, "search_after": after}


def _uncursor(text: str) -> list[Any]:
    sort = sort_of(text)
    if len(sort) != 2 or type(sort[0]) is not int or not isinstance(sort[1], str):
        raise ValueError(text)
    if not 0 <= sort[0] < 2**53:
        raise ValueError(text)
    sort[1].encode()  # half a surrogate pair is no id; its error is a ValueError too
    return sort
