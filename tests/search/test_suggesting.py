"""Completion of what is being typed."""

from __future__ import annotations

import pytest

from discovery.errors import InputInvalid
from discovery.search.request import Suggestion
from discovery.search.service import SearchService


def found(service: SearchService, side: str, q: str, kind: str) -> list[Suggestion]:
    return [s for s in service.suggest(side, q).suggestions if s.kind == kind]  # type: ignore[arg-type]


def test_names_are_completed_and_lead_to_their_item(service: SearchService) -> None:
    assert [(s.text, s.id) for s in found(service, "products", "stonew", "product")] == [
        ("Stoneware Mug", "MUG-1")
    ]
    assert [s.text for s in found(service, "assets", "riona fr", "asset")] == ["Riona, front"]


def test_facet_values_are_completed_with_their_field_and_count(service: SearchService) -> None:
    values = found(service, "products", "pur", "facet")
    assert [(s.text, s.field, s.count) for s in values] == [("Purple", "attribute.colour", 2)]
    assert ("Women/Tops/Jackets", "category", 4) in [
        (s.text, s.field, s.count) for s in found(service, "products", "jack", "facet")
    ]
    assert [(s.text, s.field) for s in found(service, "assets", "bol", "facet")] == [
        ("Bolé", "product.brand")
    ]


def test_the_word_that_is_being_typed_is_completed_with_what_it_finds(service: SearchService) -> None:
    queries = {s.text: s.count for s in found(service, "products", "enamel mu", "query")}
    assert queries == {"enamel mug": 1}


def test_the_beginning_of_an_identifier_leads_to_it_first(service: SearchService) -> None:
    first = service.suggest("products", "wj05").suggestions[0]
    assert (first.text, first.kind, first.id) == ("WJ05", "product", "WJ05")
    assert service.suggest("products", "40063813").suggestions[0].id == "24-WB04"
    assert service.suggest("assets", "img_20").suggestions[0].kind == "asset"


def test_a_better_spelling_is_offered_only_where_nothing_is_found(service: SearchService) -> None:
    assert service.suggest("products", "stonware").did_you_mean == "stoneware"
    assert service.suggest("products", "stoneware").did_you_mean is None


def test_what_is_typed_is_text_and_no_pattern(service: SearchService) -> None:
    for q in (".*", "[a-z]", "pur|red", "~", "(", "\\", '"', "@", "#", "<1-9>"):
        assert found(service, "products", q, "facet") == []


def test_nothing_typed_is_nothing_completed(service: SearchService) -> None:
    assert service.suggest("assets", "  ").suggestions == ()


def test_what_cannot_be_completed_is_named(service: SearchService) -> None:
    with pytest.raises(InputInvalid):
        service.suggest("assets", "x" * 2000)
    with pytest.raises(InputInvalid):
        service.suggest("pictures", "x")  # type: ignore[arg-type]
