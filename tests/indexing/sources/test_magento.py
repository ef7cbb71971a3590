"""The export of Magento 2."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from discovery.errors import InputInvalid
from indexers.sources.magento import additional_attributes
from mappings.documents import ImageReference
from tests.indexing.sources.catalogues import read

COLUMNS = (
    "sku", "store_view_code", "attribute_set_code", "product_type", "categories", "name", "description",
    "short_description", "weight", "product_online", "visibility", "price", "special_price", "meta_keywords",
    "base_image", "additional_images", "created_at", "updated_at", "additional_attributes",
    "configurable_variations",
)  # fmt: skip


def export(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "export.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


JACKET = {
    "sku": "J",
    "attribute_set_code": "Top",
    "product_type": "configurable",
    "categories": "Default Category/Women/Tops/Jackets,Default Category/Sale,Default Category",
    "name": "Jacket",
    "description": "<p>Warm &amp; dry</p><ul><li>Hood</li></ul>",
    "product_online": "1",
    "visibility": "Catalog, Search",
    "price": "60",
    "meta_keywords": "jacket, warm",
    "base_image": "/j/a/jacket_main.jpg",
    "additional_images": "/j/a/jacket_back.jpg,/j/a/jacket_alt1.jpg,/j/a/jacket-outfit.jpg,no_selection",
    "created_at": "3/4/19, 10:53 AM",
    "updated_at": "2024-03-01 10:00:00",
    "additional_attributes": (
        "has_options=1,required_options=1,material=Nylon|LumaTech&trade;,new=Yes,ean=4006381333931"
    ),
    "configurable_variations": (
        "sku=J-S-Red,size=S,color=Red|sku=J-M-Blue,size=M,color=Blue|sku=J-GONE,size=L"
    ),
}
RED = {
    "sku": "J-S-Red",
    "product_type": "simple",
    "name": "Jacket-S-Red",
    "product_online": "2",
    "visibility": "Not Visible Individually",
    "weight": "1",
    "price": "60",
    "special_price": "45,5",
    "base_image": "/j/a/jacket-red_main.jpg",
    "additional_attributes": "size=S,color=Red",
}
BLUE = {**RED, "sku": "J-M-Blue", "additional_attributes": "size=M,color=Blue", "base_image": "no_selection"}


def test_a_configurable_product_holds_its_own_row_and_the_union_of_its_variants(tmp_path: Path) -> None:
    records, problems = read(export(tmp_path, RED, BLUE, JACKET), "magento", assets="luma", currency="USD")
    jacket = records["J"]
    assert (jacket.name, jacket.family, jacket.price, jacket.currency) == ("Jacket", "Top", 60, "USD")
    assert (jacket.parent, jacket.variant, jacket.status) == (None, False, "active")
    assert jacket.description == "Warm & dry\n• Hood"
    assert jacket.categories == ("Women/Tops/Jackets", "Sale")
    assert jacket.identifiers == ("4006381333931",)
    assert jacket.created == datetime(2019, 3, 4, 10, 53, tzinfo=UTC)
    assert jacket.modified == datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert jacket.image_source == "luma"
    assert jacket.attributes == {
        "material": ("Nylon", "LumaTech™"),
        "new": ("Yes",),
        "visibility": ("Catalog, Search",),
        "keywords": ("jacket", "warm"),
        "size": ("S", "M"),
        "colour": ("Red", "Blue"),
    }
    assert jacket.images == (
        ImageReference("j/a/jacket_main.jpg", "hero"),
        ImageReference("j/a/jacket_back.jpg", "back"),
        ImageReference("j/a/jacket_alt1.jpg", "alternate"),
        ImageReference("j/a/jacket-outfit.jpg", "lifestyle"),
        ImageReference("j/a/jacket-red_main.jpg", "alternate"),
    )
    assert [(p.key, p.sku, p.field, p.fatal) for p in problems] == [
        ("export.csv:4", "J", "configurable_variations", False)
    ]
    assert "J-GONE" in problems[0].reason


def test_a_variant_knows_its_parent_wherever_that_stands(tmp_path: Path) -> None:
    for order in ((RED, BLUE, JACKET), (JACKET, RED, BLUE)):
        red = read(export(tmp_path, *order), "magento")[0]["J-S-Red"]
        assert (red.parent, red.variant, red.status) == ("J", True, "inactive")
        assert red.attributes == {
            "size": ("S",),
            "colour": ("Red",),
            "visibility": ("Not Visible Individually",),
            "weight": ("1",),
            "special_price": ("45.50",),
        }
    assert read(export(tmp_path, JACKET, BLUE, RED), "magento")[0]["J-M-Blue"].images == ()


def test_a_store_view_repeats_a_product_only_where_it_is_asked_for(tmp_path: Path) -> None:
    german = {"sku": "J", "store_view_code": "de", "name": "Jacke"}
    path = export(tmp_path, JACKET, RED, BLUE, german)
    records, problems = read(path, "magento")
    assert records["J"].name == "Jacket"
    assert [p for p in problems if p.fatal] == []
    assert read(path, "magento", store_view="de")[0]["J"].name == "Jacke"
    assert read(path, "magento", store_view="de")[0]["J"].price == 60


def test_brand_comes_from_an_attribute_or_a_constant(tmp_path: Path) -> None:
    path = export(tmp_path, {**RED, "additional_attributes": "manufacturer=Acme,label=Luma,size=S"})
    assert read(path, "magento")[0]["J-S-Red"].brand == "Acme"
    assert read(path, "magento", brand="label")[0]["J-S-Red"].brand == "Luma"
    assert read(path, "magento", brand="=House")[0]["J-S-Red"].brand == "House"


def test_another_root_category_and_slashes_in_names(tmp_path: Path) -> None:
    path = export(tmp_path, {**RED, "categories": "Shop/Tops \\/ Tees/New,Other/Tops"})
    assert read(path, "magento", root_category="Shop")[0]["J-S-Red"].categories == (
        "Tops \u2215 Tees/New",
        "Other/Tops",
    )


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("size=XS,color=Green", [("size", "XS"), ("color", "Green")]),
        ('finish="matt, oiled",size=S', [("finish", "matt, oiled"), ("size", "S")]),
        ('"finish=matt, oiled",size=S', [("finish", "matt, oiled"), ("size", "S")]),
        ('finish="a ""fine"" one",size=S', [("finish", 'a "fine" one'), ("size", "S")]),
        ("finish=matt, oiled,size=S", [("finish", "matt, oiled"), ("size", "S")]),
        ('width=12",size=S', [("width", '12"'), ("size", "S")]),
        ("formula=a=b,size=", [("formula", "a=b"), ("size", "")]),
        ("", []),
    ],
)
def test_additional_attributes_are_parsed_as_magento_does(text: str, pairs: list[tuple[str, str]]) -> None:
    assert additional_attributes(text) == (pairs, [])


def test_what_is_no_attribute_is_told(tmp_path: Path) -> None:
    records, problems = read(export(tmp_path, {**RED, "additional_attributes": "stray,size=S"}), "magento")
    assert records["J-S-Red"].attributes["size"] == ("S",)
    assert [(p.field, p.fatal) for p in problems] == [("additional_attributes", False)]


def test_bad_values_name_row_and_column_and_the_row_is_kept(tmp_path: Path) -> None:
    path = export(tmp_path, {**RED, "price": "1.299", "created_at": "3/4/2019", "special_price": "-1"})
    records, problems = read(path, "magento")
    assert records["J-S-Red"].price is None
    assert {(p.key, p.field, p.fatal) for p in problems} == {
        ("export.csv:2", field, False) for field in ("price", "created_at", "special_price")
    }
    record = read(path, "magento", locale="en-US")[0]["J-S-Red"]
    assert record.price == pytest.approx(1.299)
    assert record.created == datetime(2019, 3, 4, tzinfo=UTC)


def test_duplicates_and_missing_columns(tmp_path: Path) -> None:
    records, problems = read(export(tmp_path, RED, {**RED, "name": "again"}), "magento")
    assert records["J-S-Red"].name == "Jacket-S-Red"
    assert [(p.key, p.sku, p.fatal) for p in problems] == [("export.csv:3", "J-S-Red", True)]
    (tmp_path / "other.csv").write_text("id,title\n1,x\n")
    with pytest.raises(InputInvalid, match="no column sku, name; the columns are id, title"):
        read(tmp_path / "other.csv", "magento")
    with pytest.raises(InputInvalid, match="unknown option sku; magento sources know"):
        read(tmp_path / "other.csv", "magento", sku="id")
