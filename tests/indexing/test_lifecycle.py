"""Generations: made, refused, rebuilt beside the serving one, promoted, rolled back, forgotten, compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from discovery.config import Settings
from discovery.engine.client import Engine
from discovery.engine.indices import Indices
from discovery.errors import IndexMismatch, IndexMissing, InputInvalid, SourceShrank, SourceUnavailable
from indexers.catalogue import Catalogue
from indexers.gate import Gate, GateReport
from indexers.lifecycle import Lifecycle
from indexers.migration import Migration
from indexers.records import ProductRecord
from mappings.registry import ASSETS, FAMILIES, PRODUCTS
from tests.indexing.stage import CountingEmbedder, Files, Stage, picture, product


@pytest.fixture
def files() -> Files:
    return Files("studio", {f"{n}.png": picture("red", spot=n) for n in range(4)})


def test_ensure_makes_what_is_missing_once(
    engine: Engine, lifecycle: Lifecycle, stage: Stage, settings: Settings
) -> None:
    lifecycle.ensure(stage.embedder.recipe)
    prefix = settings.engine.prefix
    aliases = Indices(engine).aliases(prefix)
    assert set(aliases) == {
        name for family in FAMILIES for name in (family.read_alias(prefix), family.write_alias(prefix))
    }
    assert all(len(behind) == 1 for behind in aliases.values())


def test_an_index_of_another_model_is_refused_and_says_what_to_run(
    lifecycle: Lifecycle, stage: Stage
) -> None:
    recipe = dataclasses.replace(stage.embedder.recipe, model="other", weights="sha256:00")
    with pytest.raises(IndexMismatch, match=r"'fake'.*'other'.*discovery index rebuild"):
        lifecycle.ensure(recipe)


def test_an_index_of_another_mapping_is_refused_and_says_what_to_run(
    engine: Engine, lifecycle: Lifecycle, stage: Stage, settings: Settings
) -> None:
    indices = Indices(engine)
    [name] = indices.aliases(settings.engine.prefix)[ASSETS.read_alias(settings.engine.prefix)]
    indices.put_mapping(name, {}, {**indices.mapping_meta(name), "mapping": "older"})
    with pytest.raises(IndexMismatch, match=r"another mapping.*discovery index rebuild"):
        lifecycle.ensure(stage.embedder.recipe)
    assert "another mapping" in str(lifecycle.status()[0].problem)


def test_writing_where_there_is_no_index_is_refused(lifecycle: Lifecycle, settings: Settings) -> None:
    stage = Stage(lifecycle.serving(), settings)
    with pytest.raises(IndexMissing):
        stage.index(Files("studio", {"a.png": picture("red")}))
    planned = stage.index(Files("studio", {"a.png": picture("red")}), dry_run=True)
    assert planned.embedded == 1


def test_looking_makes_no_index(engine: Engine, settings: Settings) -> None:
    lifecycle = Lifecycle(engine, settings)
    catalogue = lifecycle.ensure(CountingEmbedder().recipe, make=False)
    Stage(catalogue, settings).index(Files("studio", {"a.png": picture("red")}), dry_run=True)
    assert Indices(engine).aliases(settings.engine.prefix) == {}


def test_status_tells_what_is_there(lifecycle: Lifecycle, stage: Stage, files: Files) -> None:
    files.files["broken.png"] = b"broken"
    stage.index(files)
    stage.index_products(product("S1", "0.png"))
    assets, products, runs, *_ = lifecycle.status(stage.embedder.recipe)
    assert (assets.family, assets.documents, assets.problem) == ("assets", 4, None)
    [source] = assets.sources
    assert (source.name, source.documents, source.pending, source.failures) == ("studio", 4, 0, 1)
    assert [(s.name, s.documents) for s in products.sources] == [("shop", 1)]
    assert assets.stamp["recipe"] == stage.embedder.recipe.digest
    assert runs.problem is None


def fill(stage: Stage, files: Files, embedder: CountingEmbedder | None = None) -> Callable[[Catalogue], None]:
    def filled(catalogue: Catalogue) -> None:
        into = Stage(catalogue, stage.settings, embedder or stage.embedder)
        into.index(files)
        into.index_products(product("S1", "0.png"))

    return filled


def test_a_rebuild_embeds_nothing_again_and_serves_the_same(
    lifecycle: Lifecycle, migration: Migration, stage: Stage, files: Files
) -> None:
    stage.index(files)
    stage.index_products(product("S1", "0.png"))
    before, embedded = stage.everything(), stage.embedder.embedded
    change = migration.rebuild(stage.embedder.recipe, fill(stage, files))
    assert stage.embedder.embedded == embedded
    assert stage.everything() == before
    assert len(change.serving) == len(change.retired) == 2
    assert lifecycle.status()[0].others == (change.retired[0],)


def test_a_rebuild_for_another_model_replaces_every_vector_and_can_be_rolled_back(
    lifecycle: Lifecycle, migration: Migration, stage: Stage, files: Files
) -> None:
    stage.index(files)
    other = CountingEmbedder()
    other._recipe = dataclasses.replace(other.recipe, weights="sha256:00")
    migration.rebuild(other.recipe, fill(stage, files, other))
    assert other.embedded == 4
    lifecycle.ensure(other.recipe)
    assert {document.media.recipe for document in stage.assets().values()} == {other.recipe.digest}
    migration.rollback()
    lifecycle.ensure(stage.embedder.recipe)
    assert {document.media.recipe for document in stage.assets().values()} == {stage.embedder.recipe.digest}
    with pytest.raises(IndexMissing):
        migration.rollback()
    migration.promote()
    lifecycle.ensure(other.recipe)


@pytest.mark.parametrize("trouble", ["empty", "broken off"])
def test_a_rebuild_from_a_source_that_is_down_leaves_the_old_generation_serving(
    lifecycle: Lifecycle, migration: Migration, stage: Stage, files: Files, trouble: str
) -> None:
    stage.index(files)
    before = stage.everything()
    down = Files("studio", broken_off=None if trouble == "empty" else SourceUnavailable("gone"))
    with pytest.raises((SourceShrank, SourceUnavailable)):
        migration.rebuild(stage.embedder.recipe, fill(stage, down))
    assert stage.everything() == before
    assert lifecycle.status()[0].others == ()


def test_only_so_many_generations_are_kept(
    lifecycle: Lifecycle, migration: Migration, stage: Stage, files: Files
) -> None:
    for _ in range(3):
        migration.rebuild(stage.embedder.recipe, fill(stage, files))
    assert {family.family: len(family.others) for family in lifecycle.status() if family.others} == {
        "assets": 1,
        "products": 1,
    }


def test_only_a_generation_can_be_promoted(migration: Migration, stage: Stage) -> None:
    assert stage.catalogue.reader.exists(PRODUCTS.read_alias(stage.settings.engine.prefix))
    with pytest.raises(InputInvalid, match="no generation"):
        migration.promote(["something-else"])


def test_a_forgotten_source_leaves_nothing_behind(lifecycle: Lifecycle, stage: Stage, files: Files) -> None:
    files.files["broken.png"] = b"broken"
    stage.index(files)
    stage.index(Files("other", {"x.png": picture("blue")}))
    stage.index_products(product("S1", "0.png"))
    assert sum(lifecycle.forget("studio")) == 4
    assert list(stage.assets()) == ["x.png"]
    assert not stage.products()["S1"].assets.linked
    assert stage.letters() == {}


def test_the_gate_passes_what_is_indexed_and_names_what_differs(stage: Stage, files: Files) -> None:
    stage.index(files)
    stage.index_products(product("S1", "0.png"), product("S2"))

    def compared(*products: ProductRecord) -> GateReport:
        stage.catalogue.refresh()
        gate = Gate(stage.catalogue, stage.settings)
        gate.assets("studio", files.items())
        gate.products("shop", iter(products))
        return gate.report()

    report = compared(product("S1", "0.png"), product("S2"))
    assert report.passed
    assert (report.listed["assets/studio"], report.stored["assets/studio"], report.sampled) == (4, 4, 4)

    files.files["new.png"] = picture("blue")
    del files.files["1.png"]
    report = compared(product("S1", "0.png"), product("S2", name="renamed"), product("S3"))
    found = {(finding.source, finding.check): finding.examples for finding in report.findings}
    assert found == {
        ("studio", "missing"): ("new.png",),
        ("studio", "extra"): ("1.png",),
        ("shop", "missing"): ("S3",),
        ("shop", "outdated"): ("S2",),
    }
    before = stage.everything()
    assert stage.everything() == before

    files.broken_off = SourceUnavailable("gone")
    assert [finding.check for finding in compared(product("S1", "0.png"), product("S2")).findings] == [
        "unlisted"
    ]
