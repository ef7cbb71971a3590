"""The demo's planted copies, looked up one by one in the index: each finds its original, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from discovery.config import Settings
from discovery.demo import CATALOGUE
from discovery.engine.client import Engine
from discovery.wiring import Service
from mappings.documents import asset_id
from tests.demo.indexed import DEMO, settings_at

TROUBLES: dict[str, Any] = json.loads((CATALOGUE / "troubles.json").read_text(encoding="utf-8"))
PLANTED = {entry["asset"]: (entry["original"], entry["kind"]) for entry in TROUBLES["near_duplicate"]}


@pytest.fixture(scope="module")
def found(engine: Engine, demo: Settings) -> dict[str, list[tuple[str, str]]]:
    lookup = Service(settings_at(demo, engine)).duplicate_lookup()
    prints = lookup.indexed([asset_id(DEMO, path) for path in PLANTED])
    answers = lookup.of(list(prints.values()))
    return {
        prints[ident].name: [(one.print.name, one.likeness.how) for one in some]
        for ident, some in answers.items()
    }


HOW = {
    "recompressed": "resized or recompressed from",
    "resized": "resized or recompressed from",
    "cropped": "a crop of",
    "mirrored": "a mirror image of",
}


@pytest.mark.parametrize("copy", PLANTED)
def test_a_planted_copy_finds_its_original_and_nothing_else(
    found: dict[str, list[tuple[str, str]]], copy: str
) -> None:
    original, kind = PLANTED[copy]
    assert found[copy] == [(original, HOW[kind])]


def test_no_picture_of_a_catalogue_is_called_another_ones_copy(engine: Engine, demo: Settings) -> None:
    service = Service(settings_at(demo, engine))
    catalogue = service.lifecycle.serving()
    ids = [one.id for one in catalogue.assets.scan() if one.media.perceptual_hash and one.product.linked]
    lookup = service.duplicate_lookup()
    answers = lookup.of(list(lookup.indexed(ids).values()))
    unplanted = {
        (ident, one.print.name)
        for ident, some in answers.items()
        for one in some
        if one.print.name not in PLANTED
    }
    assert unplanted == set()
