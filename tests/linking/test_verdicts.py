"""What the linker says of an asset when all evidence is in."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.config import LinkingSettings, load
from discovery.errors import ConfigurationInvalid
from discovery.linking.book import ProductBook
from discovery.linking.evidence import AGAINST, FEATURES
from discovery.linking.fusion import Model, probabilities, read_weights, shipped_weights
from discovery.linking.linker import Linker
from discovery.linking.sightings import Declared, LookScale, Neighbour
from discovery.linking.verdict import State, Verdict
from tests.linking.makers import BLUE, JACKET_EAN, RED, asset, linker, mugs, product, shop

SHOP = linker()


def skus(verdict: Verdict) -> list[str]:
    return [link.sku for link in verdict.links]


def chance_of(verdict: Verdict, sku: str) -> float:
    return max((one.probability for one in verdict.proposals if one.sku == sku), default=0.0)


def test_the_red_packshot_belongs_to_the_red_variants_and_their_parent() -> None:
    said = SHOP.judge(asset("w/j/wj01-red_main.jpg", colours=(RED,)))
    assert said.state is State.AUTO
    assert said.proposals[0].sku == "WJ01"
    assert skus(said) == ["WJ01", "WJ01-S-Red", "WJ01-M-Red"]
    assert all(link.role == "hero" and link.probability >= 0.95 for link in said.links)
    assert said.proposals[0].method == "filename"
    assert "the file name carries the SKU WJ01 and the colour red" in said.proposals[0].reasons


def test_a_name_with_a_whole_variant_is_that_variants_picture_first() -> None:
    said = SHOP.judge(asset("WJ01-M-Red_back.jpg"))
    assert said.proposals[0].sku == "WJ01-M-Red"
    assert skus(said) == ["WJ01-M-Red", "WJ01", "WJ01-S-Red"]
    assert {link.role for link in said.links} == {"back"}


def test_a_style_code_without_a_colour_belongs_to_the_parent_alone() -> None:
    said = SHOP.judge(asset("wj01_main.jpg"))
    assert skus(said) == ["WJ01"]


def test_a_colour_variants_main_picture_is_an_alternate_of_a_parent_with_its_own_colour() -> None:
    said = SHOP.judge(asset("mg-102-ink-blue_front.jpg", colours=(BLUE,)))
    assert said.state is State.AUTO
    assert [(link.sku, link.role) for link in said.links] == [("MG-102", "hero"), ("MG-101", "alternate")]


def test_nothing_at_all_is_no_proposal() -> None:
    said = SHOP.judge(asset("banner-spring.jpg", colours=(RED,)))
    assert (said.state, said.proposals) == (State.NONE, ())


def test_two_whole_skus_of_strangers_are_a_conflict() -> None:
    said = SHOP.judge(asset("mg-102_lp-500.jpg"))
    assert said.state is State.CONFLICT
    assert set(said.claims) == {"MG-102", "LP-500"}
    assert "both claim it" in said.reason


def test_a_catalogue_that_names_a_siblings_picture_is_a_conflict() -> None:
    said = SHOP.judge(
        asset("mg-102-ink-blue_detail.jpg", colours=(BLUE,)),
        declared=[Declared("MG-102", "detail"), Declared("MG-103", "detail")],
    )
    assert said.state is State.CONFLICT
    assert set(said.claims) >= {"MG-102", "MG-103"}
    assert said.proposals[0].sku == "MG-102"


def test_parent_and_variant_do_not_contradict_each_other() -> None:
    said = SHOP.judge(
        asset("mg-102-ink-blue_detail.jpg"),
        declared=[Declared("MG-102", "detail"), Declared("MG-101", "alternate")],
    )
    assert said.state is State.AUTO


def test_a_scene_that_the_catalogue_gives_to_two_products_is_none() -> None:
    said = SHOP.judge(
        asset("campaign-01.jpg"), declared=[Declared("LP-500", "lifestyle"), Declared("20411", "lifestyle")]
    )
    assert said.state is State.AUTO
    assert {one.sku for one in said.proposals} == {"LP-500", "20411"}


def test_the_words_of_a_caption_alone_wait_for_somebody() -> None:
    said = SHOP.judge(asset("DSC_1.jpg", title="Skerry Mug in Ink Blue, on linen", colours=(BLUE,)))
    assert said.state is State.REVIEW
    assert said.proposals[0].sku == "MG-102"
    assert said.proposals[0].method == "caption"


def test_a_copy_of_a_linked_picture_is_linked_and_takes_its_role() -> None:
    copy = Neighbour("other", "LP-500", 0.995, "detail")
    said = SHOP.judge(asset("1f3a.jpg", title="Toadstool Lamp"), neighbours=[copy])
    assert said.proposals[0].sku == "LP-500"
    assert said.proposals[0].role == "detail"
    assert chance_of(said, "LP-500") > chance_of(SHOP.judge(asset("1f3a.jpg"), neighbours=[]), "LP-500")


def test_likeness_can_be_left_out_and_an_asset_is_not_its_own_neighbour() -> None:
    picture = asset("1f3a.jpg")
    copy = Neighbour("other", "LP-500", 0.995, "detail")
    assert linker(visual=False).judge(picture, neighbours=[copy]).state is State.NONE
    own = Neighbour(picture.id, "LP-500", 1.0, "detail")
    assert SHOP.judge(picture, neighbours=[own]).state is State.NONE


def test_a_wrong_colour_is_told_and_lowers_the_probability() -> None:
    right = SHOP.judge(asset("wj01-red_main.jpg"))
    wrong = SHOP.judge(asset("wj01-green_main.jpg"))
    assert wrong.state is not State.AUTO
    assert wrong.proposals[0].probability < right.proposals[0].probability
    told = {piece.feature: piece.contribution for piece in wrong.proposals[0].evidence}
    assert told["name_colour_differs"] < 0


def test_every_piece_of_evidence_is_told_with_what_it_adds() -> None:
    said = SHOP.judge(asset("mg-102.jpg", keywords=("MG-102",), colours=(BLUE,)))
    told = said.proposals[0].evidence
    assert {"name_identifier", "metadata_identifier", "colour_agrees"} <= {one.feature for one in told}
    assert [abs(one.contribution) for one in told] == sorted(
        (abs(one.contribution) for one in told), reverse=True
    )


def test_no_more_proposals_than_asked_for() -> None:
    table = [product(f"SKU-{number}", "Fathom Wall Clock") for number in range(9)]
    said = linker(table, most_proposals=3).judge(asset("x.jpg", title="Fathom Wall Clock"))
    assert len(said.proposals) == 3
    assert said.state is not State.AUTO


GOOD: dict[str, dict[str, Any]] = {
    "keyword": {"keywords": ("MG-102",)},
    "identifier": {"identifiers": ("MG-102",)},
    "title": {"title": "Skerry Mug in Ink Blue"},
    "colour": {"colours": (BLUE,)},
}
CALLS: dict[str, dict[str, Any]] = {
    "declared": {"declared": [Declared("MG-102", "hero")]},
    "barcode": {"barcodes": ["MG-102"]},
    "near": {"neighbours": [Neighbour("n", "MG-102", 0.97, "hero")]},
}


def mug_chance(kinds: set[str], key: str) -> float:
    given_: dict[str, Any] = {}
    called: dict[str, Any] = {}
    for kind in kinds:
        given_ |= GOOD.get(kind, {})
        called |= CALLS.get(kind, {})
    said = SHOP.judge(asset(key, **given_), **called)
    return max(
        (link.probability for one in said.proposals for link in one.links if link.sku == "MG-102"),
        default=0.0,
    )


@pytest.mark.parametrize("key", ["x.jpg", "mg-102.jpg", "mg-102-ink-blue_front.jpg", "lp-500.jpg"])
def test_more_agreeing_evidence_never_lowers_the_probability(key: str) -> None:
    kinds = [*GOOD, *CALLS]
    for size in range(len(kinds)):
        for held in itertools.combinations(kinds, size):
            before = mug_chance(set(held), key)
            for more in set(kinds) - set(held):
                assert mug_chance({*held, more}, key) >= before - 1e-9, (held, more)


@settings(max_examples=60)
@given(
    st.permutations(range(6)),
    st.sampled_from(["mg-102_x.jpg", "wj01-red_main.jpg", "mg-102_lp-500.jpg", "toadstool-lamp.jpg"]),
    st.randoms(use_true_random=False),
)
def test_the_order_of_anything_does_not_matter(order: list[int], key: str, chance: random.Random) -> None:
    near = [
        Neighbour("a", "MG-102", 0.9, "hero"),
        Neighbour("b", "MG-103", 0.9, "hero"),
        Neighbour("c", "LP-500", 0.8, "back"),
        Neighbour("c", "20411", 0.8, "back"),
        Neighbour("d", "WJ01", 0.7, "hero"),
        Neighbour("e", "WJ01-S-Red", 0.95, "hero"),
    ]
    declared = [Declared("MG-103", "hero"), Declared("LP-500", "hero")]
    products = shop()
    chance.shuffle(products)
    picture = asset(key, title="Skerry Mug in Ink Blue", keywords=("MG-102", "LP-500"))
    shuffled = linker(products).judge(
        picture,
        neighbours=[near[place] for place in order],
        declared=declared[:: chance.choice([1, -1])],
        barcodes=sorted([JACKET_EAN, "20411"], key=lambda _: chance.random()),
    )
    assert shuffled == SHOP.judge(picture, neighbours=near, declared=declared, barcodes=["20411", JACKET_EAN])


def test_probabilities_of_rivals_never_exceed_one_together() -> None:
    found = probabilities({"a": 9.0, "b": 9.0, "c": -800.0}, set())
    assert found["a"] == found["b"] == pytest.approx(0.5, abs=1e-3)
    assert sum(found.values()) <= 1
    shared = probabilities({"a": 9.0, "b": 9.0}, {frozenset(("a", "b"))})
    assert min(shared.values()) > 0.999


def test_shipped_weights_know_their_features_and_signs() -> None:
    weights = shipped_weights()
    for model in (weights.family, weights.look):
        assert model.weights.keys() <= set(FEATURES)
        assert all((weight < 0) is (name in AGAINST) for name, weight in model.weights.items())
    assert "holdout" in json.loads(weights.text)["data"] or "held out" in json.loads(weights.text)["data"]


def test_weights_with_a_turned_sign_are_refused() -> None:
    model = {"bias": 0.0, "weights": {"declared": -1.0}}
    with pytest.raises(ValueError, match="declared"):
        read_weights(json.dumps({"family": model, "look": model}))
    assert Model(1.0, {"declared": 2.0}).score({"declared": 0.5, "unheard_of": 1.0}) == 2.0


def test_the_basis_changes_with_settings_and_floor_only() -> None:
    book = ProductBook(mugs())
    first = Linker(book, LinkingSettings())
    assert first.basis == SHOP.basis
    assert first.basis != Linker(book, LinkingSettings(auto=0.9)).basis
    assert first.basis != Linker(book, LinkingSettings(), scale=LookScale(similar=0.6)).basis


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (r"(?P<sku>[", "does not compile"),
        (r"^(?P<code>\w+)$", "no group named sku, style or ean"),
        (r"^\w+$", "no group"),
        (r"^(?P<sku>(a|aa)+)$", "too long"),
    ],
)
def test_an_unsound_pattern_is_refused_by_name(tmp_path: Any, pattern: str, told: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[linking]\npatterns = ['{pattern}']\n", encoding="utf-8")
    with pytest.raises(ConfigurationInvalid) as refused:
        load(file, {})
    assert "linking.patterns" in str(refused.value)
    assert told in str(refused.value)
    assert pattern in str(refused.value) or repr(pattern) in str(refused.value)


def test_review_above_auto_is_refused(tmp_path: Any) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[linking]\nauto = 0.6\nreview = 0.7\n", encoding="utf-8")
    with pytest.raises(ConfigurationInvalid, match=r"linking\.review"):
        load(file, {})
