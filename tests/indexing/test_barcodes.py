"""A barcode in a picture links it to its product, whatever the file is called."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from discovery.config import ImageSettings
from indexers.link_run import LinkRun
from tests.indexing.stage import Files, Stage, product

EAN, OTHER = "4006381333931", "5901234123457"


def boxed(code: str) -> bytes:
    """A photograph of a box with a barcode on it."""
    made = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.EAN13)
    photo = Image.new("RGB", (1000, 800), (150, 110, 70))
    photo.paste(Image.fromarray(np.array(made.to_image(scale=4))).convert("RGB"), (200, 250))
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


@pytest.fixture
def files() -> Files:
    return Files("studio", {"DSC_0001.jpg": boxed(EAN), "DSC_0002.jpg": boxed(OTHER)})


def test_a_picture_of_a_box_is_linked_by_its_barcode(stage: Stage, files: Files) -> None:
    stage.index(files)
    stage.index_products(
        product("BX-1", name="Harbour Tote", identifiers=(EAN,)), product("BX-2", name="Satchel")
    )
    linked, stranger = (stage.assets()[key] for key in sorted(files.files))
    assert (linked.media.barcodes, stranger.media.barcodes) == ((EAN,), (OTHER,))
    run = LinkRun(stage.catalogue, stage.settings, lambda _: {})
    assert run.run().counts["new"] == 1
    (link,) = stage.assets()["DSC_0001.jpg"].product.links
    assert (link.sku, link.method) == ("BX-1", "barcode")
    assert link.confidence >= stage.settings.linking.auto
    told = run.explain(linked.id).verdict.proposals[0].reasons
    assert any(reason.startswith(f"the picture shows the barcode {EAN}") for reason in told)
    assert stage.assets()["DSC_0002.jpg"].product.links == ()


def test_barcodes_that_are_not_wanted_are_not_read(stage: Stage, files: Files) -> None:
    stage.settings = dataclasses.replace(stage.settings, images=ImageSettings(barcodes=False))
    stage.index(files)
    assert [asset.media.barcodes for asset in stage.assets().values()] == [(), ()]
    wanted = dataclasses.replace(stage.settings, images=ImageSettings())
    stage.settings = wanted
    assert stage.index(files).counts()["metadata"] == 2
    assert stage.assets()["DSC_0001.jpg"].media.barcodes == (EAN,)
