"""The log of searches in the engine: added to, rolled up by what was asked for, removed when it is old."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from discovery.engine.client import Engine
from discovery.engine.reader import Reader
from discovery.engine.writer import Delete, Operation, Put, Update, Writer
from discovery.errors import IndexMissing
from discovery.search_log.model import Opened, RolledUp, Row
from discovery.search_log.recorder import Batch, Kept, search_id
from mappings.fields import Side
from mappings.registry import SEARCH_LOG

ONCE = 1
"""The external version of every record: what is sent again is turned away by the engine itself."""

SPELLINGS = 3


class SearchLog:
    """The index of searches of one prefix."""

    def __init__(self, engine: Engine, prefix: str, *, bulk_documents: int = 500, retries: int = 4) -> None:
        self.index = SEARCH_LOG.write_alias(prefix)
        self._reader = Reader(engine)
        self._writer = Writer(engine, retries=retries, chunk_documents=bulk_documents)

    def keep(self, batch: Batch) -> Kept:
        """Keep searches, changes to them, and clicks of searches that are known.

        Raises:
            IndexMissing: nothing has been indexed yet.
        """
        searches: list[Operation] = [
            Put(self.index, ident, one, ONCE) for ident, one in batch.searches.items()
        ]
        searches += [Update(self.index, ident, change) for ident, change in batch.changes.items()]
        refused = self._write(searches)
        known = self._known(batch.clicks)
        clicks: list[Operation] = []
        unknown = []
        for click in batch.clicks:
            of = [ident for ident in _ids(click) if ident in known]
            unknown += [] if of else [click]
            for ident in of:
                source = _click(click, known[ident])
                clicks.append(Put(self.index, _click_id(ident, click.item), source, ONCE))
                questions = dict.fromkeys((ident, known[ident].get("first", ident)))
                clicks += [Update(self.index, one, {"clicked": True}) for one in questions]
        return Kept(unknown, refused + self._write(clicks))

    def remove(self, before: datetime) -> int:
        """Remove what was recorded before then; return how much; nothing where there is no index."""
        old = {"range": {"at": {"lt": before.isoformat()}}}
        try:
            self._writer.refresh(self.index)
            hits = self._reader.scan(self.index, old, ())
            outcomes = self._writer.write(Delete(self.index, hit["_id"]) for hit in hits)
            return sum(outcome.status == "written" or outcome.status == "gone" for outcome in outcomes)
        except IndexMissing:
            return 0

    def rolled_up(self, most: int) -> RolledUp:
        """Return the log in figures, with at most ``most`` rows.

        Raises:
            IndexMissing: nothing has been indexed yet.
        """
        self._writer.refresh(self.index)
        reply = self._reader.search(self.index, _rows_body(most))["aggregations"]
        whole = reply["whole"]
        first = whole["first"]["value"]
        return RolledUp(
            tuple(_row(bucket) for bucket in whole["forms"]["buckets"]),
            None if first is None else _moment(first),
            int(whole["doc_count"]),
            int(whole["empty"]["doc_count"]),
            int(whole["by_look"]["doc_count"]),
            int(whole["queries"]["value"]),
            int(reply["clicks"]["doc_count"]),
        )

    def _known(self, clicks: list[Opened]) -> dict[str, dict[str, Any]]:
        ids = sorted({ident for click in clicks for ident in _ids(click)})
        return self._reader.multi_get(self.index, ids, includes=("form", "side", "first")) if ids else {}

    def _write(self, operations: list[Operation]) -> int:
        """Write; return how much the engine refused."""
        return sum(outcome.status == "failed" for outcome in self._writer.write(operations))


def _ids(click: Opened) -> Iterator[str]:
    for side in get_args(Side):
        yield search_id(side, click.request)


def _click_id(search: str, item: str) -> str:
    digest = hashlib.blake2b(item.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return f"click:{search}:{digest}"


def _click(click: Opened, search: Mapping[str, Any]) -> dict[str, Any]:
    of = {name: search[name] for name in ("form", "side") if name in search}
    return {
        "kind": "click",
        "request": click.request,
        "item": click.item,
        "position": click.position,
        "at": click.at.isoformat(),
        **of,
    }


_EMPTY = {"bool": {"filter": [{"term": {"total": 0}}], "must_not": [{"term": {"narrowed": True}}]}}
_BY_LOOK = {"term": {"look_only": True}}
_FAILED = {"bool": {"should": [_EMPTY, _BY_LOOK], "minimum_should_match": 1}}
_QUESTION = {
    "bool": {
        "filter": [{"term": {"kind": "search"}}, {"exists": {"field": "form"}}],
        "must_not": [
            {"term": {"again": True}},
            {"bool": {"filter": [{"term": {"passed": True}}], "must_not": [{"term": {"clicked": True}}]}},
        ],
    }
}
"""Searches that are questions of their own: by words, not on the way to others, nor the same once more."""


def _rows_body(most: int) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "failed": {"filter": _FAILED},
        "empty": {"filter": _EMPTY},
        "by_look": {"filter": _BY_LOOK},
        "opened": {"filter": {"term": {"clicked": True}}},
        "refined": {"filter": {"term": {"refined": True}}},
        "accounts": {"cardinality": {"field": "account"}},
        "last": {"max": {"field": "at"}},
        "spelt": {"terms": {"field": "q", "size": SPELLINGS}},
    }
    order = [{"failed": "desc"}, {"_count": "desc"}, {"_key": "asc"}]
    forms = {"terms": {"field": "form", "size": most, "order": order}, "aggs": figures}
    whole = {
        "filter": _QUESTION,
        "aggs": {
            "forms": forms,
            "queries": {"cardinality": {"field": "form"}},
            "empty": {"filter": _EMPTY},
            "by_look": {"filter": _BY_LOOK},
            "first": {"min": {"field": "at"}},
        },
    }
    return {"size": 0, "aggs": {"whole": whole, "clicks": {"filter": {"term": {"kind": "click"}}}}}


def _row(bucket: Mapping[str, Any]) -> Row:
    return Row(
        form=bucket["key"],
        q=bucket["spelt"]["buckets"][0]["key"],
        asked=int(bucket["doc_count"]),
        accounts=int(bucket["accounts"]["value"]),
        empty=int(bucket["empty"]["doc_count"]),
        by_look=int(bucket["by_look"]["doc_count"]),
        opened=int(bucket["opened"]["doc_count"]),
        refined=int(bucket["refined"]["doc_count"]),
        last=_moment(bucket["last"]["value"]),
    )


def _moment(milliseconds: float) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
