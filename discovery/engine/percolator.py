"""Queries that documents are held against: an index of queries, made for one use and taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from discovery.engine.client import Engine
from discovery.engine.failures import ensure_whole, from_status, translated
from discovery.errors import EngineRejected

MOST_QUERIES = 10_000


class Percolator:
    """An index of queries, there while this is entered.

    ``body`` is a whole index body with a ``query`` field. It is made anew each time, so that its fields and
    queries are never those of another mapping or day.
    """

    def __init__(self, engine: Engine, index: str, body: Mapping[str, Any]) -> None:
        self._client = engine.client
        self._index = index
        self._body = body

    def __enter__(self) -> Percolator:
        self._delete()
        with translated():
            self._client.indices.create(index=self._index, body=self._body)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._delete()

    def load(self, queries: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
        """Take queries in by their names; return the names of those that cannot be asked this way.

        Raises:
            EngineUnavailable, EngineTimedOut, EngineBusy: as named.
        """
        lines: list[Mapping[str, Any]] = []
        for name, query in queries.items():
            lines += [{"index": {"_index": self._index, "_id": name}}, {"query": query}]
        if not lines:
            return ()
        with translated():
            reply = self._client.bulk(body=lines, params={"refresh": "true"})
        refused = []
        for entry in reply["items"]:
            item = entry["index"]
            if "error" not in item:
                continue
            failure = from_status(item["status"], {"error": item["error"]})
            if not isinstance(failure, EngineRejected):
                raise failure
            refused.append(str(item["_id"]))
        return tuple(refused)

    def matching(self, documents: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, ...]]:
        """Return, by the name of each query that any document passes, the places of those documents.

        Raises:
            AnswerPartial: not every query was asked.
        """
        if not documents:
            return {}
        held = {"percolate": {"field": "query", "documents": list(documents)}}
        body = {
            "size": MOST_QUERIES,
            "track_total_hits": False,
            "_source": False,
            "query": {"constant_score": {"filter": held}},
        }
        with translated():
            reply = self._client.search(index=self._index, body=body)
        ensure_whole(reply)
        return {
            hit["_id"]: tuple(int(slot) for slot in hit["fields"]["_percolator_document_slot"])
            for hit in reply["hits"]["hits"]
        }

    def _delete(self) -> None:
        with translated():
            self._client.indices.delete(index=self._index, params={"ignore_unavailable": "true"})
