"""A model fitted to a catalogue: what it is fitted with, when it is adopted, and no search notices."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from discovery.config import ImageSettings, SearchSettings, Settings
from discovery.engine.client import Engine
from discovery.engine.reader import Reader
from discovery.errors import IndexMismatch, IndexMissing, InputInvalid, SourceUnavailable
from discovery.search.pictures import EmbedderModel
from discovery.search.request import Mode, SearchRequest, SimilarRequest, Viewer
from discovery.search.service import SearchService
from discovery.vision.adapter import Features
from discovery.vision.colours import BIN_COUNT
from discovery.vision.embedder import Recipe, Vector, unit
from discovery.wiring import ModelDesk, Service
from indexers.adaptation import Adapting, changed, gathered, sketch
from indexers.fitting import Pairs, evenly, try_fit
from indexers.lifecycle import Lifecycle
from indexers.models import FittedModels, ModelShelf
from indexers.open_world import OpenWorld
from indexers.pairs import Asked, Pictured, labels_of, queries, vocabulary
from indexers.thresholds import WRONG_STRANGERS, Foreign, similar_thresholds
from mappings.documents import AssetDocument, attribute_token
from tests.indexing.stage import CountingEmbedder, Files, Stage, picture, product

NAMES = ("kettle", "sofa", "violin", "tent")
COLOURS = {
    "kettle": "#c81e1e",
    "sofa": "#2850be",
    "violin": "#f0dc28",
    "tent": "#288c3c",
    "ladder": "#783296",
    "canoe": "#f096be",
}
EACH = 36


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, model=dataclasses.replace(settings.model, adapt_least=40))


@pytest.fixture
def shop(stage: Stage) -> Stage:
    """Products of six families; each family has a colour, which its words do not say."""
    files, products = Files("studio"), []
    for family, colour in COLOURS.items():
        for n in range(EACH):
            files.files[f"{family}-{n}.png"] = picture(colour, spot=n)
            sku = f"{family}-{n}"
            products.append(product(sku, f"{sku}.png", name=f"{family} {n}", family=family))
    stage.index(files)
    stage.index_products(*products)
    return stage


@pytest.fixture
def adapting(engine: Engine, lifecycle: Lifecycle, settings: Settings, stage: Stage) -> Adapting:
    return Adapting(engine, lifecycle, settings, stage.embedder)


@pytest.fixture
def fitted(engine: Engine, settings: Settings, stage: Stage) -> FittedModels:
    return FittedModels(lambda: engine, settings.engine.prefix, settings.home, lambda: stage.embedder)


def searching(engine: Engine, settings: Settings, fitted: FittedModels) -> SearchService:
    def model(recipe: str | None) -> EmbedderModel:
        return EmbedderModel(lambda: fitted.of(recipe), ImageSettings())

    def unread(asset: AssetDocument) -> bytes:
        raise SourceUnavailable(asset.id)

    return SearchService(
        Reader(engine), SearchSettings(), settings.engine.prefix, model(None), unread, fitted=model
    )


def found(service: SearchService, words: str) -> list[str]:
    page = service.search(SearchRequest(q=words, mode=Mode.VISUAL, size=10), Viewer())
    assert page.fallback_reason is None
    return [hit.document.source.key.partition("-")[0] for hit in page.hits]


def without_vectors(documents: dict[str, dict[str, Any]]) -> tuple[dict[str, dict[str, Any]], np.ndarray]:
    """Return documents without their vectors, and these: their last digits are the processor's."""
    rows = [
        (source.get("media") or source["assets"]).pop("vector") for _, source in sorted(documents.items())
    ]
    return documents, np.array(rows)


def test_a_catalogue_teaches_its_words_and_they_can_be_taken_back(
    engine: Engine, settings: Settings, shop: Stage, adapting: Adapting, fitted: FittedModels
) -> None:
    service = searching(engine, settings, fitted)
    assert found(service, "sofa") == []
    before, embedded = shop.everything(), shop.embedder.embedded

    came = adapting.adapt()
    assert came.outcome == "adopted", came.reason
    assert came.fitted is not None
    assert came.fitted.words_gain.low > 0
    assert came.fitted.adapted.first_kind == 1.0
    assert set(found(service, "sofa")) == {"sofa"}
    assert set(found(service, "tent")) == {"tent"}
    assert shop.embedder.embedded == embedded + 67  # the open world's pictures, none of the shop's
    after = shop.everything()
    assert after.keys() == before.keys()
    for ident, source in after.items():
        block = source.get("media") or source["assets"]
        assert block["recipe"] == came.recipe
        old = before[ident].get("media") or before[ident]["assets"]
        assert block["look"] == old["look"]
        assert source["run"] == before[ident]["run"]

    adapting.use("base")
    assert shop.everything() == before
    assert found(service, "sofa") == []
    adapting.use(str(came.recipe)[:8])
    again, those = without_vectors(shop.everything())
    first, these = without_vectors(after)
    assert again == first
    np.testing.assert_allclose(those, these, atol=2e-5)
    assert set(found(service, "violin")) == {"violin"}


def test_what_is_indexed_later_is_embedded_by_the_model_that_serves(
    lifecycle: Lifecycle, settings: Settings, shop: Stage, adapting: Adapting, fitted: FittedModels
) -> None:
    came = adapting.adapt()
    serving = fitted.serving()
    assert serving.recipe.digest == came.recipe
    lifecycle.ensure(serving.recipe)
    with pytest.raises(IndexMismatch, match=r"another model began to serve"):
        shop.index(Files("later", {"new.png": picture(COLOURS["tent"], spot=200)}))
    later = Stage(lifecycle.serving(), settings, serving)  # type: ignore[arg-type]
    assert later.index(Files("later", {"new.png": picture(COLOURS["tent"], spot=200)})).embedded == 1
    media = later.assets()["new.png"].media
    assert media.recipe == came.recipe
    assert float(np.dot(media.vector or (), shop.embedder.embed_text("tent"))) > 0.5
    assert media.base is not None


def test_searches_are_whole_all_the_while(
    engine: Engine, settings: Settings, shop: Stage, adapting: Adapting, fitted: FittedModels
) -> None:
    came = adapting.adapt()
    service = searching(engine, settings, fitted)
    asset = next(one.id for one in shop.assets().values() if one.source.key == "sofa-1.png")
    stop, asked = threading.Event(), [0]
    wrong: list[Any] = []

    def loop() -> None:
        while not stop.is_set():
            try:
                page = service.search(SearchRequest(q="sofa", mode=Mode.HYBRID), Viewer())
                alike = service.similar(SimilarRequest(asset=asset, side="products"), Viewer())
                if page.fallback_reason or page.total < EACH or not alike.total:
                    wrong.append((page.total, page.fallback_reason, alike.total))
            except Exception as error:  # noqa: BLE001 - whatever it is, a search failed
                wrong.append(error)
            asked[0] += 1

    threads = [threading.Thread(target=loop) for _ in range(2)]
    for thread in threads:
        thread.start()
    for name in ("base", str(came.recipe), "base"):
        adapting.use(name)
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert asked[0] > 10


def test_what_is_written_while_a_generation_is_filled_is_in_it(
    shop: Stage, adapting: Adapting, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = Lifecycle.settle
    done: list[bool] = []
    kept = {f"sofa-{n}.png": picture(COLOURS["sofa"], spot=n) for n in range(EACH)}

    def busy(self: Lifecycle, generation: str) -> None:
        settle(self, generation)
        if not done:
            done.append(True)
            shop.index(Files("later", {"new.png": picture("white", spot=90)}))
            shop.index_products(product("n", "new.png", source="new", family="sofa"), source="new")
            shop.index(Files("studio", dict(kept)), accept_shrink=True)

    monkeypatch.setattr(Lifecycle, "settle", busy)
    came = adapting.adapt()
    assert done
    assets = shop.assets()
    assert assets.keys() == {*kept, "new.png"}
    assert {one.media.recipe for one in assets.values()} == {came.recipe}
    assert assets["new.png"].media.base is not None
    products = shop.products()
    assert products["n"].assets.vector == assets["new.png"].media.vector
    assert products["sofa-1"].assets.recipe == came.recipe
    assert not products["tent-1"].assets.linked


def test_too_few_pairs_leave_the_model_alone_and_say_so(
    settings: Settings, stage: Stage, adapting: Adapting, engine: Engine
) -> None:
    stage.index(Files("studio", {"a.png": picture("red")}))
    stage.index_products(product("S1", "a.png"))
    came = adapting.adapt()
    assert (came.outcome, came.change) == ("left", None)
    assert "1 pictures of products are known, at least 40 are needed" in came.reason
    assert ModelShelf(engine, settings.engine.prefix).records() == ()
    assert not adapting.is_due()


def test_a_dry_run_changes_nothing(
    engine: Engine, settings: Settings, shop: Stage, adapting: Adapting
) -> None:
    before = shop.everything()
    assert adapting.adapt(dry_run=True).outcome == "adopted"
    assert shop.everything() == before
    assert ModelShelf(engine, settings.engine.prefix).records() == ()


def test_the_job_is_due_until_it_ran_and_again_when_links_changed(shop: Stage, adapting: Adapting) -> None:
    assert adapting.is_due()
    adapting.adapt()
    assert not adapting.is_due()
    files = Files("more", {f"more-{n}.png": picture(COLOURS["sofa"], spot=100 + n) for n in range(50)})
    later = Stage(shop.catalogue, shop.settings, shop.embedder)
    adapting.use("base")
    later.index(files)
    more = [product(f"m{n}", f"more-{n}.png", source="more") for n in range(50)]
    later.index_products(*more, source="more")
    assert adapting.is_due()


@pytest.mark.usefixtures("shop")
def test_models_that_cannot_serve_are_refused_by_name(
    engine: Engine, lifecycle: Lifecycle, settings: Settings, adapting: Adapting
) -> None:
    with pytest.raises(InputInvalid, match=r"no model 'feed'"):
        adapting.use("feed")
    with pytest.raises(InputInvalid, match="serves already"):
        adapting.use("base")
    came = adapting.adapt()
    other = CountingEmbedder()
    other._recipe = dataclasses.replace(other.recipe, weights="sha256:00", model="other")
    with pytest.raises(InputInvalid, match=r"fitted on 'fake'.*'other'"):
        Adapting(engine, lifecycle, settings, other).use(str(came.recipe))
    apart = Adapting(engine, lifecycle, settings, other)
    for refused in (apart.adapt, lambda: apart.adapt(dry_run=True), lambda: apart.use("base"), apart.is_due):
        with pytest.raises(IndexMismatch, match=r"'fake'.*'other'.*discovery index rebuild"):
            refused()
    strange = FittedModels(lambda: engine, settings.engine.prefix, settings.home, lambda: other)
    assert strange.serving() is other
    with pytest.raises(IndexMismatch, match=r"'fake'.*'other'.*discovery index rebuild"):
        lifecycle.ensure(strange.serving().recipe)


def test_without_an_index_there_is_nothing_to_fit(engine: Engine, settings: Settings) -> None:
    apart = dataclasses.replace(settings, engine=dataclasses.replace(settings.engine, prefix="test-nowhere"))
    with pytest.raises(IndexMissing):
        Adapting(engine, Lifecycle(engine, apart), apart, CountingEmbedder()).adapt()
    nowhere = FittedModels(lambda: engine, "test-nowhere", settings.home, CountingEmbedder)
    assert nowhere.serving().recipe == CountingEmbedder().recipe


def test_pictures_of_several_products_teach_nothing(stage: Stage) -> None:
    stage.index(Files("studio", {"a.png": picture("red"), "both.png": picture("blue", spot=1)}))
    stage.index_products(
        product("A", "a.png", "both.png", family="mug"),
        product("A-1", "a.png", parent="A", variant=True, family="mug"),
        product("B", "both.png", family="bowl"),
    )
    pairs = gathered(stage.catalogue)
    assert [(one.group, one.labels) for one in pairs.shown] == [("A", {"family": "mug"})]


# What the catalogue is described by, and when a fit is refused: without an engine.

WIDTH, TEXT = 24, 32
RECIPE = Recipe("base", "sha256:0", "none", TEXT, WIDTH, 0.3, 0.5, 0.9, 0.1)


def text_vectors(texts: Sequence[str]) -> Vector:
    """Each text has a direction of its own; those that share words are near."""

    def word(one: str) -> np.ndarray:
        return np.random.default_rng(list(one.encode())).standard_normal(TEXT)

    rows = [sum((word(one) for one in text.split()), np.zeros(TEXT)) for text in texts]
    return unit(np.array(rows).reshape(-1, TEXT))


def made(count: int = 400, *, seen: bool = True, noise: float = 0.3) -> Pairs:
    """Pictures of four kinds in five finishes: looks tell kinds, histograms finishes, neither batches."""
    random = np.random.default_rng(3)
    kind, finish = random.integers(0, 4, count), random.integers(0, 5, count)
    looks = np.eye(WIDTH)[kind] if seen else np.zeros((count, WIDTH))
    histograms = np.zeros((count, BIN_COUNT))
    histograms[np.arange(count), finish if seen else 0] = 1
    features = Features(
        unit(looks + noise * random.standard_normal((count, WIDTH))),
        unit(histograms + 0.01 * random.random((count, BIN_COUNT))),
        unit(random.standard_normal((count, TEXT))),
    )
    batch = random.integers(0, 4, count)

    def labels(n: int) -> dict[str, str]:
        return {"family": NAMES[kind[n]], "finish": f"tint{finish[n]}", "batch": f"b{batch[n]}", "all": "all"}

    shown = [Pictured(f"{n:04d}", f"sku-{n}", f"thing {n % 40}", labels(n)) for n in range(count)]
    return Pairs(shown, features)


def world(base: np.ndarray) -> OpenWorld:
    captions = text_vectors([f"far {n}" for n in range(6)])
    features = Features(
        unit(np.random.default_rng(5).standard_normal((6, WIDTH)) - 3).astype(np.float32),
        np.full((6, BIN_COUNT), 1 / np.sqrt(BIN_COUNT), dtype=np.float32),
        base.astype(np.float32),
    )
    return OpenWorld(features, captions, np.eye(6, dtype=bool))


def test_only_what_pictures_show_is_put_into_words() -> None:
    pairs = made()
    words = vocabulary(pairs.shown, pairs.features)
    assert (words.kind, words.traits) == ("family", ("finish",))
    one = pairs.shown[0]
    family, finish = one.labels["family"], one.labels["finish"]
    assert words.captions(one) == (one.name, f"{finish} {family}", family)
    asked = queries(pairs.shown, words)
    assert {one.text for one in asked if not one.traits} == set(NAMES)
    assert len([one for one in asked if one.traits]) == 20


def test_labels_are_what_all_linked_products_agree_on() -> None:
    said = {
        "family": ["Jackets"],
        "category_paths": ["Women", "Women/Tops", "Women/Tops/Jackets", "Sale"],
        "attributes": [
            attribute_token("colour", "Red"), attribute_token("size", "S"), attribute_token("size", "M"),
            attribute_token("weight", "1.5"), attribute_token("pattern", "NA"),
        ],
    }  # fmt: skip
    assert labels_of(said) == {"family": "Jackets", "category": "Jackets", "colour": "Red"}


def test_queries_for_kinds_weigh_what_the_many_for_traits_weigh() -> None:
    kind, trait = (Asked("mugs", traits, np.arange(5)) for traits in (0, 1))
    assert evenly(np.array([1.0, 0.2, 0.4, 0.6]), [kind, trait, trait, trait]) == pytest.approx(0.7)
    assert evenly(np.array([0.5, 0.3]), [trait, trait]) == pytest.approx(0.4)


def test_a_fit_that_is_better_is_adopted_with_a_floor_and_keeps_the_open_world() -> None:
    pairs = made()
    base = text_vectors([f"far {n}" for n in range(6)])
    came = try_fit(pairs, RECIPE, text_vectors, world(base))
    assert not isinstance(came, str)
    assert came.adopt, came.reason
    assert came.adapted.queries > 0.8 > came.base.queries
    assert came.adapted.open_world == came.base.open_world == 1.0
    assert 0 <= came.floors.text < 0.95
    again = try_fit(pairs, RECIPE, text_vectors, world(base))
    assert not isinstance(again, str)
    assert again.adapter.digest == came.adapter.digest


def test_a_fit_of_noise_is_refused() -> None:
    pairs = made(seen=False, noise=1.0)
    came = try_fit(pairs, RECIPE, text_vectors, world(text_vectors([f"far {n}" for n in range(6)])))
    assert isinstance(came, str) or not came.adopt
    reason = came if isinstance(came, str) else came.reason
    assert "no column" in reason or "no better beyond noise" in reason


def test_a_model_that_knows_it_already_is_not_replaced() -> None:
    pairs = made()
    known = text_vectors([f"{one.labels['finish']} {one.labels['family']}" for one in pairs.shown])
    pairs = Pairs(pairs.shown, dataclasses.replace(pairs.features, bases=known))
    came = try_fit(pairs, RECIPE, text_vectors, world(text_vectors([f"far {n}" for n in range(6)])))
    assert not isinstance(came, str)
    assert came.adapter.words is None
    assert "no better beyond noise" in came.reason
    # Its looks do not know yet that colour tells the finishes apart, and are fitted by themselves.
    assert came.adopt
    assert came.looks_gain.low > 0
    np.testing.assert_array_equal(came.adapter.vectors(pairs.features), known)


def test_thresholds_are_where_the_catalogue_and_other_worlds_come_apart() -> None:
    pairs = made()
    came = try_fit(pairs, RECIPE, text_vectors, world(text_vectors([f"far {n}" for n in range(6)])))
    assert not isinstance(came, str)
    similar, duplicate = came.thresholds["similar"], came.thresholds["duplicate"]
    assert similar.right is not None
    assert similar.right >= 0.94 > 0.2 >= (similar.wrong or 0)
    assert (duplicate.floor, duplicate.right) == (RECIPE.duplicate_floor, None)  # too few pairs to tell
    assert came.thresholds["text"].right is not None
    assert came.floors.similar == similar.floor != RECIPE.similar_floor
    stranger = came.thresholds["stranger"]
    assert stranger.floor >= similar.floor
    assert (stranger.wrong or 0) <= WRONG_STRANGERS + 0.1


def test_what_the_catalogue_holds_is_no_stranger_to_it() -> None:
    random = np.random.default_rng(4)
    own, looks = unit(random.standard_normal((60, 8))), unit(random.standard_normal((60, 5)))
    elsewhere = unit(random.standard_normal((20, 5)))
    known = Foreign(own[:20], looks[:20], np.ones(20, dtype=bool)).unknown_to(own, same=0.999)
    assert not len(known.own)
    similar, stranger = similar_thresholds(looks, known, own, 0.5)
    assert (similar.wrong, stranger.wrong, stranger.floor) == (None, None, similar.floor)
    strange = Foreign(-own[:20], elsewhere, np.zeros(20, dtype=bool)).unknown_to(own, same=0.999)
    similar, stranger = similar_thresholds(looks, strange, own, 0.5)
    assert similar.wrong == stranger.wrong
    assert stranger.wrong is not None
    assert stranger.wrong <= WRONG_STRANGERS + 1 / 20


def test_a_sketch_tells_how_much_changed() -> None:
    pairs = made(1000)
    first, shifted = sketch(pairs.shown[:800]), sketch(pairs.shown[200:])
    assert changed(first, first) == 0
    assert changed(first, shifted) == pytest.approx(0.4, abs=0.08)
    assert changed((), first) == 1


def test_people_see_both_models_and_compare_what_they_find(
    engine: Engine, settings: Settings, shop: Stage, adapting: Adapting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discovery.wiring.service.load_embedder", lambda *_: shop.embedder)
    there = dataclasses.replace(settings.engine, url=engine.url)
    desk = ModelDesk(Service(dataclasses.replace(settings, engine=there)))
    (base,) = desk.all()
    assert (base.outcome, base.serves) == ("configured", True)
    alone = desk.compare("sofa", Viewer())
    assert (alone.recipe, alone.now, alone.before) == (base.recipe, (), None)

    came = adapting.adapt()
    base, fitted = ModelDesk(Service(dataclasses.replace(settings, engine=there))).all()
    assert (base.serves, fitted.serves, fitted.outcome) == (False, True, "adopted")
    assert (fitted.figures["adapted"]["queries"] or 0) > (fitted.figures["base"]["queries"] or 0)
    both = ModelDesk(Service(dataclasses.replace(settings, engine=there))).compare("sofa", Viewer())
    assert (both.recipe, both.before_recipe, both.before) == (came.recipe, base.recipe, ())
    assert {hit.document.source.key.partition("-")[0] for hit in both.now} == {"sofa"}
