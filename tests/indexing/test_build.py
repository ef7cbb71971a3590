"""Documents are made of what the source said, what the bytes are, and what is stored already."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from discovery.config import AuditSettings, ImageSettings
from discovery.picture_sets.standing import SetJudge
from discovery.vision.metadata import EmbeddedMetadata
from indexers.associate import (
    Place,
    Places,
    assets_side,
    links_of,
    main_picture,
    path_key,
    path_keys,
    product_side,
    unresolved,
)
from indexers.build import asset_build, asset_document, is_storable, product_document
from indexers.filetypes import file_type, is_picture
from indexers.records import AssetRecord
from indexers.sidecars import merged, read_json_sidecar
from mappings.documents import (
    AssetDocument,
    AssetsSide,
    Colour,
    Curation,
    ImageReference,
    Media,
    ProductDocument,
    ProductSide,
    Usage,
)
from tests.indexing.stage import product

NOW = datetime(2026, 5, 1, tzinfo=UTC)
JUDGE = SetJudge(AuditSettings())
MEDIA = Media("image", "image/png", "png", 10, "sha256:aa", recipe="r", vector=(1.0,), look=(1.0,))


def record(key: str = "w/tops/WJ01-red.JPG", **more: object) -> AssetRecord:
    made = AssetRecord("studio", key, f"/p/{key}", 10, NOW, "v1", ("Women/Tops",), bytes, lambda: None)
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


def asset(
    said: EmbeddedMetadata | None = None, stored: AssetDocument | None = None, media: Media = MEDIA
) -> AssetDocument:
    return asset_document(record(), media, said or EmbeddedMetadata(), stored, build="b", started=NOW)


def made(sku: str, *images: str, stored: ProductDocument | None = None, **more: object) -> ProductDocument:
    return product_document(product(sku, *images, **more), stored, build="b", started=NOW, judge=JUDGE)  # type: ignore[arg-type]


def test_an_asset_is_identified_by_its_file_name_with_and_without_ending() -> None:
    said = EmbeddedMetadata(identifiers=("JOB-7",))
    assert asset(said).source.identifiers == ("WJ01-red.JPG", "WJ01-red", "JOB-7")


def test_an_asset_is_in_each_branch_of_its_category() -> None:
    assert asset().source.category_paths == ("Women", "Women/Tops")


def test_a_new_asset_is_pending_and_unreviewed() -> None:
    document = asset()
    assert document.run is not None
    assert document.run.pending
    assert document.curation == Curation("unreviewed")
    assert document.product == ProductSide()


def test_the_files_own_status_holds_until_somebody_decides() -> None:
    first = asset(EmbeddedMetadata(status="draft"))
    assert first.curation.status == "draft"
    assert asset(EmbeddedMetadata(status="approved"), first).curation.status == "approved"
    decided = dataclasses.replace(first, curation=Curation("rejected"))
    assert asset(EmbeddedMetadata(status="approved"), decided).curation.status == "rejected"


def test_blocks_of_other_owners_are_carried_over() -> None:
    stored = dataclasses.replace(asset(), product=ProductSide(linked=True, sku=("S1",)), usage=Usage(3, NOW))
    document = asset(stored=stored)
    assert (document.product, document.usage) == (stored.product, stored.usage)
    bag = dataclasses.replace(made("B1"), assets=AssetsSide(linked=True), usage=Usage(2))
    again = made("B1", stored=bag)
    assert (again.assets, again.usage) == (bag.assets, bag.usage)


def test_text_that_no_engine_takes_is_mended() -> None:
    document = asset(EmbeddedMetadata(title=" a\ud800b\0 ", keywords=("x\x1fy", " ", "x  y")))
    assert document.source.title == "a?b"
    assert document.source.keywords == ("x y",)


def test_attributes_become_tokens_words_and_values() -> None:
    source = made(
        "S1",
        attributes={
            "colour": ("Red", " Red "),
            "eco": ("Yes",),
            "new": ("No",),
            "story": ("x" * 300,),
            "empty": (" ",),
        },
    ).source
    assert source.attributes == ("colour\x1fRed", "eco\x1fYes", "new\x1fNo")
    assert source.attribute_text == ("Red", "eco", "x" * 300)
    assert dict(source.attribute_values) == {
        "colour": ("Red",), "eco": ("Yes",), "new": ("No",), "story": ("x" * 300,),
    }  # fmt: skip


def test_a_price_that_is_no_number_is_left_out() -> None:
    assert made("S1", price=float("nan")).source.price is None


def test_a_product_is_pending_only_where_assets_are_concerned() -> None:
    def pending(document: ProductDocument) -> bool:
        assert document.run is not None
        return document.run.pending

    plain, named = made("S1"), made("S1", "a.png")
    assert not pending(plain)
    assert pending(named)
    assert pending(made("S1", stored=named))
    assert pending(made("S1", stored=dataclasses.replace(plain, assets=AssetsSide(linked=True))))
    assert not pending(made("S1", stored=plain))


@pytest.mark.parametrize(
    ("sku", "storable"), [("S1", True), ("", False), ("  ", False), ("x" * 513, False), ("a\ud800", False)]
)
def test_a_sku_must_be_able_to_be_an_id(sku: str, storable: bool) -> None:
    assert is_storable(sku) is storable


def test_settings_that_change_what_is_made_of_a_file_change_the_build() -> None:
    assert asset_build(ImageSettings()) == asset_build(ImageSettings(max_bytes=5_000))
    assert asset_build(ImageSettings()) != asset_build(ImageSettings(thumbnail_sizes=(100,)))
    assert asset_build(ImageSettings()) != asset_build(ImageSettings(formats=("JPEG",)))


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/w/j/a.jpg", "w/j/a.jpg"),
        ("./a.jpg", "a.jpg"),
        ("w\\a.jpg", "w/a.jpg"),
        ("cafe\u0301.jpg", "caf\xe9.jpg"),
    ],
)
def test_a_path_means_a_key(path: str, key: str) -> None:
    assert path_key(path) == key


def test_a_product_is_found_by_its_paths_in_any_case() -> None:
    images = (ImageReference("/W/A.jpg", "hero"), ImageReference("w/b.jpg", "alternate"))
    assert path_keys(images) == ("W/A.jpg", "w/a.jpg", "w/b.jpg")


def test_an_exact_key_is_taken_before_one_in_other_case() -> None:
    places = Places([Place("one", "A.jpg", "1"), Place("one", "a.jpg", "2"), Place("two", "a.jpg", "3")])
    assert [place.id for place in places.find("a.jpg", None)] == ["2", "3"]
    assert [place.id for place in places.find("a.jpg", "two")] == ["3"]
    assert [place.id for place in places.find("A.JPG", "two")] == ["3"]
    assert places.find("b.jpg", None) == []


def test_a_picture_named_twice_is_linked_once_in_its_first_role() -> None:
    named = made("S1", "a.jpg", "/a.jpg", "missing.jpg")
    places = Places([Place("one", "a.jpg", "1")])
    assert [(link.id, link.role) for link in links_of(named, places)] == [("1", "hero")]
    assert unresolved(named, places) == {"missing.jpg"}


def test_the_hero_stands_for_a_product_else_its_first_picture() -> None:
    named = made("S1", "a.jpg", "b.jpg")
    links = links_of(named, Places([Place("one", "a.jpg", "1"), Place("one", "b.jpg", "2")]))
    film = dataclasses.replace(MEDIA, recipe=None, vector=None, look=None)
    shown = {"1": asset(), "2": asset()}
    assert main_picture(links, shown) == "1"
    assert main_picture(links, shown | {"1": asset(media=film)}) == "2"
    assert main_picture(links[1:], shown) == "2"
    assert main_picture((), shown) is None


def test_each_side_carries_the_other_once_and_in_order() -> None:
    red = dataclasses.replace(MEDIA, colours=(Colour("red", "#f00", 1.0),), colour=("red",))
    links = links_of(
        made("S1", "a.jpg", "b.jpg"), Places([Place("o", "a.jpg", "1"), Place("o", "b.jpg", "2")])
    )
    side = assets_side(links, {"1": asset(media=red), "2": asset(media=red)}, asset(media=red))
    assert (side.count, side.colour, side.status, side.vector) == (2, ("red",), ("unreviewed",), (1.0,))
    assert assets_side((), {}, None) == AssetsSide()
    parent, variant = made("Z", brand="Luma"), made("A", brand="Luma", variant=True)
    both = product_side([(variant, links[0]), (parent, links[0])])
    assert (both.sku, both.brand, both.linked) == (("Z", "A"), ("Luma",), True)
    assert product_side([]) == ProductSide()


@pytest.mark.parametrize(
    ("name", "data", "picture"),
    [
        ("a.jpg", b"<html>", True),
        ("a.pdf", b"\xff\xd8\xff", False),
        ("a", b"\xff\xd8\xff", True),
        ("a", b"%PDF-1.4", False),
        ("a.heic", b"\0\0\0\x18ftypheic", False),
        ("a", b"\0\0\0\x18ftypheic", False),
    ],
)
def test_a_file_is_a_picture_by_its_name_else_by_its_bytes(name: str, data: bytes, picture: bool) -> None:
    assert is_picture(name, data) is picture


@pytest.mark.parametrize(
    ("name", "kind", "mime"),
    [
        ("a.docx", "document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.MOV", "video", "video/quicktime"),
        ("a.wav", "audio", "audio/wav"),
        ("a.zip", "other", "application/zip"),
        ("a.psd", "image", "image/vnd.adobe.photoshop"),
        ("a.unheard", "other", "application/octet-stream"),
    ],
)
def test_other_files_have_a_type(name: str, kind: str, mime: str) -> None:
    found = file_type(name, b"\x01\x02")
    assert (found.type, found.mime, found.format) == (kind, mime, name.rpartition(".")[2].lower())


def test_a_json_sidecar_says_what_people_call_things() -> None:
    said = read_json_sidecar(
        b'\xef\xbb\xbf{"Headline": "T", "tags": "a, b", "expires": "2027-01-31", '
        b'"rights": "c", "x": 1, "alt": null}'
    )
    assert (said.title, said.keywords, said.copyright) == ("T", ("a", "b"), "c")
    assert said.licence_ends == datetime(2027, 1, 31, tzinfo=UTC)
    assert said.warnings == ()


@pytest.mark.parametrize(
    "data",
    [b"{", b"[]", b"\xff\xfe", b'{"title": 3}', b'{"created": "soon"}', b'{"keywords": [1]}', b"[" * 10_000],
)
def test_a_sidecar_that_makes_no_sense_is_a_warning(data: bytes) -> None:
    assert len(read_json_sidecar(data).warnings) == 1


def test_the_sidecar_has_the_later_word() -> None:
    both = merged(
        EmbeddedMetadata(title="in", creator="in", warnings=("w",)),
        EmbeddedMetadata(title="out", warnings=("v",)),
    )
    assert (both.title, both.creator, both.warnings) == ("out", "in", ("w", "v"))
