"""The index bodies, the documents and the field table agree, and released bodies stay as they are."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import mappings
from mappings.documents import AssetDocument, ProductDocument
from mappings.fields import FIELDS, IDENTIFIERS, SEARCHED, SORTS, SPELLING, TYPED, VECTORS, Kind
from mappings.fingerprint import digest
from mappings.registry import ASSETS, CATALOGUE, FAMILIES, PRODUCTS, Family, VectorSpace, body, read

FOLDER = Path(mappings.__file__).parent
WORDS_ONLY_IN_THE_INDEX = {"words"}
SIDES: dict[str, Family] = {"assets": ASSETS, "products": PRODUCTS}
ENGINE_TYPES = {
    str: {"keyword", "text", "binary"},
    float: {"double", "knn_vector"},
    int: {"integer", "long"},
    bool: {"boolean"},
    datetime: {"date"},
}


def properties(family: Family) -> dict[str, Any]:
    found: dict[str, Any] = read(family)["mappings"]["properties"]
    return found


def objects(definition: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, inner in definition.get("properties", {}).items():
        if inner.get("type", "object") == "object":
            yield f"{path}{name}", inner
            yield from objects(inner, f"{path}{name}.")


def plain(hint: Any) -> Any:
    """The type that one value of a field has: of ``tuple[str, ...] | None`` it is ``str``."""
    options = [option for option in typing.get_args(hint) if option is not type(None)]
    if typing.get_origin(hint) is tuple:
        return plain(options[0])
    if type(None) in typing.get_args(hint):
        return plain(options[0])
    return hint


def definition_at(family: Family, path: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = {"properties": properties(family)}
    for name in path.split("."):
        assert found is not None
        found = found.get("properties", {}).get(name) or found.get("fields", {}).get(name)
        if found is None:
            return None
    return found


@pytest.mark.parametrize("family", CATALOGUE, ids=lambda family: family.name)
def test_a_document_class_has_exactly_the_fields_of_its_mapping(family: Family) -> None:
    def compare(kind: type, mapped: Mapping[str, Any], path: str) -> None:
        hints = typing.get_type_hints(kind)
        names = {field.name for field in dataclasses.fields(kind)}
        assert names == set(mapped) - WORDS_ONLY_IN_THE_INDEX, path
        for name in names:
            value, definition = plain(hints[name]), mapped[name]
            if definition.get("enabled", True) is False:
                continue
            if dataclasses.is_dataclass(value) and isinstance(value, type):
                compare(value, definition["properties"], f"{path}.{name}")
            else:
                assert definition["type"] in ENGINE_TYPES[value], f"{path}.{name}"

    assert family.document is not None
    compare(family.document, properties(family), family.name)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_mapping_refuses_fields_that_it_does_not_name(family: Family) -> None:
    mapped = read(family)["mappings"]
    assert mapped["dynamic"] == "strict"
    for path, definition in objects(mapped):
        assert definition.get("enabled") is False or definition["dynamic"] == "strict", path


def test_released_mappings_stay_as_they_are() -> None:
    frozen = json.loads((FOLDER / "digests.json").read_text(encoding="utf-8"))
    files = {f"{file.parent.name}/{file.stem}": file for file in FOLDER.glob("*/v*.json")}
    assert set(frozen) == set(files), "a mapping file has no digest, or a digest no file"
    for name, file in files.items():
        assert digest(json.loads(file.read_text(encoding="utf-8"))) == frozen[name], (
            f"mappings/{name}.json is frozen: add the next version instead of changing it"
        )


def test_every_family_has_a_file_and_no_file_is_without_family() -> None:
    assert {file.parent.name for file in FOLDER.glob("*/v*.json")} == {family.name for family in FAMILIES}
    assert all(family.file.is_file() for family in FAMILIES)


@pytest.mark.parametrize("side", ["assets", "products"])
def test_every_field_that_a_request_may_name_exists_and_fits_its_kind(side: typing.Any) -> None:
    engine_types = {
        Kind.KEYWORD: {"keyword"},
        Kind.IDENTIFIER: {"keyword"},
        Kind.NUMBER: {"integer", "long", "double"},
        Kind.DATE: {"date"},
        Kind.FLAG: {"boolean"},
    }
    for field in FIELDS[side].values():
        definition = definition_at(SIDES[side], field.path)
        assert definition is not None, field.name
        assert definition["type"] in engine_types[field.kind], field.name
        if field.kind is Kind.IDENTIFIER:
            assert definition["normalizer"] == "identifier", field.name


@pytest.mark.parametrize("side", ["assets", "products"])
def test_every_path_that_search_uses_exists(side: typing.Any) -> None:
    paths = [searched.path for searched in SEARCHED[side]]
    paths += [*IDENTIFIERS[side], SPELLING, TYPED[side], *VECTORS[side]]
    paths += [sort.path for sort in SORTS[side].values() if sort.path != "_score"]
    assert [path for path in paths if definition_at(SIDES[side], path) is None] == []


@pytest.mark.parametrize("family", CATALOGUE, ids=lambda family: family.name)
def test_a_body_is_sized_and_stamped_without_touching_the_file(family: Family) -> None:
    before = digest(read(family))
    space = VectorSpace(384, 1280, "abc", {"model": "starter"})
    made = body(family, shards=3, replicas=2, vectors=space, created="2026-01-01T00:00:00Z")
    assert made["settings"]["index"]["number_of_shards"] == 3
    assert made["settings"]["index"]["number_of_replicas"] == 2
    block = made["mappings"]["properties"]["media" if family is ASSETS else "assets"]["properties"]
    assert (block["vector"]["dimension"], block["look"]["dimension"]) == (384, 1280)
    assert made["mappings"]["_meta"] == {
        "family": family.name,
        "version": family.version,
        "mapping": before,
        "created": "2026-01-01T00:00:00Z",
        "recipe": "abc",
        "recipe_description": {"model": "starter"},
    }
    assert digest(read(family)) == before
    assert "knn.derived_source.enabled" not in made["settings"]["index"]
    once = body(family, shards=1, replicas=0, vectors=dataclasses.replace(space, derived=True), created="now")
    assert once["settings"]["index"]["knn.derived_source.enabled"] is True


def test_generations_sort_by_age_and_match_their_pattern() -> None:
    names = [ASSETS.generation("shop", stamp) for stamp in ("20260101000000", "20260102000000")]
    assert names == sorted(names)
    prefix = ASSETS.generations("shop").removesuffix("*")
    assert all(name.startswith(prefix) for name in names)
    assert not ASSETS.read_alias("shop").startswith(prefix)
    assert not ASSETS.write_alias("shop").startswith(prefix)


def test_document_classes_are_the_two_sides() -> None:
    assert [family.document for family in CATALOGUE] == [AssetDocument, ProductDocument]
