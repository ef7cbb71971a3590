"""What is still linked where no file name says anything: the floor that the README commits to."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import data
from benchmarks.linking import blind, without_pictures
from benchmarks.measured import Measured
from benchmarks.scenes import scene
from discovery.config import LinkingSettings, ModelSettings
from discovery.linking.book import ProductBook
from discovery.linking.linker import Linker
from discovery.vision.loading import load_embedder


@pytest.fixture(scope="module")
def measured(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    assert real_data.is_dir()
    home = tmp_path_factory.mktemp("without-names")
    embedder = load_embedder(ModelSettings(precision="fp32"), home)
    given = scene(data.luma_pictures(), data.luma_products(), embedder, home)
    settings = LinkingSettings()
    linker = Linker(ProductBook(without_pictures(given.products)), settings)
    return {one.name.partition(": ")[2]: one for one in blind(given, linker, settings)}


FLOORS = {
    "precision of links that need nobody's word": 0.95,
    "recall of main products over auto and review": 0.4,
    "roles right": 0.85,
    "main product among the proposals": 0.7,
}


@pytest.mark.realdata
@pytest.mark.parametrize("figure", sorted(FLOORS))
def test_pictures_and_metadata_reach_the_floor_without_names(
    measured: dict[str, Measured], figure: str
) -> None:
    assert measured[figure].value >= FLOORS[figure], measured[figure].detail
