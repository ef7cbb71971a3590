"""The log of usage in the engine: events that are only ever added, feeds, the mark of the last roll-up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from discovery.engine.client import Engine
from discovery.engine.reader import Reader
from discovery.engine.records import Records
from discovery.engine.writer import Put, Writer
from discovery.errors import EngineConflict, EngineRejected, IndexMissing
from discovery.usage.model import Event, Feed, document_id
from mappings.registry import ASSETS, CATALOGUE, RUNS, USAGE

EVENT, FEED, MARK = "event", "feed", "mark"
ONCE = 1
"""The external version of every event: a second telling is turned away by the engine itself."""

MOST_FEEDS = 1000
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the last roll-up went: events received until then, over these generations."""

    until: datetime
    started: datetime
    catalogue: tuple[str, ...]


class UsageLog:
    """The usage index of one prefix, and the little that the room must know of other records."""

    def __init__(self, engine: Engine, prefix: str, *, bulk_documents: int = 500, retries: int = 4) -> None:
        self.reader = Reader(engine)
        self.index = USAGE.write_alias(prefix)
        self._records = Records(engine)
        self._writer = Writer(engine, retries=retries, chunk_documents=bulk_documents)
        self._prefix = prefix
        self._runs = RUNS.write_alias(prefix)
        self._assets = ASSETS.read_alias(prefix)

    def add(self, events: Sequence[Event], received: datetime) -> tuple[int, int]:
        """Keep events; return how many were new, and how many were known.

        Raises:
            IndexMissing: nothing has been indexed yet.
            EngineRejected: the engine refused one; the others are kept, and may be told again.
        """
        operations = [
            Put(self.index, document_id(one.feed, one.id), _event(one, received), ONCE) for one in events
        ]
        new = known = 0
        for outcome in self._writer.write(operations):
            if outcome.status == "failed":
                raise EngineRejected(f"an event could not be kept: {outcome.reason}")
            new += outcome.status == "written"
            known += outcome.status == "newer"
        return new, known

    def refresh(self) -> None:
        """Let searches see all that has been told."""
        self._writer.refresh(self.index)

    def unknown_assets(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Return those of ``ids`` of which nothing is indexed."""
        wanted = sorted(set(ids))
        there = self.reader.multi_get(self._assets, wanted, includes=("id",))
        return tuple(ident for ident in wanted if ident not in there)

    def feeds(self) -> tuple[Feed, ...]:
        """Return every feed that was declared and not retired, by name."""
        body = {"query": {"term": {"kind": FEED}}, "size": MOST_FEEDS, "sort": [{"feed": "asc"}]}
        try:
            hits = self._records.search(self.index, body)["hits"]["hits"]
        except IndexMissing:
            return ()
        feeds = (_feed(hit["_source"]) for hit in hits)
        return tuple(feed for feed in feeds if not feed.retired)

    def feed(self, name: str) -> Feed | None:
        """Return a feed, retired or not."""
        stored = self._records.get(self.index, _feed_id(name))
        return _feed(stored.source) if stored else None

    def declare(self, feed: Feed, now: datetime) -> None:
        """Keep how far a feed tells everything.

        Raises:
            EngineConflict: others declare it at the same moment, again and again.
        """
        record = {
            "kind": FEED,
            "feed": feed.name,
            "since": feed.since.isoformat(),
            "complete_until": feed.complete_until.isoformat(),
            "retired": feed.retired,
            "told": now.isoformat(),
        }
        for _ in range(_TRIES):
            stored = self._records.get(self.index, _feed_id(feed.name))
            try:
                self._records.put(self.index, _feed_id(feed.name), record, stored)
            except EngineConflict:
                continue
            return
        raise EngineConflict(f"others are declaring the feed {feed.name!r} at the same moment; try again")

    def mark(self) -> Mark | None:
        """Return how far the last roll-up went."""
        stored = self.reader.get(self.index, MARK)
        if stored is None:
            return None
        return Mark(
            datetime.fromisoformat(stored["until"]),
            datetime.fromisoformat(stored["started"]),
            tuple(stored["catalogue"]),
        )

    def keep_mark(self, mark: Mark) -> None:
        """Keep how far a roll-up went. Of two at once the later one counts; both have done their work."""
        record = {
            "kind": MARK,
            "until": mark.until.isoformat(),
            "started": mark.started.isoformat(),
            "catalogue": list(mark.catalogue),
        }
        (outcome,) = self._writer.write([Put(self.index, MARK, record)])
        if outcome.status == "failed":
            raise EngineRejected(f"the mark of the roll-up could not be kept: {outcome.reason}")

    def generations(self) -> tuple[str, ...]:
        """Return the generations that serve now."""
        aliases = (family.read_alias(self._prefix) for family in CATALOGUE)
        return tuple(sorted(name for alias in aliases for name in self.reader.mapping_meta(alias)))

    def indexed_since(self, moment: datetime) -> bool:
        """Return whether an indexing run has ended since then, however it ended."""
        conditions = [{"term": {"kind": "run"}}, {"range": {"finished": {"gt": moment.isoformat()}}}]
        sides = {"terms": {"side": [family.name for family in CATALOGUE]}}
        return self.reader.count(self._runs, {"bool": {"filter": [*conditions, sides]}}) > 0

    def received_since(self, moment: datetime) -> bool:
        """Return whether events were received after then."""
        late = {"range": {"received": {"gt": moment.isoformat()}}}
        return self.reader.count(self.index, {"bool": {"filter": [{"term": {"kind": EVENT}}, late]}}) > 0

    def subjects(self, field: str, since: datetime | None, page: int) -> Iterator[list[str]]:
        """Yield the values of ``field`` in all events, or in those received since then, a page at a time."""
        sources = [{"value": {"terms": {"field": field}}}]
        composite: dict[str, Any] = {"size": page, "sources": sources}
        while True:
            body = {"size": 0, "query": _events(since), "aggs": {"subjects": {"composite": composite}}}
            found = self.reader.search(self.index, body)["aggregations"]["subjects"]
            if found["buckets"]:
                yield [bucket["key"]["value"] for bucket in found["buckets"]]
            if "after_key" not in found:
                return
            composite = {**composite, "after": found["after_key"]}

    def totals(self, field: str, values: Sequence[str], channels: int) -> dict[str, Mapping[str, Any]]:
        """Return the engine's figures of each of ``values``: by action, and by channel."""
        last = {"max": {"field": "at"}}
        per_action = {
            "terms": {"field": "action"},
            "aggs": {"times": {"sum": {"field": "count"}}, "last": last},
        }
        per_channel = {
            "terms": {"field": "channel", "size": channels},
            "aggs": {
                name: {"filter": {"term": {"action": name}}, "aggs": {"last": last}}
                for name in ("publication", "withdrawal")
            },
        }
        subjects = {
            "terms": {"field": field, "size": len(values)},
            "aggs": {"actions": per_action, "channels": per_channel},
        }
        query = {"bool": {"filter": [{"term": {"kind": EVENT}}, {"terms": {field: list(values)}}]}}
        body = {"size": 0, "query": query, "aggs": {"subjects": subjects}}
        buckets = self.reader.search(self.index, body)["aggregations"]["subjects"]["buckets"]
        return {bucket["key"]: bucket for bucket in buckets}


def _events(since: datetime | None) -> dict[str, Any]:
    conditions: list[Mapping[str, Any]] = [{"term": {"kind": EVENT}}]
    if since is not None:
        conditions.append({"range": {"received": {"gte": since.isoformat()}}})
    return {"bool": {"filter": conditions}}


def _event(one: Event, received: datetime) -> dict[str, Any]:
    source = {
        "kind": EVENT,
        "event": one.id,
        "feed": one.feed,
        "action": one.action.value,
        "asset": one.asset,
        "product": one.product,
        "channel": one.channel,
        "by": one.by,
        "count": one.count,
        "at": one.at.isoformat(),
        "received": received.isoformat(),
    }
    return {name: value for name, value in source.items() if value is not None}


def _feed_id(name: str) -> str:
    return f"{FEED}-{document_id(FEED, name)}"


def _feed(source: Mapping[str, Any]) -> Feed:
    return Feed(
        source["feed"],
        datetime.fromisoformat(source["since"]),
        datetime.fromisoformat(source["complete_until"]),
        bool(source.get("retired")),
    )
