"""The catalogue adapter: gather what the catalogue knows, fit, judge, keep, and let it serve."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from discovery.config import Settings
from discovery.engine.client import Engine
from discovery.engine.indices import Indices
from discovery.errors import IndexMismatch, InputInvalid
from discovery.vision.adapter import Adapter, Features, Matrix, adapted_recipe
from discovery.vision.embedder import Embedder, Recipe
from indexers.casting import Cast, base_of, features_of
from indexers.catalogue import Catalogue
from indexers.fitting import Fitted, Pairs, try_fit
from indexers.lifecycle import Change, Lifecycle, made_by_another
from indexers.migration import Migration
from indexers.models import ADOPTED, BASE, REFUSED, FittedModel, ModelShelf
from indexers.open_world import open_world
from indexers.pairs import Pictured, labels_of
from indexers.progress import Progress, Silent
from indexers.recasting import Recast
from mappings.registry import ASSETS

MOST_PAIRS = 20_000
"""Pictures that a model is fitted with at most, a fixed choice by their ids: memory stays bounded."""

KEPT_ADAPTERS = 4
SKETCHED = 500
NOT_SHOWN = frozenset({"swatch", "packaging", "lifestyle"})
"""Roles of pictures that do not show the product, or not it alone."""

_PAGE = 250


@dataclass(frozen=True, slots=True, eq=False)
class Adaptation:
    """What came of a try.

    ``outcome`` is ``adopted``, ``refused`` or ``left`` (there was nothing to judge by); ``seconds`` are those
    of each step.
    """

    outcome: str
    reason: str
    pictures: int
    recipe: str | None = None
    fitted: Fitted | None = None
    change: Change | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)


class Adapting:
    """Fits the configured model, ``base``, to one prefix's catalogue."""

    def __init__(
        self,
        engine: Engine,
        lifecycle: Lifecycle,
        settings: Settings,
        base: Embedder,
        progress: Progress | None = None,
    ) -> None:
        self._lifecycle = lifecycle
        self._settings = settings
        self._base = base
        self._progress = progress or Silent()
        self._indices = Indices(engine)
        self._migration = Migration(engine, lifecycle, settings, progress=self._progress)
        self._shelf = ModelShelf(engine, settings.engine.prefix)

    def adapt(self, *, dry_run: bool = False) -> Adaptation:
        """Fit, judge, and where it pays keep it and let it serve; a ``dry_run`` only says what it would do.

        Raises:
            IndexMissing: nothing was indexed yet.
            IndexMismatch: pictures were indexed by a model that is not configured, or before their colours
                were kept.
            RunInProgress: a run over a source has not ended for very long.
        """
        seconds: dict[str, float] = {}
        started = time.monotonic()

        def step(name: str) -> None:
            nonlocal started
            seconds[name] = round(time.monotonic() - started, 2)
            started = time.monotonic()

        serving = self._serving()
        self._progress.say("gathering")
        pairs = gathered(serving)
        step("gathering")
        least = self._settings.model.adapt_least
        if len(pairs.shown) < least:
            reason = f"{len(pairs.shown)} pictures of products are known, at least {least} are needed"
            return Adaptation(
                "left", f"{reason}; the model stays as it is", len(pairs.shown), seconds=seconds
            )
        recipe = self._base.recipe
        self._progress.say("fitting")
        texts = CaptionVectors(self._base, self._settings.home)
        world = open_world(self._base, self._settings.home)
        fitted = try_fit(pairs, recipe, texts, world)
        texts.keep()
        step("fitting")
        if isinstance(fitted, str):
            return Adaptation(
                "left", f"{fitted}; the model stays as it is", len(pairs.shown), seconds=seconds
            )
        made = adapted_recipe(recipe, fitted.adapter, fitted.floors)
        outcome = ADOPTED if fitted.adopt else REFUSED
        if dry_run:
            return Adaptation(outcome, fitted.reason, fitted.pictures, made.digest, fitted, seconds=seconds)
        record = FittedModel(
            recipe=made.digest,
            base=recipe.digest,
            model=recipe.model,
            outcome=outcome,
            reason=fitted.reason,
            fitted=datetime.now(UTC),
            adapter=fitted.adapter.digest,
            floor=fitted.floors.text,
            figures=figures_of(fitted),
            sketch=sketch(pairs.shown),
        )
        self._shelf.keep(record, fitted.adapter.to_bytes() if fitted.adopt else None)
        step("keeping")
        change = None
        if fitted.adopt:
            change = self._recast(made, fitted.adapter)
            step("recasting")
            self._prune()
        return Adaptation(outcome, fitted.reason, fitted.pictures, made.digest, fitted, change, seconds)

    def use(self, name: str, *, promote: bool = True) -> Change:
        """Let the model ``name`` serve: ``base``, or the beginning of an adopted one's recipe.

        Unless told to ``promote``, its generation waits beside the serving one.

        Raises:
            InputInvalid: there is none, it was fitted on another model, or it serves already.
            IndexMissing, IndexMismatch, RunInProgress: as :meth:`adapt`.
        """
        serving = self._lifecycle.serving()
        serving.ensure_exists()
        recipe: Recipe = self._base.recipe
        adapter: Adapter | None = None
        if name not in (BASE, recipe.model, recipe.digest):
            record = self._shelf.named(name)
            if record.base != recipe.digest:
                raise InputInvalid(
                    f"model {record.recipe} was fitted on {record.model!r} of recipe {record.base}; the "
                    f"configured model is {recipe.model!r} of recipe {recipe.digest}"
                )
            adapter = Adapter.from_bytes(self._shelf.data(record))
            recipe = adapted_recipe(recipe, adapter, record.floors)
        if self._recipes(serving) == {recipe.digest}:
            raise InputInvalid(f"model {name!r} serves already")
        return self._recast(recipe, adapter, promote=promote)

    def is_due(self) -> bool:
        """Return whether the links changed enough since the last try.

        Raises:
            IndexMissing, IndexMismatch: as :meth:`adapt`.
        """
        shown = [one for one, _ in _pictured(self._serving())]
        if len(shown) < self._settings.model.adapt_least:
            return False
        last = next((one for one in self._shelf.records() if one.base == self._base.recipe.digest), None)
        return last is None or changed(last.sketch, sketch(shown)) >= self._settings.model.adapt_share

    def _serving(self) -> Catalogue:
        """Return the catalogue that searches see; its vectors are known to be of the configured model."""
        serving = self._lifecycle.serving()
        serving.ensure_exists()
        self._recipes(serving)
        return serving

    def _recipes(self, serving: Catalogue) -> set[str]:
        """Return what the serving vectors are stamped with: the configured model's recipe, or that of a fit.

        Raises:
            IndexMismatch: they are of another model.
        """
        recipes = set()
        for stamp in serving.reader.mapping_meta(serving.names.assets).values():
            recipes.add(made_by := str(stamp.get("recipe")))
            if base_of(self._shelf, made_by) != self._base.recipe.digest:
                raise IndexMismatch(made_by_another(ASSETS, stamp, self._base.recipe))
        return recipes

    def _recast(self, recipe: Recipe, adapter: Adapter | None, *, promote: bool = True) -> Change:
        cast = Cast(recipe.digest, adapter)
        fill = Recast(self._indices, self._lifecycle.serving(), cast, self._progress)
        return self._migration.recast(recipe, fill, promote=promote)

    def _prune(self) -> None:
        stamped = {str(family.stamp.get("recipe")) for family in self._lifecycle.status()}
        adopted = [one.recipe for one in self._shelf.records() if one.outcome == ADOPTED]
        self._shelf.drop(recipe for recipe in adopted[KEPT_ADAPTERS:] if recipe not in stamped)


class CaptionVectors:
    """Vectors of captions, each text embedded once in the life of a home: names change less than links."""

    def __init__(self, embedder: Embedder, home: Path) -> None:
        self._embedder = embedder
        self._file = home / "model" / f"captions-{embedder.recipe.digest}.npz"
        self._known: dict[str, Matrix] = {}
        self._new = False
        try:
            with np.load(self._file, allow_pickle=False) as kept:
                self._known = dict(zip(kept["texts"].tolist(), kept["vectors"], strict=True))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            self._new = True

    def __call__(self, texts: Sequence[str]) -> Matrix:
        """Return one row for each text."""
        missing = sorted(set(texts) - self._known.keys())
        if missing:
            self._known.update(zip(missing, self._embedder.embed_texts(missing), strict=True))
            self._new = True
        if not texts:
            return np.zeros((0, self._embedder.recipe.dimension), dtype=np.float32)
        return np.stack([self._known[text] for text in texts])

    def keep(self) -> None:
        """Write them down for the next time."""
        if not self._new or not self._known:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        partial = self._file.with_name(f"{self._file.stem}.{os.getpid()}.npz")
        np.savez(partial, texts=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))
        partial.replace(self._file)


def gathered(catalogue: Catalogue, most: int = MOST_PAIRS) -> Pairs:
    """Return the pictures that show one product, whoever linked them, with their stored features."""
    shown: list[Pictured] = []
    blocks: list[Features] = []
    media: list[Mapping[str, Any]] = []
    for one, block in _pictured(catalogue, most):
        shown.append(one)
        media.append(block)
        if len(media) == _PAGE:
            blocks.append(features_of(media))
            media = []
    if media:
        blocks.append(features_of(media))
    if not blocks:
        empty = np.zeros((0, 0), dtype=np.float32)
        return Pairs([], Features(empty, empty, empty))
    # In order of id: what is chosen must not depend on how documents lie in the index.
    order = np.argsort([one.asset for one in shown], kind="stable")
    features = Features(
        np.concatenate([one.looks for one in blocks]),
        np.concatenate([one.histograms for one in blocks]),
        np.concatenate([one.bases for one in blocks]),
    )
    return Pairs(shown, features).rows(order)


def _pictured(catalogue: Catalogue, most: int = MOST_PAIRS) -> Iterator[tuple[Pictured, Mapping[str, Any]]]:
    catalogue.refresh()
    parents = _parents(catalogue)
    linked = {"bool": {"filter": [{"term": {"product.linked": True}}, {"exists": {"field": "media.recipe"}}]}}
    count = catalogue.reader.count(catalogue.names.assets, linked)
    # Ids are digests, so their beginnings choose evenly, and the same pictures on every run.
    limit = f"{min(0xFFFFFFFF, 0xFFFFFFFF * most // max(1, count)):08x}"
    # Whole: nearly all of a document is its features, and picking them out costs the engine more.
    for hit in catalogue.reader.scan(catalogue.names.assets, linked, page=_PAGE):
        product, media = hit["_source"]["product"], hit["_source"]["media"]
        roles = set(product.get("role") or ())
        groups = {parents.get(sku, sku) for sku in product.get("sku") or ()}
        # A scene with three products says little of each; so does a swatch.
        if hit["_id"][:8] > limit or len(groups) != 1 or (roles and roles <= NOT_SHOWN):
            continue
        name = next(iter(product.get("name") or ()), "")
        yield Pictured(hit["_id"], groups.pop(), name, labels_of(product)), media


def _parents(catalogue: Catalogue) -> dict[str, str]:
    variants = {"term": {"source.variant": True}}
    parts = ("source.sku", "source.parent")
    return {
        said["sku"]: said["parent"]
        for hit in catalogue.reader.scan(catalogue.names.products, variants, parts)
        if (said := hit["_source"]["source"]).get("parent")
    }


def sketch(shown: Sequence[Pictured]) -> tuple[str, ...]:
    """Return what stands for a set of links: the smallest of their digests (Broder's MinHash, 1997)."""
    digests = (
        hashlib.blake2b(f"{one.asset}\0{one.group}".encode("utf-8", "replace"), digest_size=8).hexdigest()
        for one in shown
    )
    return tuple(sorted(digests)[:SKETCHED])


def changed(before: Sequence[str], now: Sequence[str]) -> float:
    """Return the share of links that are not the same, estimated from their sketches."""
    either = sorted(set(before) | set(now))[:SKETCHED]
    if not either:
        return 0.0
    both = set(before) & set(now)
    return 1 - sum(one in both for one in either) / len(either)


def figures_of(fitted: Fitted) -> dict[str, Any]:
    """Return what was measured, as it is kept and shown."""
    return {
        "base": asdict(fitted.base),
        "adapted": asdict(fitted.adapted),
        "gain": asdict(fitted.words_gain),
        "looks_gain": asdict(fitted.looks_gain),
        "pictures": fitted.pictures,
        "held_out": fitted.held_out,
        "kind": fitted.words.kind,
        "traits": list(fitted.words.traits),
        "tuning": None if fitted.adapter.words is None else asdict(fitted.adapter.words.tuning),
        "look_colour": None if fitted.adapter.looks is None else fitted.adapter.looks.colour,
        "floors": {kind: asdict(floor) for kind, floor in fitted.thresholds.items()},
    }
