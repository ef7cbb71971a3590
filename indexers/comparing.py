"""A generation that is to serve compared with the one that does: what it holds, and how it answers.

Nothing is changed. What differs is found on a sample of documents, vectors and queries; what cannot be told,
because the serving generation cannot be asked any more, is not held against the new one.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from discovery.config import Settings
from discovery.errors import DiscoveryError
from discovery.picture_sets.standing import SetJudge
from indexers.following import Generation
from indexers.gate import Check, GateFinding
from indexers.judging import DEPTH, gain
from indexers.lifecycle import MOST_SOURCES
from indexers.projection import Projection
from indexers.run import ASSETS, PRODUCTS
from mappings.fields import FEATURES, VECTORS, Side

SAMPLED = 100
PROBED = 10
NEIGHBOURS = 10
BEAM = 100
"""As searches ask for at least."""

ALIKE = 100
EQUAL = 1e-4

LEAST_RECALL = 0.9
"""Of the truly nearest ten; the engine's graph finds 0.99 of them, one that is broken next to none."""

TOLERANCE = 0.02
"""By how much mean nDCG@10 may fall: what a few hits that change places come to."""

FAMILIES = 20
SIDES: tuple[Side, ...] = ("assets", "products")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a hit shows."""

    id: str
    skus: frozenset[str]
    families: frozenset[str]


Ask = Callable[[Mapping[str, str], str, str], Sequence[Shown]]
"""Asks indices, by side, a side and a query; returns the first ten hits as searches would list them."""


@dataclass(frozen=True, slots=True)
class Probes:
    """How generations are asked, and the queries that people have judged, with the SKUs that answer each."""

    ask: Ask
    judged: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Probe:
    kind: str
    side: str
    q: str
    answers: int
    is_right: Callable[[Shown], bool]


class Comparison:
    """One comparison of ``here`` with the ``leader``; ``behind`` counts what is yet to be carried over."""

    def __init__(self, leader: Generation, here: Generation, settings: Settings) -> None:
        self._leader, self._here = leader, here
        self._reader = here.catalogue.reader
        self._share = settings.index.shrink_share
        self._audit = settings.audit
        self._findings: list[GateFinding] = []
        self.generation = here.assets
        self.figures: dict[str, float] = {}

    @property
    def findings(self) -> tuple[GateFinding, ...]:
        """What speaks against it so far."""
        return tuple(self._findings)

    def find(self, finding: GateFinding) -> None:
        """Add what others have found."""
        self._findings.append(finding)

    def contents(self) -> None:
        """Compare documents: how many of each source, and a sample of them, field by field."""
        for side in SIDES:
            before, now = (self._counts(one.sides()[side]) for one in (self._leader, self._here))
            self.figures[f"{side} documents"] = sum(now.values())
            for source, count in before.items():
                if now.get(source, 0) < (1 - self._share) * count:
                    message = f"it has {now.get(source, 0)} of the {count} documents that serve"
                    self._find(side, source, "count", count - now.get(source, 0), message)
            served = self._served(side)
            if differing := sorted(self._differing(side, served)):
                message = f"{len(differing)} sampled documents differ from those that serve"
                self._find(side, "", "document", len(differing), message, differing)
            if apart := sorted(self._apart(side, sorted(served))):
                message = f"{len(apart)} sampled documents do not carry what links and decisions give them"
                self._find(side, "", "document", len(apart), message, apart)

    def answers(self, probes: Probes | None) -> None:
        """Compare what it finds: nearest pictures with the truly nearest, and queries with known answers."""
        for side in SIDES:
            for path in VECTORS[side]:
                recall = self._recall(self._here.sides()[side], path)
                if recall is None:
                    continue
                self.figures[f"{side} {path} recall@{NEIGHBOURS}"] = round(recall, 4)
                if recall < LEAST_RECALL:
                    message = f"{path} finds {recall:.2f} of the nearest, expected {LEAST_RECALL} at least"
                    self._find(side, "", "recall", 1, message)
        if probes is not None:
            self._relevance(probes)

    def _counts(self, index: str) -> dict[str, int]:
        by_source = {"terms": {"field": "source.name", "size": MOST_SOURCES}}
        reply = self._reader.search(index, {"size": 0, "aggs": {"sources": by_source}})
        return {one["key"]: one["doc_count"] for one in reply["aggregations"]["sources"]["buckets"]}

    def _served(self, side: Side) -> dict[str, dict[str, Any]]:
        light = {"excludes": list(FEATURES[side])}
        hits = self._sample(self._leader.sides()[side], SAMPLED, light)
        return {hit["_id"]: hit["_source"] for hit in hits}

    def _apart(self, side: Side, ids: Sequence[str]) -> set[str]:
        projection = Projection(self._here.catalogue, nullcontext, SetJudge(self._audit))
        return projection.differing_assets(ids) if side == ASSETS else projection.differing_products(ids)

    def _differing(self, side: Side, served: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
        here = self._reader.multi_get(self._here.sides()[side], sorted(served), excludes=FEATURES[side])
        for ident, document in here.items():
            if _compared(side, document, served[ident]) != _compared(side, served[ident], document):
                yield ident

    def _sample(
        self, index: str, size: int, parts: Any, query: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        chance = {
            "query": query or {"match_all": {}},
            "random_score": {"seed": 7, "field": "_seq_no"},
            "boost_mode": "replace",
        }
        body = {"size": size, "query": {"function_score": chance}, "_source": parts}
        found: list[dict[str, Any]] = self._reader.search(index, body)["hits"]["hits"]
        return found

    def _recall(self, index: str, path: str) -> float | None:
        """Return the share of the nearest ten that the graph finds; ``None`` where there are no vectors."""
        there = {"exists": {"field": path}}
        block, name = path.split(".")
        found = []
        for hit in self._sample(index, PROBED, [path], there):
            vector = hit["_source"][block][name]
            nearest = {"knn": {path: {"vector": vector, "k": BEAM}}}
            by_cosine = {
                "lang": "knn",
                "source": "knn_score",
                "params": {"field": path, "query_value": vector, "space_type": "cosinesimil"},
            }
            exact = {"script_score": {"query": there, "script": by_cosine}}
            asked = [
                {"size": size, "_source": False, "track_total_hits": False, "query": query}
                for size, query in ((NEIGHBOURS, nearest), (ALIKE, exact))
            ]
            graph, truth = (
                {one["_id"]: one["_score"] for one in reply["hits"]["hits"]}
                for reply in self._reader.multi_search(index, asked)
            )
            # Of several that are equally near, copies above all, one is as good as another.
            farthest = sorted(truth.values(), reverse=True)[:NEIGHBOURS][-1] - EQUAL
            right = sum(truth.get(ident, 0.0) >= farthest for ident in graph)
            found.append(right / min(NEIGHBOURS, len(truth)))
        return statistics.fmean(found) if found else None

    def _relevance(self, probes: Probes) -> None:
        asked = [*self._made(), *self._judged(probes.judged)]
        before = self._gains(probes.ask, self._leader, asked)
        now = self._gains(probes.ask, self._here, asked)
        for kind, gains in now.items():
            self.figures[f"{kind} nDCG@{DEPTH}"] = round(gains, 4)
            if (served := before.get(kind)) is None:
                continue
            self.figures[f"{kind} nDCG@{DEPTH} of the serving one"] = round(served, 4)
            if gains < served - TOLERANCE:
                message = f"{kind}: nDCG@{DEPTH} falls from {served:.3f} to {gains:.3f}"
                self._find("both", "", "relevance", 1, message)

    def _gains(self, ask: Ask, generation: Generation, asked: Sequence[_Probe]) -> dict[str, float]:
        gains: dict[str, list[float]] = {}
        try:
            for one in asked:
                hits = ask(generation.sides(), one.side, one.q)
                found = gain((one.is_right(hit) for hit in hits), one.answers)
                gains.setdefault(one.kind, []).append(found)
        except DiscoveryError as error:
            if generation is self._here:
                self._find("both", "", "relevance", 1, f"it cannot be searched: {error.detail}")
            return {}
        return {kind: statistics.fmean(values) for kind, values in gains.items()}

    def _made(self) -> Iterator[_Probe]:
        """Yield queries that the catalogue itself answers: SKUs, titles, what it calls its families."""
        products = self._leader.products
        for hit in self._sample(products, PROBED, ["source.sku", "source.title"]):
            sku, title = hit["_source"]["source"]["sku"], hit["_source"]["source"]["title"]
            yield _Probe("identifiers", PRODUCTS, sku, 1, _is_one_of({sku}))
            alike = self._reader.count(products, {"match_phrase": {"source.title": title}})
            if alike == 1:
                yield _Probe("titles", PRODUCTS, title, 1, _is_one_of({sku}))
        for side, field in ((PRODUCTS, "source.family"), (ASSETS, "product.family")):
            families = {"terms": {"field": field, "size": FAMILIES}}
            reply = self._reader.search(
                self._leader.sides()[side], {"size": 0, "aggs": {"families": families}}
            )
            for bucket in reply["aggregations"]["families"]["buckets"]:
                name = bucket["key"]
                yield _Probe(f"families of {side}", side, name, bucket["doc_count"], _is_of(name))

    def _judged(self, judged: Mapping[str, Sequence[str]]) -> Iterator[_Probe]:
        for query, skus in judged.items():
            for side, field in ((PRODUCTS, "source.sku"), (ASSETS, "product.sku")):
                answers = self._reader.count(self._leader.sides()[side], {"terms": {field: list(skus)}})
                yield _Probe(f"judged queries, {side}", side, query, answers, _is_one_of(set(skus)))

    def _find(
        self, side: str, source: str, check: Check, count: int, message: str, examples: Sequence[str] = ()
    ) -> None:
        self._findings.append(GateFinding(side, source, check, count, message, tuple(examples[:5])))


def _is_one_of(skus: set[str]) -> Callable[[Shown], bool]:
    return lambda hit: not skus.isdisjoint(hit.skus)


def _is_of(family: str) -> Callable[[Shown], bool]:
    return lambda hit: family in {one.casefold() for one in hit.families} or family in hit.families


def _compared(side: str, document: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a document must be the same in both generations.

    Of items that one has indexed from another version of their source, or by other code, only what others
    than the source have said. What the other side gives them depends on what that has been indexed from.
    """
    parts: dict[str, Any] = {"usage": _told(document.get("usage"))}
    made = ("version", "build")
    if [document["run"].get(name) for name in made] != [other["run"].get(name) for name in made]:
        return parts
    parts["curation"] = _told(document.get("curation"))
    parts["source"] = document["source"]
    if side == ASSETS:
        parts["media"] = {name: said for name, said in document["media"].items() if name != "recipe"}
    return parts


def _told(block: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a block without its empty values, which only one that was updated in part holds."""
    return {name: value for name, value in (block or {}).items() if value not in (None, [], {})}
