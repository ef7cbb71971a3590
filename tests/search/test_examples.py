"""Several pictures as one query, pictures that are not meant, and words and colours beside them."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.errors import InputInvalid, NotFound
from discovery.search.examples import Example, composed, steering_words
from discovery.search.palette import named_colour
from discovery.search.request import ExamplePicture, Mode, SearchPage, SimilarRequest
from discovery.search.service import SearchService
from tests.search.catalogue import (
    ASSET_LIST,
    BAG_FRONT,
    GREEN_FRONT,
    PURPLE_FRONT,
    RED_COPY,
    RED_FRONT,
    SEA,
    SEA_WIDE,
    painted,
)
from tests.search.conftest import ANYONE, Serve
from tests.search.test_degrading import AbsentModel

LOOKS = {asset.id: asset.media.look for asset in ASSET_LIST if asset.media.look}


def like(service: SearchService, *assets: Any, unlike: tuple[Any, ...] = (), **given: Any) -> SearchPage:
    examples = [ExamplePicture(asset=one.id) for one in assets]
    examples += [ExamplePicture(asset=one.id, negative=True) for one in unlike]
    return service.similar(
        SimilarRequest(examples=tuple(examples), **{"min_similarity": -1.0} | given), ANYONE
    )


def ids(page: SearchPage) -> list[str]:
    return [hit.id for hit in page.hits]


def cosine(one: str, other: str) -> float:
    return sum(a * b for a, b in zip(LOOKS[one], LOOKS[other], strict=True))


rows = st.lists(st.floats(-1, 1), min_size=3, max_size=3).filter(lambda row: sum(n * n for n in row) > 0.01)


def unit(row: list[float]) -> tuple[float, ...]:
    norm = math.sqrt(sum(number * number for number in row))
    return tuple(number / norm for number in row)


@given(st.lists(rows, min_size=1, max_size=4), rows)
def test_the_similarity_to_several_is_the_mean_of_the_cosines(
    given: list[list[float]], item: list[float]
) -> None:
    examples = [Example(unit(row), unit(row)) for row in given]
    made, found = composed(examples), unit(item)
    mean = sum(sum(a * b for a, b in zip(one.look, found, strict=True)) for one in examples) / len(examples)
    if made.scale > 0.01:
        assert made.scale * sum(a * b for a, b in zip(made.look, found, strict=True)) == pytest.approx(
            mean, abs=1e-4
        )


def test_hits_are_like_all_examples_and_none_of_them_is_a_hit(service: SearchService) -> None:
    page = like(service, RED_FRONT, GREEN_FRONT)
    assert {RED_FRONT.id, GREEN_FRONT.id}.isdisjoint(ids(page))
    for hit in page.hits:
        mean = (cosine(hit.id, RED_FRONT.id) + cosine(hit.id, GREEN_FRONT.id)) / 2
        assert hit.signals["visual"] == pytest.approx(mean, abs=1e-4)
    similarities = [hit.signals["visual"] for hit in page.hits]
    assert similarities == sorted(similarities, reverse=True)
    assert page.total == len(page.hits) > 1


def test_the_order_of_examples_changes_nothing(service: SearchService) -> None:
    pages = [like(service, *some) for some in itertools.permutations((RED_FRONT, GREEN_FRONT, SEA))]
    assert len({tuple(ids(page)) for page in pages}) == 1


def test_a_weight_pulls_toward_its_example(service: SearchService) -> None:
    def weighed(weight: float) -> float:
        examples = (ExamplePicture(asset=GREEN_FRONT.id), ExamplePicture(asset=RED_FRONT.id, weight=weight))
        page = service.similar(SimilarRequest(examples=examples, min_similarity=-1.0), ANYONE)
        return next(hit.signals["visual"] for hit in page.hits if hit.id == RED_COPY.id)

    assert weighed(0.5) < weighed(1) < weighed(5)


def test_a_negative_example_never_adds_hits_and_takes_what_is_nearer_to_it(service: SearchService) -> None:
    wide = like(service, SEA)
    narrow = like(service, SEA, unlike=(RED_FRONT,))
    assert set() < set(ids(narrow)) < set(ids(wide))
    assert RED_COPY.id in ids(wide)
    assert RED_COPY.id not in ids(narrow)
    for hit in narrow.hits:
        assert cosine(hit.id, SEA.id) >= cosine(hit.id, RED_FRONT.id) - 1e-4
        assert hit.signals["unlike"] == pytest.approx(cosine(hit.id, RED_FRONT.id), abs=1e-4)
    assert narrow.total == len(narrow.hits)


def test_pages_of_several_examples_join(service: SearchService) -> None:
    whole = like(service, RED_FRONT, SEA, unlike=(GREEN_FRONT,))
    walked, after = [], None
    while True:
        page = like(service, RED_FRONT, SEA, unlike=(GREEN_FRONT,), size=1, after=after)
        assert page.total == whole.total
        walked += ids(page)
        after = page.next
        if after is None:
            break
    assert walked == ids(whole)


def test_words_beside_a_picture_decide_the_order(service: SearchService) -> None:
    plain = like(service, RED_FRONT)
    steered = like(service, RED_FRONT, q="but a bag")
    assert set(ids(plain)) == set(ids(steered))
    rank = {hit.id: place for place, hit in enumerate(steered.hits)}
    assert rank[BAG_FRONT.id] < {hit.id: place for place, hit in enumerate(plain.hits)}[BAG_FRONT.id]
    assert "text" in steered.hits[rank[BAG_FRONT.id]].signals


def test_a_colour_beside_a_picture_is_a_colour_of_every_hit(service: SearchService) -> None:
    page = like(service, RED_FRONT, q="like this, but purple")
    assert set(ids(page)) == {PURPLE_FRONT.id, BAG_FRONT.id}
    assert all(hit.signals["colour"] > 0.5 for hit in page.hits)
    assert page.mode is Mode.VISUAL


def test_without_a_model_words_still_steer_and_the_reply_says_so(serve: Serve, shop: str) -> None:
    page = like(serve(shop, model=AbsentModel()), RED_FRONT, q="bag")
    assert page.fallback_reason is not None
    assert "the model did not answer" in page.fallback_reason
    assert BAG_FRONT.id in ids(page)


def test_uploaded_pictures_are_examples_too(service: SearchService) -> None:
    pictures = (ExamplePicture(image=painted("blue")), ExamplePicture(image=painted("red"), negative=True))
    page = service.similar(SimilarRequest(examples=pictures, min_similarity=-1.0), ANYONE)
    assert ids(page)[0] in {SEA.id, SEA_WIDE.id}
    assert RED_FRONT.id not in ids(page)


@pytest.mark.parametrize(
    ("examples", "field"),
    [
        ((), "asset"),
        ((ExamplePicture(asset=RED_FRONT.id, negative=True),), "examples"),
        (tuple(ExamplePicture(asset=str(n)) for n in range(11)), "examples"),
        ((ExamplePicture(asset=SEA.id), ExamplePicture(asset=SEA.id, negative=True)), "examples.1"),
        ((ExamplePicture(asset=SEA.id), ExamplePicture(asset=SEA.id, product="x")), "examples.1"),
        ((ExamplePicture(asset=SEA.id, weight=0), ExamplePicture(asset=RED_FRONT.id)), "examples.0.weight"),
    ],
)
def test_what_examples_have_wrong_is_named(
    service: SearchService, examples: tuple[ExamplePicture, ...], field: str
) -> None:
    with pytest.raises(InputInvalid) as told:
        service.similar(SimilarRequest(examples=examples), ANYONE)
    assert told.value.problems[0].field == field


def test_an_example_that_is_not_there_is_named(service: SearchService) -> None:
    with pytest.raises(NotFound) as told:
        service.similar(
            SimilarRequest(examples=(ExamplePicture(asset=SEA.id), ExamplePicture(asset="gone"))), ANYONE
        )
    assert told.value.problems[0].field == "examples.1.asset"


@pytest.mark.parametrize(
    ("words", "colours", "left"),
    [
        ("but blue", ["blue"], ""),
        ("like this, but light blue with a handle", ["light blue"], "handle"),
        ("the same in gray", ["grey"], ""),
        ("more formal", [], "formal"),
        ("", [], ""),
    ],
)
def test_colours_and_words_are_told_apart(words: str, colours: list[str], left: str) -> None:
    assert steering_words(words) == (tuple(named_colour(one) for one in colours), left)
