"""The index as a run sees it: the two sides, and the questions that indexing asks of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from discovery.config import IndexSettings
from discovery.engine.client import Engine
from discovery.engine.reader import Reader
from discovery.engine.writer import Operation, Outcome, Put, Writer
from discovery.errors import IndexMismatch, IndexMissing
from indexers.associate import MOST_PRODUCTS, Place
from indexers.plan import STATE_FIELDS, StoredState
from indexers.roster import token
from indexers.shelf import LinkShelf
from mappings.documents import AssetDocument, AssetLink, ProductDocument
from mappings.fields import FEATURES
from mappings.registry import ASSETS, LINKS, PRODUCTS, RUNS

D = TypeVar("D", AssetDocument, ProductDocument)

ROWS_AT_ONCE = 10_000
KEEP_ALIVE_SECONDS = 300
ANSWERS_AT_ONCE = 1000
KEYS_AT_ONCE = 1000
DOCUMENTS_AT_ONCE = 500
FOLDED_AT_ONCE = 200

REMOVED = "removed"
PLACED_BY = ("source.key", "curation.keys")
"""Fields that say where an asset lies, and where those lay that were merged into it."""

_FINISHED = {"kind": "run", "outcome": "finished"}

_VECTORS: dict[type, tuple[str, ...]] = {
    AssetDocument: FEATURES["assets"],
    ProductDocument: FEATURES["products"],
}
_HEAVY: dict[type, tuple[str, ...]] = {
    AssetDocument: (*_VECTORS[AssetDocument], "source.description"),
    ProductDocument: (*_VECTORS[ProductDocument], "source.description", "source.attribute_values"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """The indices or aliases that a run reads and writes."""

    assets: str
    products: str
    runs: str
    links: str

    @classmethod
    def serving(cls, prefix: str) -> Names:
        """Return the write aliases: the generations that searches see."""
        return cls(*(family.write_alias(prefix) for family in (ASSETS, PRODUCTS, RUNS, LINKS)))


class Side(Generic[D]):
    """One side's documents."""

    def __init__(self, reader: Reader, index: str, document: type[D], elder: str | None = None) -> None:
        self._reader = reader
        self._document: type[D] = document
        self._elder = elder
        self.index = index

    def states(self, ids: Sequence[str]) -> dict[str, StoredState]:
        """Return what a plan must know of those of ``ids`` that are stored, as last written."""
        found = self._reader.multi_get(self.index, ids, includes=STATE_FIELDS)
        return {ident: StoredState.from_source(source) for ident, source in found.items()}

    def documents(self, ids: Sequence[str]) -> dict[str, D]:
        """Return whole documents, as last written, by id; those not here from the generation before."""
        found = self._reader.multi_get(self.index, ids)
        absent = [ident for ident in ids if ident not in found]
        if self._elder is not None and absent:
            found |= self._reader.multi_get(self._elder, absent)
        return {ident: self._document.from_source(source) for ident, source in found.items()}

    def texts(self, ids: Sequence[str]) -> dict[str, D]:
        """Return documents without vectors, as last written, by id."""
        found = self._reader.multi_get(self.index, ids, excludes=_VECTORS[self._document])
        return {ident: self._document.from_source(source) for ident, source in found.items()}

    def light(self, ids: Iterable[str]) -> dict[str, D]:
        """Return documents without vectors and long texts, as last written, by id."""
        wanted = list(ids)
        documents: dict[str, D] = {}
        for start in range(0, len(wanted), DOCUMENTS_AT_ONCE):
            some = wanted[start : start + DOCUMENTS_AT_ONCE]
            found = self._reader.multi_get(self.index, some, excludes=_HEAVY[self._document])
            documents |= {ident: self._document.from_source(source) for ident, source in found.items()}
        return documents

    def with_vectors(self, ids: Iterable[str], *paths: str) -> dict[str, D]:
        """Return parts of documents, as last written, by id; ``paths`` must hold what is required."""
        found = self._reader.multi_get(self.index, list(ids), includes=paths)
        return {ident: self._document.from_source(source) for ident, source in found.items()}

    def scan(self) -> Iterator[D]:
        """Yield every document, without vectors, as the index was when the scan began."""
        for hit in self._reader.scan(self.index, source_excludes=_VECTORS[self._document]):
            yield self._document.from_source(hit["_source"])

    def existing(self, ids: Iterable[str]) -> set[str]:
        """Return those of ``ids`` that are stored."""
        return set(self._reader.multi_get(self.index, sorted(set(ids)), includes=("id",)))

    def ids_where(self, *queries: Mapping[str, Any]) -> set[str]:
        """Return the ids of all documents that match any of ``queries``, as of the last refresh."""
        query = {"bool": {"should": list(queries), "minimum_should_match": 1}}
        body = {
            "query": query,
            "size": ANSWERS_AT_ONCE,
            "_source": False,
            "track_total_hits": False,
            "sort": "_doc",
        }
        hits = self._reader.search(self.index, body)["hits"]["hits"]
        if len(hits) < ANSWERS_AT_ONCE:
            return {hit["_id"] for hit in hits}
        return {hit["_id"] for hit in self._reader.scan(self.index, query, ())}

    def pending(self) -> set[str]:
        """Return the ids of documents that the other side has yet to hear of."""
        return self.ids_where({"term": {"run.pending": True}})

    def made_from(self, source: str) -> Iterator[tuple[str, str]]:
        """Yield each stored item of a source, and the token of what it was made from; see ``roster``.

        Read from columns, not from documents: that is what makes a run over unchanged sources cheap. Of
        sources whose names the engine folds into one, the items of all of them.
        """
        fields = ("id", "run.version", "run.build", "media.recipe")
        body: dict[str, Any] = {
            "query": {"term": {"source.name": source}},
            "size": ROWS_AT_ONCE,
            "sort": [{"id": "asc"}],
            "_source": False,
            "stored_fields": "_none_",
            "docvalue_fields": list(fields),
            "track_total_hits": False,
        }
        pit = self._reader.open_point_in_time(self.index, KEEP_ALIVE_SECONDS)
        try:
            while True:
                body["pit"] = {"id": pit, "keep_alive": f"{KEEP_ALIVE_SECONDS}s"}
                reply = self._reader.search("", body)
                pit = reply.get("pit_id", pit)
                hits = reply["hits"]["hits"]
                for hit in hits:
                    found = hit.get("fields", {})
                    ident, version, build, recipe = (found.get(field, [""])[0] for field in fields)
                    yield ident, token(version, build, recipe)
                if len(hits) < ROWS_AT_ONCE:
                    return
                body["search_after"] = hits[-1]["sort"]
        finally:
            self._reader.close_point_in_time(pit)

    def of_source(self, source: str, *parts: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield id and the named parts of each document of a source.

        The engine folds the names of sources (case, accents), so the exact name is looked at here.
        """
        query = {"term": {"source.name": source}}
        for hit in self._reader.scan(self.index, query, ("source.name", *parts)):
            if hit["_source"]["source"]["name"] == source:
                yield hit["_id"], hit["_source"]


class Catalogue:
    """Both sides, and the runs' own records, behind the names of one generation.

    ``elder`` is the generation that a new one takes over from: its vectors are used again where recipe
    and bytes are the same, and what others own in its documents is carried over. ``filling`` says that
    this generation does not serve yet, and must not before it is whole.
    """

    def __init__(
        self,
        engine: Engine,
        names: Names,
        settings: IndexSettings,
        *,
        elder: Names | None = None,
        filling: bool = False,
    ) -> None:
        self._elder = elder
        self.filling = filling
        self._engine = engine
        self._settings = settings
        self.names = names
        self.reader = Reader(engine)
        self.assets = Side(self.reader, names.assets, AssetDocument, elder.assets if elder else None)
        self.products = Side(self.reader, names.products, ProductDocument, elder.products if elder else None)
        self.links = LinkShelf(self.reader, names.links)

    @property
    def has_elder(self) -> bool:
        """Whether there is a generation to take over from."""
        return self._elder is not None

    def ensure_exists(self) -> None:
        """Refuse to write where the engine would make an index by guessing.

        Raises:
            IndexMissing: one of the names does not exist.
        """
        for name in (self.names.assets, self.names.products, self.names.runs, self.names.links):
            if not self.reader.exists(name):
                raise IndexMissing(f"there is no index {name!r}; `discovery index run` makes it")

    def ensure_recipe(self, recipe: str) -> None:
        """Refuse to write vectors into an index of others, should it have been replaced since the call.

        Raises:
            IndexMismatch: the index holds vectors of another recipe.
        """
        stamps = self.reader.mapping_meta(self.names.assets).values()
        if any(stamp.get("recipe") != recipe for stamp in stamps):
            raise IndexMismatch("another model began to serve meanwhile; run it again")

    def writer(
        self, *, threads: int = 1, pause: Callable[[float], Any] | None = None, at_once: int | None = None
    ) -> Writer:
        """Return a writer as configured; ``pause`` is how it waits before it tries again.

        ``at_once`` asks for smaller requests, which keep several threads evenly busy.
        """
        patience: dict[str, Any] = {} if pause is None else {"pause": pause}
        return Writer(
            self._engine,
            retries=self._settings.retries,
            chunk_documents=min(self._settings.bulk_documents, at_once or self._settings.bulk_documents),
            threads=threads,
            **patience,
        )

    def write(self, operations: Iterable[Operation]) -> list[Outcome]:
        """Write a few operations and return all of their outcomes."""
        return list(self.writer().write(operations))

    def refresh(self) -> None:
        """Make everything written so far visible to the questions below."""
        writer = self.writer()
        writer.refresh(self.names.assets)
        writer.refresh(self.names.products)
        writer.refresh(self.names.links)

    @property
    def _with_vectors(self) -> str:
        return self.names.assets if self._elder is None else f"{self.names.assets},{self._elder.assets}"

    def elder_count(self, index: str, source: str) -> int:
        """Return how many items of a source the generation before has."""
        if self._elder is None:
            return 0
        if index == self.names.assets:
            assets = Side(self.reader, self._elder.assets, AssetDocument)
            return sum(1 for _ in assets.of_source(source))
        products = Side(self.reader, self._elder.products, ProductDocument)
        return sum(1 for _ in products.of_source(source))

    def has_vectors(self, recipe: str) -> bool:
        """Return whether any asset has vectors of ``recipe``."""
        return self.reader.count(self._with_vectors, {"term": {"media.recipe": recipe}}) > 0

    def embedded(self, checksums: Sequence[str], recipe: str) -> dict[str, AssetDocument]:
        """Return an asset for each of those bytes that have vectors of ``recipe``, by checksum."""
        conditions = [{"terms": {"media.checksum": list(checksums)}}, {"term": {"media.recipe": recipe}}]
        body = {
            "query": {"bool": {"filter": conditions}},
            "size": len(checksums),
            "collapse": {"field": "media.checksum"},
            "track_total_hits": False,
        }
        hits = self.reader.search(self._with_vectors, body)["hits"]["hits"]
        documents = [AssetDocument.from_source(hit["_source"]) for hit in hits]
        return {document.media.checksum: document for document in documents}

    def kept(self, checksums: Sequence[str], without: Collection[str]) -> set[str]:
        """Return those of ``checksums`` that an asset has which is not one of ``without``."""
        query = {"terms": {"media.checksum": sorted(set(checksums))}}
        hits = self.reader.scan(self.names.assets, query, ("media.checksum",))
        return {hit["_source"]["media"]["checksum"] for hit in hits if hit["_id"] not in without}

    def judged_before(self, basis: str, now: datetime) -> set[str]:
        """Return the products whose pictures must be judged anew, but those that are pending anyway.

        They were judged on another ``basis``, or before a licence ended that has ended by ``now``.
        """
        other = {"bool": {"must_not": [{"term": {"assets.basis": basis}}]}}
        passed = {"range": {"assets.changes": {"lt": now.isoformat()}}}
        due = {"bool": {"should": [other, passed], "minimum_should_match": 1}}
        return self.products.ids_where(
            {"bool": {"filter": [due], "must_not": [{"term": {"run.pending": True}}]}}
        )

    def places(self, keys: Sequence[str]) -> list[Place]:
        """Return the assets, of any source, whose key is one of ``keys``."""
        found: list[Place] = []
        for start in range(0, len(keys), KEYS_AT_ONCE):
            some = list(keys[start : start + KEYS_AT_ONCE])
            found += self._places(_either({"terms": {field: some}} for field in PLACED_BY))
        return found

    def folded(self, keys: Sequence[str]) -> list[Place]:
        """Return the assets, of any source, whose key differs from one of ``keys`` by case at most."""
        found: list[Place] = []
        for start in range(0, len(keys), FOLDED_AT_ONCE):
            some = keys[start : start + FOLDED_AT_ONCE]
            found += self._places(
                _either(
                    {"term": {field: {"value": key, "case_insensitive": True}}}
                    for key in some
                    for field in PLACED_BY
                )
            )
        return found

    def _places(self, query: Mapping[str, Any]) -> list[Place]:
        parts = ["source.name", "source.key", "curation.merged_into", "curation.absorbed"]
        body = {
            "query": query,
            "size": ANSWERS_AT_ONCE,
            "_source": parts,
            "track_total_hits": False,
            "sort": "_doc",
        }
        hits = self.reader.search(self.names.assets, body)["hits"]["hits"]
        if len(hits) >= ANSWERS_AT_ONCE:
            hits = list(self.reader.scan(self.names.assets, query, parts))
        return [place for hit in hits for place in _places_of(hit["_id"], hit["_source"])]

    def inherited(self, skus: Sequence[str]) -> dict[str, list[AssetLink]]:
        """Return by SKU the links that assets have from those that were merged into them."""
        found: dict[str, list[AssetLink]] = {sku: [] for sku in skus}
        heirs = self.assets.ids_where({"terms": {"curation.skus": list(skus)}}) if skus else set()
        for heir in self.assets.light(sorted(heirs)).values():
            for gone in heir.curation.absorbed:
                for link in gone.links:
                    if link.sku in found:
                        found[link.sku].append(AssetLink(heir.id, link.role, link.method, link.confidence))
        return found

    def last_run(self, side: str) -> Mapping[str, Any]:
        """Return the record of the last run over ``side`` that came to its end; empty where there is none."""
        finished = [{"term": {field: value}} for field, value in _FINISHED.items()]
        body = {
            "query": {"bool": {"filter": [*finished, {"term": {"side": side}}]}},
            "sort": [{"started": "desc"}],
            "size": 1,
        }
        hits = self.reader.search(self.names.runs, body)["hits"]["hits"]
        return hits[0]["_source"] if hits else {}

    def record_run(
        self, side: str, started: datetime, counts: Mapping[str, int], settings: Mapping[str, Any]
    ) -> None:
        """Keep the counts of a run that came to its end, and what it went by."""
        record = {
            **_FINISHED,
            "side": side,
            "started": started.isoformat(),
            "finished": datetime.now(UTC).isoformat(),
            "counts": dict(counts),
            "settings": dict(settings),
        }
        ident = f"run-{side}-{round(started.timestamp() * 1000)}"
        self.write([Put(self.names.runs, ident, record)])
        self.writer().refresh(self.names.runs)

    def record_removal(self, side: str, ids: Sequence[str], at: datetime) -> None:
        """Keep which documents were taken away: a generation that is kept beside this one has them still."""
        record = {"kind": REMOVED, "side": side, "started": at.isoformat(), "counts": {"ids": list(ids)}}
        self.write([Put(self.names.runs, f"{REMOVED}-{uuid.uuid4().hex}", record)])

    def removed(self, side: str, since: datetime) -> Iterator[tuple[str, datetime]]:
        """Yield the documents of a side that were taken away since, and when."""
        self.writer().refresh(self.names.runs)
        conditions: list[Mapping[str, Any]] = [{"term": {"kind": REMOVED}}, {"term": {"side": side}}]
        conditions.append({"range": {"started": {"gte": since.isoformat()}}})
        for hit in self.reader.scan(self.names.runs, {"bool": {"filter": conditions}}):
            at = datetime.fromisoformat(hit["_source"]["started"])
            for ident in hit["_source"]["counts"]["ids"]:
                yield ident, at

    def named_or_carried(self, paths: Iterable[str], ids: Sequence[str]) -> tuple[set[str], set[str]]:
        """Return which of ``paths`` any product names, and which of ``ids`` any product carries."""
        asked = {"source.image_paths": sorted(paths), "assets.ids": sorted(ids)}
        body = {
            "size": 0,
            "query": {"bool": {"should": [{"terms": {field: given}} for field, given in asked.items()]}},
            "aggs": {
                field: {"terms": {"field": field, "include": given, "size": max(1, len(given))}}
                for field, given in asked.items()
            },
            "track_total_hits": False,
        }
        found = self.reader.search(self.names.products, body)["aggregations"]
        named, carried = ({bucket["key"] for bucket in found[field]["buckets"]} for field in asked)
        return named, carried

    def naming(self, paths: Sequence[str]) -> set[str]:
        """Return the ids of products that name any of ``paths``.

        Of a path that very many name, only as many as an asset carries: parents first, then variants, by SKU.
        """
        wanted = sorted(set(paths))
        popular: list[str] = []
        for start in range(0, len(wanted), KEYS_AT_ONCE):
            some = wanted[start : start + KEYS_AT_ONCE]
            counting = {"terms": {"field": "source.image_paths", "include": some, "size": len(some)}}
            body = {
                "size": 0,
                "query": {"terms": {"source.image_paths": some}},
                "aggs": {"paths": counting},
                "track_total_hits": False,
            }
            buckets = self.reader.search(self.names.products, body)["aggregations"]["paths"]["buckets"]
            popular += [bucket["key"] for bucket in buckets if bucket["doc_count"] > MOST_PRODUCTS]
        rest = sorted(set(wanted) - set(popular))
        ids: set[str] = set()
        for start in range(0, len(rest), KEYS_AT_ONCE):
            ids |= self.products.ids_where(
                {"terms": {"source.image_paths": rest[start : start + KEYS_AT_ONCE]}}
            )
        for path in popular:
            body = {
                "size": MOST_PRODUCTS,
                "query": {"term": {"source.image_paths": path}},
                "sort": [{"source.variant": "asc"}, {"source.sku": "asc"}],
                "_source": False,
                "track_total_hits": False,
            }
            ids |= {hit["_id"] for hit in self.reader.search(self.names.products, body)["hits"]["hits"]}
        return ids


def _either(conditions: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {"bool": {"should": list(conditions), "minimum_should_match": 1}}


def _places_of(ident: str, said: Mapping[str, Any]) -> Iterator[Place]:
    """Yield where an asset lies, unless another stands for it, and the places of those it stands for."""
    curation = said.get("curation", {})
    if not curation.get("merged_into"):
        yield Place(said["source"]["name"], said["source"]["key"], ident)
    for gone in curation.get("absorbed", ()):
        yield Place(gone["source"], gone["key"], ident)
