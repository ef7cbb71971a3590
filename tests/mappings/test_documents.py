"""Documents survive the way into an index ``_source`` and back."""

from __future__ import annotations

import json
import types
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.documents import (
    Absorbed,
    AssetDocument,
    AssetLink,
    AssetSource,
    AssetsSide,
    Colour,
    Curation,
    ImageReference,
    Media,
    ProductCuration,
    ProductDocument,
    ProductLink,
    ProductSide,
    ProductSource,
    Run,
    Usage,
    asset_id,
    attribute_code,
    attribute_token,
    category_ancestors,
    encode_block,
)

FIRST, LAST = datetime.fromisoformat("1971-01-01"), datetime.fromisoformat("2100-01-01")

texts = st.text(st.characters(codec="utf-8"), max_size=20)
tuples = st.lists(texts, max_size=3).map(tuple)
times = st.datetimes(min_value=FIRST, max_value=LAST, timezones=st.just(UTC))
numbers = st.integers(0, 2**31)
shares = st.floats(0, 1)
vectors = st.lists(st.floats(-1, 1), min_size=1, max_size=4).map(tuple)

runs = st.builds(Run, texts, texts, st.booleans(), times)
asset_documents = st.builds(
    AssetDocument,
    id=texts,
    source=st.builds(
        AssetSource,
        texts,
        texts,
        texts,
        texts,
        tuples,
        st.none() | texts,
        keywords=tuples,
        categories=tuples,
        licence_ends=st.none() | times,
        modified=st.none() | times,
        warnings=tuples,
    ),
    media=st.builds(
        Media,
        texts,
        texts,
        texts,
        numbers,
        texts,
        st.none() | numbers,
        st.none() | numbers,
        colours=st.lists(st.builds(Colour, texts, texts, shares), max_size=2).map(tuple),
        colour=tuples,
        recipe=st.none() | texts,
        vector=st.none() | vectors,
        look=st.none() | vectors,
    ),
    product=st.builds(
        ProductSide,
        st.booleans(),
        sku=tuples,
        attributes=tuples,
        links=st.lists(
            st.builds(ProductLink, texts, texts, texts, shares, st.none() | texts), max_size=2
        ).map(tuple),
    ),
    curation=st.builds(
        Curation,
        texts,
        st.none() | texts,
        absorbed=st.lists(st.builds(Absorbed, texts, texts, texts, tuples), max_size=2).map(tuple),
    ),
    usage=st.builds(Usage, numbers, st.none() | times),
    run=st.none() | runs,
)
product_documents = st.builds(
    ProductDocument,
    id=texts,
    source=st.builds(
        ProductSource, texts, texts, numbers, texts, texts, parent=st.none() | texts, variant=st.booleans(),
        identifiers=tuples, price=st.none() | st.floats(0, 1e6), created=st.none() | times,
        attributes=tuples,
        attribute_values=st.dictionaries(texts, tuples.filter(bool), max_size=2).map(types.MappingProxyType),
        images=st.lists(st.builds(ImageReference, texts, texts), max_size=2).map(tuple),
    ),
    assets=st.builds(
        AssetsSide, st.booleans(), numbers, tuples, vector=st.none() | vectors,
        links=st.lists(st.builds(AssetLink, texts, texts, texts, shares), max_size=2).map(tuple),
    ),
    curation=st.builds(ProductCuration, texts),
    usage=st.builds(Usage, numbers, st.none() | times),
    run=st.none() | runs,
)  # fmt: skip


@given(asset_documents | product_documents)
def test_a_document_comes_back_as_it_went(document: AssetDocument | ProductDocument) -> None:
    through = json.loads(json.dumps(document.to_source()))
    assert type(document).from_source(through) == document


@given(asset_documents | product_documents)
def test_a_source_leaves_out_what_is_not_there(document: AssetDocument | ProductDocument) -> None:
    def empties(value: Any) -> bool:
        if isinstance(value, dict):
            return any(inner is None or inner == [] or empties(inner) for inner in value.values())
        return isinstance(value, list) and any(empties(inner) for inner in value)

    assert not empties({k: v for k, v in document.to_source().items() if k != "source"})


def test_a_block_for_an_update_names_every_field_so_that_what_is_gone_is_cleared() -> None:
    block = encode_block(AssetsSide())
    assert block["ids"] == []
    assert block["vector"] is None
    assert set(block) == {
        "linked", "count", "ids", "colour", "palette", "status", "roles", "hero_usable", "hero_problems",
        "completeness", "channels", "lacking", "sets", "changes", "basis", "links", "recipe", "vector",
        "look",
    }  # fmt: skip


def test_blocks_that_were_not_fetched_take_their_defaults() -> None:
    bare = {"id": "a", "source": {"name": "s", "key": "k", "uri": "u", "filename": "f"}}
    media = {"type": "image", "mime": "image/png", "format": "png", "bytes": 1, "checksum": "c"}
    document = AssetDocument.from_source({**bare, "media": media})
    assert (document.product, document.curation, document.usage) == (ProductSide(), Curation(), Usage())
    assert document.run is None


def test_an_asset_has_the_same_id_on_every_run_and_another_in_every_source() -> None:
    assert asset_id("luma", "w/j/wj01.jpg") == "df20298e533fb662c2c2cfbc"
    assert len({asset_id("a", "bc"), asset_id("ab", "c"), asset_id("a", "b")}) == 3
    assert len(asset_id("luma", "x")) == 24


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Base Colour", "colour"),
        ("baseColour", "colour"),
        ("color", "colour"),
        ("Strap / Bags", "strap_bags"),
        ("  Size ", "size"),
        ("!!!", ""),
    ],
)
def test_a_column_has_one_code_however_it_is_written(name: str, code: str) -> None:
    assert attribute_code(name) == code


@given(st.text())
def test_a_code_is_its_own_code(name: str) -> None:
    assert attribute_code(attribute_code(name)) == attribute_code(name)


def test_a_token_holds_code_and_value_apart() -> None:
    assert attribute_token("colour", "Red: dark") == "colour\x1fRed: dark"


def test_a_category_is_found_by_each_of_its_branches() -> None:
    assert category_ancestors(("Women/Tops", "Women / Sale", "/")) == ("Women", "Women/Tops", "Women/Sale")
