"""A change between two index bodies is named before anything is done about it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from mappings.fingerprint import Change, classify, digest
from mappings.registry import ASSETS, read


@pytest.fixture
def body() -> dict[str, Any]:
    return read(ASSETS)


def test_the_digest_does_not_see_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": {"c": 2, "d": 3}}) == digest({"b": {"d": 3, "c": 2}, "a": 1})


def test_the_same_body_is_no_change(body: dict[str, Any]) -> None:
    assert classify(body, copy.deepcopy(body)) is Change.NONE


def test_a_property_more_is_additive(body: dict[str, Any]) -> None:
    new = copy.deepcopy(body)
    new["mappings"]["properties"]["source"]["properties"]["mood"] = {"type": "keyword"}
    assert classify(body, new) is Change.ADDITIVE


def test_a_multi_field_more_is_additive(body: dict[str, Any]) -> None:
    new = copy.deepcopy(body)
    new["mappings"]["properties"]["source"]["properties"]["title"]["fields"]["raw"] = {"type": "keyword"}
    assert classify(body, new) is Change.ADDITIVE


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body["mappings"]["properties"]["source"]["properties"].pop("title"),
        lambda body: body["mappings"]["properties"]["media"]["properties"]["width"].update(type="short"),
        lambda body: body["settings"]["index"].update(refresh_interval="5s"),
        lambda body: body["settings"]["analysis"]["analyzer"]["words"].update(tokenizer="standard"),
        lambda body: body["mappings"].update(dynamic="true"),
    ],
    ids=["a property less", "another type", "another setting", "another analyser", "not strict"],
)
def test_anything_else_asks_for_a_rebuild(body: dict[str, Any], change: Any) -> None:
    new = copy.deepcopy(body)
    change(new)
    assert classify(body, new) is Change.REBUILD
