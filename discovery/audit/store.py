"""The audit's side of the engine: one snapshot of the catalogue to judge, and what the audit keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from discovery.audit.brakes import SourceRun
from discovery.audit.codec import (
    AUDIT,
    SEEN_FIELDS,
    TURNED_FIELDS,
    finding_of,
    finding_source,
    run_of,
    run_source,
)
from discovery.audit.model import UNRESOLVED, AuditRun, Finding, Outcome
from discovery.audit.paths import key_of
from discovery.engine.client import Engine
from discovery.engine.reader import Reader
from discovery.engine.records import Records, Stored
from discovery.engine.writer import Operation, Put, Update, Writer
from discovery.errors import NotFound
from mappings.fields import FEATURES
from mappings.registry import ASSETS, FINDINGS, LINKS, PRODUCTS, RUNS, floors_of

KEEP_ALIVE_SECONDS = 300
IDS_AT_ONCE = 500
NEIGHBOURS_AT_ONCE = 25
MOST_SOURCES = 1000
MOST_RUNS = 1000

VECTORS = (*FEATURES["assets"], *FEATURES["products"])
SIDE_FIELD = {"assets": "media.type", "products": "source.sku"}
"""A field that every document of a side has, and none of the other."""

Found = Mapping[str, Any]


class Snapshot:
    """Both sides as they were at one moment; nothing that is written meanwhile is seen."""

    def __init__(self, reader: Reader, pit: str, assets: str) -> None:
        self._reader = reader
        self._assets = assets
        self._pit = pit

    def _search(self, body: dict[str, Any]) -> dict[str, Any]:
        body["pit"] = {"id": self._pit, "keep_alive": f"{KEEP_ALIVE_SECONDS}s"}
        reply = self._reader.search("", body)
        self._pit = reply.get("pit_id", self._pit)
        return reply

    @property
    def pit(self) -> str:
        """The point in time as the engine last named it."""
        return self._pit

    def walk(
        self,
        side: str,
        page: int,
        includes: Sequence[str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Iterator[list[Found]]:
        """Yield every document of a side once, a page at a time, ordered by id, without vectors.

        Raises:
            AnswerPartial: a shard did not answer.
            CursorExpired: the consumer let more than five minutes pass between two pages.
        """
        conditions: list[Mapping[str, Any]] = [{"exists": {"field": SIDE_FIELD[side]}}]
        if query is not None:
            conditions.append(query)
        body: dict[str, Any] = {
            "query": {"bool": {"filter": conditions}},
            "size": page,
            "sort": [{"id": "asc"}],
            "track_total_hits": False,
            "_source": {"excludes": list(VECTORS)} if includes is None else list(includes),
        }
        while True:
            hits = self._search(body)["hits"]["hits"]
            if hits:
                yield [hit["_source"] for hit in hits]
            if len(hits) < page:
                return
            body["search_after"] = hits[-1]["sort"]

    def fetch(
        self, side: str, ids: Iterable[str], *, includes: Sequence[str] | None = None
    ) -> dict[str, Found]:
        """Return those of ``ids`` that exist, by id, without vectors unless ``includes`` names them."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Found] = {}
        for start in range(0, len(wanted), IDS_AT_ONCE):
            some = wanted[start : start + IDS_AT_ONCE]
            conditions = [{"exists": {"field": SIDE_FIELD[side]}}, {"terms": {"id": some}}]
            body: dict[str, Any] = {
                "query": {"bool": {"filter": conditions}},
                "size": len(some),
                "sort": ["_doc"],
                "track_total_hits": False,
                "_source": {"excludes": list(VECTORS)} if includes is None else list(includes),
            }
            for hit in self._search(body)["hits"]["hits"]:
                found[hit["_id"]] = hit["_source"]
        return found

    def variants(self, parents: Sequence[str], includes: Sequence[str]) -> Iterator[Found]:
        """Yield the variants of some products, as many as there are."""
        for page in self.walk("products", IDS_AT_ONCE, includes, {"terms": {"source.parent": list(parents)}}):
            yield from page

    def counts(self, side: str) -> dict[str, int]:
        """Return how many documents each source of a side has, as ``side/source``."""
        by_source = {"terms": {"field": "source.name.raw", "size": MOST_SOURCES}}
        body: dict[str, Any] = {
            "size": 0,
            "query": {"exists": {"field": SIDE_FIELD[side]}},
            "aggs": {"sources": by_source},
            "track_total_hits": True,
        }
        buckets = self._search(body)["aggregations"]["sources"]["buckets"]
        return {f"{side}/{bucket['key']}": bucket["doc_count"] for bucket in buckets}

    def newest(self) -> datetime | None:
        """Return when the newest document was written."""
        body: dict[str, Any] = {"size": 0, "aggs": {"newest": {"max": {"field": "run.indexed"}}}}
        value = self._search(body)["aggregations"]["newest"].get("value_as_string")
        return datetime.fromisoformat(value) if value else None

    def duplicate_floor(self) -> float | None:
        """Return the cosine that the looks of one picture in two files reach, if the index knows it."""
        return floors_of(self._reader.mapping_meta(self._assets)).get("duplicate_floor")

    def neighbours(self, looks: Mapping[str, Sequence[float]], k: int = 5) -> dict[str, list[str]]:
        """Return the ids of the ``k`` assets that look most like each of ``looks``, itself left out.

        Asked of the index as it is now, for products have no such field and would fail a question to both
        sides; these are candidates only, and what they are is read from the snapshot.
        """
        found: dict[str, list[str]] = {}
        asked = list(looks.items())
        for start in range(0, len(asked), NEIGHBOURS_AT_ONCE):
            some = asked[start : start + NEIGHBOURS_AT_ONCE]
            bodies = [
                {
                    "size": k + 1,
                    "_source": False,
                    "query": {"knn": {"media.look": {"vector": list(look), "k": 100}}},
                }
                for _, look in some
            ]
            replies = self._reader.multi_search(self._assets, bodies)
            for (ident, _), reply in zip(some, replies, strict=True):
                found[ident] = [hit["_id"] for hit in reply["hits"]["hits"] if hit["_id"] != ident][:k]
        return found


class Store:
    """Findings and runs of one prefix."""

    def __init__(self, engine: Engine, prefix: str, *, bulk_documents: int = 500, retries: int = 4) -> None:
        self.reader = Reader(engine)
        self._records = Records(engine)
        self._writer = Writer(engine, retries=retries, chunk_documents=bulk_documents)
        self.assets = ASSETS.read_alias(prefix)
        self.products = PRODUCTS.read_alias(prefix)
        self.runs = RUNS.write_alias(prefix)
        self.findings = FINDINGS.write_alias(prefix)
        self._links = LINKS.write_alias(prefix)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Freeze both sides at one moment, all that was acknowledged by then included; let go at the end."""
        for index in (self.assets, self.products):
            self._writer.refresh(index)
        pit = self.reader.open_point_in_time(f"{self.assets},{self.products}", KEEP_ALIVE_SECONDS)
        snapshot = Snapshot(self.reader, pit, self.assets)
        try:
            yield snapshot
        finally:
            self.reader.close_point_in_time(snapshot.pit)

    def failures(self) -> Iterator[Mapping[str, Any]]:
        """Yield the record of every file that could not be indexed."""
        query = {"bool": {"filter": [{"term": {"kind": "failure"}}, {"term": {"side": "assets"}}]}}
        for hit in self.reader.scan(self.runs, query):
            yield hit["_source"]

    def refusals(self) -> dict[str, frozenset[str]]:
        """Return the keys, in lowercase, of files that people said a product does not show, by SKU."""
        found: dict[str, set[str]] = {}
        for hit in self.reader.scan(self._links, {"exists": {"field": "refused"}}, ("name", "refused")):
            for sku in hit["_source"]["refused"]:
                found.setdefault(sku, set()).add(key_of(hit["_source"]["name"]))
        return {sku: frozenset(keys) for sku, keys in found.items()}

    def source_runs(self) -> list[SourceRun]:
        """Return the last indexing run over each source."""
        latest = {
            "top_hits": {
                "size": 1,
                "sort": [{"started": "desc"}],
                "_source": ["side", "source", "outcome", "finished"],
            }
        }
        sources = {"terms": {"field": "source", "size": MOST_SOURCES}, "aggs": {"latest": latest}}
        sides = {"terms": {"field": "side", "size": 10}, "aggs": {"sources": sources}}
        body = {"size": 0, "query": {"term": {"kind": "run"}}, "aggs": {"sides": sides}}
        reply = self.reader.search(self.runs, body)
        found = []
        for side in reply["aggregations"]["sides"]["buckets"]:
            for bucket in side["sources"]["buckets"]:
                said = bucket["latest"]["hits"]["hits"][0]["_source"]
                finished = datetime.fromisoformat(said["finished"])
                found.append(SourceRun(said["side"], said["source"], said["outcome"], finished))
        return found

    def audits(self, most: int = MOST_RUNS, outcome: Outcome | None = None) -> list[AuditRun]:
        """Return audit runs, the newest first."""
        conditions: list[Mapping[str, Any]] = [{"term": {"kind": AUDIT}}]
        if outcome is not None:
            conditions.append({"term": {"outcome": str(outcome)}})
        body = {"query": {"bool": {"filter": conditions}}, "size": most, "sort": [{"started": "desc"}]}
        hits = self.reader.search(self.runs, body)["hits"]["hits"]
        return [run_of(hit["_id"], hit["_source"]) for hit in hits]

    def audit(self, id: str) -> AuditRun:
        """Return one audit run.

        Raises:
            NotFound: there is none of this id.
        """
        source = self.reader.get(self.runs, id)
        if source is None or source.get("kind") != AUDIT:
            raise NotFound(f"there is no audit run {id!r}")
        return run_of(id, source)

    def keep_run(self, run: AuditRun) -> None:
        """Store a run."""
        list(self._writer.write([Put(self.runs, run.id, run_source(run))]))
        self._writer.refresh(self.runs)

    def stored(self, ids: Sequence[str]) -> dict[str, Finding]:
        """Return those of the findings that exist, as last written, by id."""
        found = self.reader.multi_get(self.findings, ids)
        return {ident: finding_of(source) for ident, source in found.items()}

    def unresolved(self, rules: Sequence[str]) -> Iterator[Finding]:
        """Yield every finding of these rules that is not resolved."""
        conditions = [{"terms": {"rule": list(rules)}}, {"terms": {"state": list(UNRESOLVED)}}]
        for hit in self.reader.scan(self.findings, {"bool": {"filter": conditions}}):
            yield finding_of(hit["_source"])

    def operation(self, finding: Finding, *, new: bool, turned: bool) -> Operation:
        """Return what writes a finding: whole if it is new, else the fields that a run owns."""
        source = finding_source(finding)
        if new:
            return Put(self.findings, finding.id, source)
        names = TURNED_FIELDS if turned else SEEN_FIELDS
        return Update(self.findings, finding.id, {name: source[name] for name in names})

    def write(self, operations: Iterable[Operation]) -> tuple[int, list[str]]:
        """Write findings; return how many were written, and the reasons of those that were not."""
        written, reasons = 0, []
        for outcome in self._writer.write(operations):
            if outcome.status == "failed":
                reasons.append(f"{outcome.id}: {outcome.reason}")
            else:
                written += 1
        self._writer.refresh(self.findings)
        return written, reasons

    def refresh(self) -> None:
        """Let searches see all findings that have been written."""
        self._writer.refresh(self.findings)

    def record(self, id: str) -> tuple[Finding, Stored]:
        """Return a finding, with what is needed to change it.

        Raises:
            NotFound: there is none of this id.
        """
        stored = self._records.get(self.findings, id)
        if stored is None:
            raise NotFound(f"there is no finding {id!r}")
        return finding_of(stored.source), stored

    def replace(self, finding: Finding, expected: Stored | None) -> Stored:
        """Write a finding over the one that was read, or the first of its id.

        Raises:
            EngineConflict: somebody else changed it meanwhile.
        """
        return self._records.put(self.findings, finding.id, finding_source(finding), expected)
