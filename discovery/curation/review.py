"""The review queue: assets whose links wait for somebody's word, those first that are nearly sure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from discovery.curation.paging import begun_after
from discovery.engine.cursors import cursor_of, sort_of
from discovery.engine.reader import Reader
from discovery.errors import FieldProblem
from discovery.linking.verdict import State
from mappings.documents import AssetDocument, LinkDocument
from mappings.fields import FEATURES
from mappings.registry import ASSETS, LINKS

CONFLICT = State.CONFLICT.value
WAITING = (State.REVIEW.value, CONFLICT)
DEFAULT_SIZE = 50
MOST_SIZE = 200

_SHOWN_OF_ASSETS = ("id", "source", "media", "product.links", "curation", "usage")


@dataclass(frozen=True, slots=True)
class ReviewQuery:
    """Which entries to list; ``None`` for all. ``after`` is the cursor of the page before.

    ``family`` is a family of products that a proposed or linked one belongs to, ``sku`` a proposed product.
    """

    state: str | None = None
    source: str | None = None
    family: str | None = None
    sku: str | None = None
    min_probability: float | None = None
    after: str | None = None
    size: int = DEFAULT_SIZE


@dataclass(frozen=True, slots=True)
class ReviewEntry:
    """What linking makes of one asset; ``asset`` is ``None`` if it has gone since."""

    link: LinkDocument
    asset: AssetDocument | None


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One page of the queue; ``next`` is the cursor of the next page."""

    total: int
    entries: tuple[ReviewEntry, ...]
    next: str | None


class ReviewQueue:
    """The queue of one prefix."""

    def __init__(self, reader: Reader, prefix: str) -> None:
        self._reader = reader
        self._links = LINKS.write_alias(prefix)
        self._assets = ASSETS.read_alias(prefix)

    def page(self, query: ReviewQuery) -> ReviewPage:
        """Return one page, the most probable first.

        Raises:
            InputInvalid: naming every filter that is wrong.
            IndexMissing: nothing has been indexed yet.
        """
        reply = self._reader.search(self._links, _body(query))
        hits = reply["hits"]["hits"]
        links = [LinkDocument.from_source(hit["_source"]) for hit in hits]
        ids = [link.id for link in links]
        found = self._reader.multi_get(self._assets, ids, _SHOWN_OF_ASSETS, FEATURES["assets"])
        entries = tuple(
            ReviewEntry(link, AssetDocument.from_source(found[link.id]) if link.id in found else None)
            for link in links
        )
        more = len(hits) == query.size
        total = int(reply["hits"]["total"]["value"])
        return ReviewPage(total, entries, cursor_of(hits[-1]["sort"]) if more else None)


def check(query: ReviewQuery) -> list[Any] | None:
    """Return the sort values that a query goes on after, if it does.

    Raises:
        InputInvalid: naming every filter that is wrong.
    """
    problems: list[FieldProblem] = []
    if query.state is not None and query.state not in WAITING:
        problems.append(FieldProblem("state", f"expected {' or '.join(WAITING)}, found {query.state[:60]!r}"))
    if query.min_probability is not None and not 0 <= query.min_probability <= 1:
        problems.append(FieldProblem("min_probability", "expected a number from 0 to 1"))
    return begun_after(problems, query.size, MOST_SIZE, query.after, _uncursor)


def _body(query: ReviewQuery) -> dict[str, Any]:
    after = check(query)
    conditions: list[Mapping[str, Any]] = [
        {"terms": {"state": [query.state] if query.state else list(WAITING)}}
    ]
    for name, value in (("source", query.source), ("family", query.family), ("sku", query.sku)):
        if value is not None:
            conditions.append({"term": {name: value}})
    if query.min_probability is not None:
        conditions.append({"range": {"probability": {"gte": query.min_probability}}})
    body: dict[str, Any] = {
        "query": {"bool": {"filter": conditions}},
        "size": query.size,
        "sort": [{"probability": "desc"}, {"id": "asc"}],
        "track_total_hits": True,
    }
    return body if after is None else {**body, "search_after": after}


def _uncursor(text: str) -> list[Any]:
    sort = sort_of(text)
    if len(sort) != 2 or not isinstance(sort[1], str):
        raise ValueError(text)
    sort[1].encode()  # half a surrogate pair is no id; its error is a ValueError too
    if type(sort[0]) not in (int, float) or not 0 <= sort[0] <= 1:
        raise ValueError(text)
    return sort
