"""Languages of sources: German, French and Spanish words and their forms, beside English."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from discovery.engine.client import Engine
from discovery.engine.indices import Indices
from discovery.search.request import Mode, SearchRequest
from discovery.search.service import SearchService
from tests.search.catalogue import PRODUCT_LIST, create, fill, product
from tests.search.conftest import ANYONE, serve_over
from tests.search.test_searching import skus

ABROAD = (
    product("DE-1", "Regenjacke für Damen", attributes={"farbe": ("Grün",)}),
    product("DE-2", "Wanderschuhe aus Leder"),
    product("DE-3", "Kaffeebecher, handbemalt"),
    product("FR-1", "L'écharpe en laine des chevaux"),
    product("ES-1", "Camisetas de algodón para niños"),
)


@pytest.fixture(scope="module")
def abroad(engine: Engine, session_prefix: str) -> Iterator[str]:
    prefix = f"{session_prefix}-abroad"
    create(engine, prefix)
    fill(engine, prefix, (*ABROAD, *PRODUCT_LIST))
    yield prefix
    Indices(engine).close_leftovers(prefix)


@pytest.fixture(scope="module")
def polyglot(engine: Engine, abroad: str) -> SearchService:
    return serve_over(engine, abroad, languages=lambda: ("de", "en", "es", "fr"))


@pytest.mark.parametrize(
    ("asked", "sku"),
    [
        ("Jacke", "DE-1"),
        ("Jacken", "DE-1"),
        ("grüne Jacken", "DE-1"),
        ("gruene Regenjacken", "DE-1"),
        ("Schuh", "DE-2"),
        ("Becher", "DE-3"),
        ("écharpes", "FR-1"),
        ("cheval", "FR-1"),
        ("camiseta", "ES-1"),
        ("niño", "ES-1"),
    ],
)
def test_forms_and_parts_of_words_find_each_other(polyglot: SearchService, asked: str, sku: str) -> None:
    page = polyglot.search(SearchRequest(side="products", q=asked, mode=Mode.TEXT), ANYONE)
    assert sku in skus(page), page.corrected


def test_english_is_found_as_ever_beside_them(polyglot: SearchService, engine: Engine, abroad: str) -> None:
    asked = SearchRequest(side="products", q="mugs", mode=Mode.TEXT)
    assert skus(polyglot.search(asked, ANYONE)) == skus(serve_over(engine, abroad).search(asked, ANYONE))


def test_what_must_not_be_there_may_be_named_in_any_form(polyglot: SearchService) -> None:
    page = polyglot.search(SearchRequest(side="products", q="Damen -Jacken", mode=Mode.TEXT), ANYONE)
    assert "DE-1" not in skus(page)


def test_without_a_language_its_forms_are_not_looked_for(engine: Engine, abroad: str) -> None:
    page = serve_over(engine, abroad).search(
        SearchRequest(side="products", q="Becher", mode=Mode.TEXT), ANYONE
    )
    assert "DE-3" not in skus(page)
