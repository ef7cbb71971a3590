"""A search whose question is decided: asked what it finds, and which of given items it finds.

What a first page decides (what the words mean, their spelling, whether pictures take part) depends on the
whole catalogue; so it is decided once, on that, and only then asked of single items.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from discovery.search.clauses import Clause, all_of
from discovery.search.filters import filter_clauses
from discovery.search.membership import without_collections
from discovery.search.query import Question
from discovery.search.request import Mode

IDS_AT_ONCE = 1000
MOST_IDS = 10_000
"""Items that one request of the engine gives out."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A decided search. ``fallback_reason`` says why it is not done as it was asked for.

    ``worded`` is the same search by its words alone.
    """

    question: Question
    worded: Question
    total: int
    mode: Mode
    fallback_reason: str | None
    ask: Callable[[Question, Clause], Mapping[str, Any]]

    def ids(self, most: int = MOST_IDS) -> tuple[str, ...] | None:
        """Return all that it finds; ``None`` where that is more than ``most``."""
        if self.total > most:
            return None
        return tuple(self._found(self.question, most))

    def among(self, ids: Collection[str]) -> frozenset[str]:
        """Return those of ``ids`` that it finds.

        Of pictures those that are similar enough: that others are more similar does not matter here.
        """
        found: set[str] = set()
        listed = sorted(ids)
        for start in range(0, len(listed), IDS_AT_ONCE):
            some = listed[start : start + IDS_AT_ONCE]
            only = replace(self.question, always=(*self.question.always, {"terms": {"id": some}}))
            found.update(self._found(only, len(some)))
        return frozenset(found)

    def standing(self) -> Clause:
        """Return a clause that whatever this finds passes, and that an item alone can be held against.

        By words alone that is the query itself. Where pictures take part, or collections, it is the rest of
        the filters: :meth:`among` decides.
        """
        if self.mode is Mode.TEXT:
            side, filters = self.worded.side, self.worded.filters
            return replace(self.worded, filters=without_collections(side, filters)).query()
        filters = without_collections(self.question.side, self.question.filters)
        return all_of([*self.question.always, *filter_clauses(self.question.side, filters)])

    def _found(self, question: Question, most: int) -> Iterator[str]:
        body = {
            "size": most,
            "track_total_hits": False,
            "_source": False,
            "query": question.query(),
            "sort": [{"id": "asc"}],
        }
        for hit in self.ask(question, body)["hits"]["hits"]:
            yield hit["_id"]
