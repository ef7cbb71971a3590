"""Generations of the index: made, looked at, settled, swapped, pruned; ``migration`` moves between them.

A generation is one index of a family, named by its age. Searches go to the family's read alias, the indexer
to its write alias; both change in one step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from discovery.config import Settings
from discovery.engine.client import Engine
from discovery.engine.indices import AliasChange, IndexFacts, Indices
from discovery.engine.reader import Reader
from discovery.errors import EngineConflict, IndexMismatch, IndexMissing, InputInvalid
from discovery.picture_sets.standing import SetJudge
from discovery.vision.embedder import Recipe
from indexers.catalogue import Catalogue, Names
from indexers.deadletters import FAILURE, DeadLetters
from indexers.following import STAMP, Generation
from indexers.locks import lifecycle_lock, projection_lock, source_lock
from indexers.projection import Projection
from indexers.run import ASSETS as ASSETS_SIDE
from indexers.run import PRODUCTS as PRODUCTS_SIDE
from mappings.fingerprint import digest
from mappings.registry import ASSETS, CATALOGUE, FAMILIES, PRODUCTS, RUNS, Family, VectorSpace, body, read

MOST_SOURCES = 1000
REBUILD = "run `discovery index rebuild`"

SEGMENT_DOCUMENTS = 12_500
"""Documents of one shard that go into one segment. Each segment's graph is walked on its own, a small one to
its end: of 100,000 clustered vectors in one segment 0.95 of the nearest 1,000 are found (0.22 at worst), in
the eight that they were written to 0.99."""

LEAST_SEGMENTS = 2
"""As many as two requests at once leave behind: making one of them would build half of its graphs again."""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One source of one family. ``failures`` are its dead letters, ``pending`` its unconnected documents."""

    name: str
    documents: int
    pending: int
    failures: int


@dataclass(frozen=True, slots=True)
class FamilyStatus:
    """One family: the serving generation, its stamp and contents, and the other generations that exist.

    ``unfinished`` are those others that were not filled to their end. ``problem`` says why this service
    cannot work with the generation, ``None`` if it can.
    """

    family: str
    generation: str | None
    documents: int
    bytes: int
    stamp: Mapping[str, Any]
    sources: tuple[SourceStatus, ...]
    others: tuple[str, ...]
    problem: str | None
    unfinished: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What was done: generations that serve now, those that do no longer, and those that wait to.

    ``without_vectors`` pictures of what serves now are found by words, and by sight after the next index run.
    """

    serving: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    without_vectors: int = 0


def made_by_another(family: Family, stamp: Mapping[str, Any], recipe: Recipe) -> str:
    """Say that an index so stamped holds vectors that the model of ``recipe`` did not make."""
    made_by = stamp.get("recipe_description", {}).get("model", "another model")
    return (
        f"the {family.name} index holds vectors of {made_by!r}, the configured model is {recipe.model!r}, "
        f"or its weights or preprocessing differ; {REBUILD}, or set model.name back"
    )


def vector_space(recipe: Recipe, engine: str, *, derived: bool) -> VectorSpace:
    """Return what an index must know of a model."""
    description = {
        "model": recipe.model,
        "weights": recipe.weights,
        "preprocessing": recipe.preprocessing,
        "text_floor": recipe.text_floor,
        "similar_floor": recipe.similar_floor,
        "duplicate_floor": recipe.duplicate_floor,
        "stranger_floor": recipe.floors.stranger,
    }
    if recipe.adapter is not None:
        description["adapter"] = recipe.adapter
    return VectorSpace(recipe.dimension, recipe.look_dimension, recipe.digest, description, engine, derived)


class Lifecycle:
    """Generations of one prefix on one engine."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._prefix = settings.engine.prefix
        self._indices = Indices(engine)
        self._reader = Reader(engine)

    def ensure(self, recipe: Recipe, *, make: bool = True) -> Catalogue:
        """Make what is missing, refuse what does not fit, and return the serving catalogue.

        Without ``make`` nothing is made: the catalogue may not exist.

        Raises:
            IndexMismatch: the serving generation was made by another mapping or model; says what to run.
        """
        missing = self._missing()
        if make and missing:
            with lifecycle_lock(self._settings.home, self._prefix):
                for family in self._missing():
                    self._create(family, recipe, serving=True)
            missing = []
        if make:
            self._extend()
        there = [family for family in FAMILIES if family not in missing]
        problems = [problem for family in there if (problem := self._problem(family, recipe))]
        if problems:
            raise IndexMismatch("; ".join(problems))
        return self.serving()

    def ensure_records(self) -> None:
        """Make the indices that people's records are kept in, where there are none; no model is asked."""
        if not any(family not in CATALOGUE for family in self._missing()):
            return
        with lifecycle_lock(self._settings.home, self._prefix):
            for family in self._missing():
                if family not in CATALOGUE:
                    self._create(family, None, serving=True)

    def serving(self) -> Catalogue:
        """Return the catalogue that searches see; it may not exist."""
        return Catalogue(self._engine, Names.serving(self._prefix), self._settings.index)

    def status(self, recipe: Recipe | None = None) -> tuple[FamilyStatus, ...]:
        """Return how each family stands; with a ``recipe``, whether its vectors are of that model."""
        return tuple(self._family_status(family, recipe) for family in FAMILIES)

    def prepare(self, recipe: Recipe) -> Generation:
        """Make a new generation of both sides; it takes vectors and decisions over from the serving one."""
        self.ensure_records()
        assets = self._create(ASSETS, recipe, serving=False)
        products = self._create(PRODUCTS, recipe, serving=False)
        return self._generation(assets, products)

    def serving_generation(self) -> Generation | None:
        """Return the generation that searches see, by its own names; ``None`` where there is none."""
        assets, products = (self._serving(family) for family in CATALOGUE)
        return self._generation(assets, products) if assets and products else None

    def waiting(self) -> Generation | None:
        """Return the newest generation that is newer than the serving one, ``None`` where none is."""
        newest = {family: self._newer(family) for family in CATALOGUE}
        if not all(newest.values()):
            return None
        return self._generation(newest[ASSETS][-1], newest[PRODUCTS][-1])

    def before(self) -> Generation:
        """Return the generation before the serving one.

        Raises:
            IndexMissing: there is none.
        """
        older = {family: self._older(family, self._serving(family)) for family in CATALOGUE}
        for family, names in older.items():
            if not names:
                raise IndexMissing(f"there is no {family.name} generation before the serving one")
        return self._generation(older[ASSETS][-1], older[PRODUCTS][-1])

    def chosen(self, generations: Sequence[str] | None) -> Generation:
        """Return the named generation; without names the newest of each side, the serving one among them.

        Raises:
            InputInvalid: a name that is no generation of this prefix.
            IndexMissing: there is no generation at all.
        """
        chosen = self._chosen(generations)
        for family in CATALOGUE:
            name = chosen.get(family) or self._serving(family)
            if name is None:
                raise IndexMissing(f"there is no {family.name} generation; {REBUILD}")
            chosen[family] = name
        return self._generation(chosen[ASSETS], chosen[PRODUCTS])

    def is_of_this_version(self, generation: Generation) -> bool:
        """Return whether a generation has the mappings by which this version of the service writes."""
        stamps = {family: self._indices.mapping_meta(generation.sides()[family.name]) for family in CATALOGUE}
        return all(stamp.get("mapping") == digest(read(family)) for family, stamp in stamps.items())

    def misfit(self, generation: Generation, recipe: Recipe) -> bool:
        """Return whether a generation was made by another mapping or model than would be made now."""
        recipes = {self.recipe_of(name) for name in generation.sides().values()}
        return recipes != {recipe.digest} or not self.is_of_this_version(generation)

    def recipe_of(self, index: str) -> str:
        """Return the recipe that one index's vectors are of."""
        return str(self._indices.mapping_meta(index).get("recipe"))

    def sources(self) -> list[tuple[str, str]]:
        """Return every source that has documents or dead letters, as (side, name)."""
        found: set[tuple[str, str]] = set()
        for family in CATALOGUE:
            if (serving := self._serving(family)) is not None:
                found |= {(family.name, one.name) for one in self._sources(family, serving)}
        return sorted(found)

    def swap(self, to: Generation) -> None:
        """Let a generation serve, both sides in one step that no search and no write can fall between."""
        serving = {family: self._serving(family) for family in CATALOGUE}
        names = {family: to.sides()[family.name] for family in CATALOGUE}
        self._swap({family: name for family, name in names.items() if serving[family] != name}, serving)

    def discard(self, made: Generation) -> None:
        """Delete a generation that does not serve."""
        serving = {self._serving(family) for family in CATALOGUE}
        self._indices.delete([name for name in made.sides().values() if name not in serving])

    def discard_waiting(self, besides: Generation | None = None) -> None:
        """Delete what is newer than the serving generation: left half-filled, or never promoted."""
        kept = set(besides.sides().values()) if besides else set()
        for family in CATALOGUE:
            self._indices.delete([name for name in self._newer(family) if name not in kept])

    def settle(self, generation: str) -> None:
        """Merge a generation into few segments, but not into too few: see ``SEGMENT_DOCUMENTS``."""
        self._indices.refresh(generation)
        documents = self._reader.count(generation) / self._settings.engine.shards
        segments = max(LEAST_SEGMENTS, math.ceil(documents / SEGMENT_DOCUMENTS))
        self._indices.force_merge(generation, segments=segments)

    def prune(self, keep: int | None = None) -> Change:
        """Delete old generations; ``keep`` of each side stay, the serving one among them.

        By default that is ``index.keep_generations``. Generations newer than the serving one are left alone.
        """
        keep = self._settings.index.keep_generations if keep is None else keep
        deleted: list[str] = []
        for family in CATALOGUE:
            serving = self._serving(family)
            older = self._older(family, serving)
            deleted += older[: max(0, len(older) - (keep - 1))]
        self._indices.delete(deleted)
        return Change(deleted=tuple(deleted))

    def forget(self, source: str) -> Iterator[int]:
        """Take all items of a source out of the index, of both sides; yield how many after each step.

        Raises:
            RunInProgress: a run over this source is under way.
            IndexMissing: there is no index.
        """
        catalogue = self.serving()
        catalogue.ensure_exists()
        home = self._settings.home
        with ExitStack() as locks:
            for side in (ASSETS_SIDE, PRODUCTS_SIDE):
                locks.enter_context(source_lock(home, self._prefix, side, source))
            catalogue.refresh()
            judge = SetJudge(self._settings.audit)
            projection = Projection(catalogue, projection_lock(home, self._prefix), judge)
            assets = [ident for ident, _ in catalogue.assets.of_source(source)]
            yield from projection.remove_assets(assets)
            products = [ident for ident, _ in catalogue.products.of_source(source)]
            yield from projection.remove_products(products)
            for side in (ASSETS_SIDE, PRODUCTS_SIDE):
                letters = DeadLetters(catalogue, side, source, datetime.now(UTC))
                letters.load()
                letters.close(complete=True)

    def _create(self, family: Family, recipe: Recipe | None, *, serving: bool) -> str:
        now = datetime.now(UTC)
        engine = self._settings.engine
        vectors = None
        if recipe is not None and family in CATALOGUE:
            derived = self._engine.ping().derives_vectors
            vectors = vector_space(recipe, engine.vector_engine, derived=derived)
        whole = body(
            family,
            shards=engine.shards,
            replicas=engine.replicas,
            vectors=vectors,
            created=now.isoformat(),
        )
        if serving:
            whole["aliases"] = {
                family.read_alias(self._prefix): {},
                family.write_alias(self._prefix): {"is_write_index": True},
            }
        name = family.generation(self._prefix, now.strftime("%Y%m%d%H%M%S%f"))
        self._indices.create(name, whole)
        return name

    def _missing(self) -> list[Family]:
        return [f for f in FAMILIES if not self._indices.exists(f.write_alias(self._prefix))]

    def _extend(self) -> None:
        """Add the fields that this version's records have more than the index; nothing else may differ."""
        for family in FAMILIES:
            if family in CATALOGUE:
                continue
            wanted = read(family)
            for name, stamp in self._reader.mapping_meta(family.write_alias(self._prefix)).items():
                if stamp.get("mapping") != digest(wanted):
                    now = {**stamp, "version": family.version, "mapping": digest(wanted)}
                    self._indices.put_mapping(name, wanted["mappings"]["properties"], now)

    def _problem(self, family: Family, recipe: Recipe | None) -> str | None:
        """Return why this service cannot work with the serving generation, ``None`` if it can."""
        stamps = self._reader.mapping_meta(family.write_alias(self._prefix))
        if len(stamps) > 1:
            return f"several {family.name} generations serve at once ({', '.join(sorted(stamps))}); {REBUILD}"
        stamp = next(iter(stamps.values()))
        if stamp.get("mapping") != digest(read(family)):
            return f"the {family.name} index was made by another mapping; {REBUILD}"
        if recipe is not None and family in CATALOGUE and stamp.get("recipe") != recipe.digest:
            return made_by_another(family, stamp, recipe)
        return None

    def _serving(self, family: Family) -> str | None:
        alias = family.read_alias(self._prefix)
        behind = self._indices.aliases(alias).get(alias, ())
        if len(behind) > 1:
            raise EngineConflict(f"alias {alias!r} names several generations: {', '.join(behind)}")
        return behind[0] if behind else None

    def _generations(self, family: Family) -> list[str]:
        """Return the family's generations, oldest first."""
        pattern = family.generations(self._prefix).removesuffix("*")
        return [f.name for f in sorted(self._indices.list(pattern), key=lambda f: (f.created, f.name))]

    def _generation(self, assets: str, products: str) -> Generation:
        serving = Names.serving(self._prefix)
        there = all(self._indices.exists(name) for name in (serving.assets, serving.products))
        catalogue = Catalogue(
            self._engine,
            replace(serving, assets=assets, products=products),
            self._settings.index,
            elder=serving if there else None,
            filling=True,
        )
        return Generation(assets, products, catalogue)

    def _newer(self, family: Family) -> list[str]:
        """Return the generations newer than the serving one; all, where none serves."""
        names, serving = self._generations(family), self._serving(family)
        return names[names.index(serving) + 1 :] if serving in names else names

    def _older(self, family: Family, than: str | None) -> list[str]:
        names = self._generations(family)
        return names[: names.index(than)] if than in names else []

    def _chosen(self, generations: Sequence[str] | None) -> dict[Family, str]:
        if generations is None:
            newest = {family: self._generations(family) for family in CATALOGUE}
            return {family: names[-1] for family, names in newest.items() if names}
        chosen: dict[Family, str] = {}
        for name in generations:
            family = next((f for f in CATALOGUE if name in self._generations(f)), None)
            if family is None:
                raise InputInvalid(
                    f"{name!r} is no generation of {self._prefix!r}; see `discovery index status`"
                )
            chosen[family] = name
        return chosen

    def _swap(self, to: Mapping[Family, str], serving: Mapping[Family, str | None]) -> None:
        changes: list[AliasChange] = []
        for family, name in to.items():
            read_alias, write_alias = family.read_alias(self._prefix), family.write_alias(self._prefix)
            if (old := serving[family]) is not None:
                changes += [
                    AliasChange("remove", read_alias, old),
                    AliasChange("remove", write_alias, old),
                ]
            changes += [
                AliasChange("add", read_alias, name),
                AliasChange("add", write_alias, name, write=True),
            ]
        if changes:
            self._indices.swap_aliases(changes)

    def _family_status(self, family: Family, recipe: Recipe | None) -> FamilyStatus:
        facts = {f.name: f for f in self._indices.list(family.generations(self._prefix).removesuffix("*"))}
        serving = self._serving(family)
        if serving is None:
            return FamilyStatus(family.name, None, 0, 0, {}, (), tuple(facts), f"there is none; {REBUILD}")
        found: IndexFacts = facts[serving]
        return FamilyStatus(
            family=family.name,
            generation=serving,
            documents=self._reader.count(serving),
            bytes=found.bytes,
            stamp=found.meta,
            sources=self._sources(family, serving) if family in CATALOGUE else (),
            others=tuple(name for name in facts if name != serving),
            problem=self._problem(family, recipe),
            unfinished=tuple(n for n, f in facts.items() if f.meta.get(STAMP, {}).get("filled") is False),
        )

    def _sources(self, family: Family, serving: str) -> tuple[SourceStatus, ...]:
        # The engine folds names; the exact one is that of any document in the bucket.
        exact = {"top_hits": {"size": 1, "_source": ["source.name"]}}
        inner = {"pending": {"filter": {"term": {"run.pending": True}}}, "exact": exact}
        by_source = {"field": "source.name", "size": MOST_SOURCES}
        body = {"size": 0, "aggs": {"sources": {"terms": by_source, "aggs": inner}}}
        counted: dict[str, tuple[int, int]] = {}
        for bucket in self._reader.search(serving, body)["aggregations"]["sources"]["buckets"]:
            name = bucket["exact"]["hits"]["hits"][0]["_source"]["source"]["name"]
            counted[name] = (bucket["doc_count"], bucket["pending"]["doc_count"])
        failures = self._failures(family)
        return tuple(
            SourceStatus(name, *counted.get(name, (0, 0)), failures.get(name, 0))
            for name in sorted(counted.keys() | failures.keys())
        )

    def _failures(self, family: Family) -> dict[str, int]:
        index = RUNS.read_alias(self._prefix)
        if not self._indices.exists(index):
            return {}
        conditions = [{"term": {"kind": FAILURE}}, {"term": {"side": family.name}}]
        body = {
            "size": 0,
            "query": {"bool": {"filter": conditions}},
            "aggs": {"sources": {"terms": {"field": "source", "size": MOST_SOURCES}}},
        }
        buckets = self._reader.search(index, body)["aggregations"]["sources"]["buckets"]
        return {bucket["key"]: bucket["doc_count"] for bucket in buckets}
