"""The page on catalogues: every option is on it, and its snippets work as they stand."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from discovery.config import Settings, load
from indexers.records import AssetRecord, Problem, ProductRecord
from indexers.sources.bucket import S3_OPTIONS
from indexers.sources.magento import MAGENTO_OPTIONS
from indexers.sources.protocol import COMMON_OPTIONS, open_asset_source, open_product_source
from indexers.sources.table import TABLE_OPTIONS
from mappings.documents import ImageReference
from tests.indexing.sources.test_table import text

PAGE = Path(__file__).parents[3] / "docs" / "catalogues.md"


def settings_of(heading: str, folder: Path, data: Path) -> Settings:
    """Load every snippet of one section, with ``/data`` where the data lie."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}", 1)[1].split("\n## ", 1)[0]
    snippets = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    assert snippets
    file = folder / "config.toml"
    file.write_text("\n".join(snippets).replace("/data/", f"{data}/"), encoding="utf-8")
    return load(file, {})


def products(settings: Settings, name: str) -> tuple[dict[str, ProductRecord], list[Problem]]:
    (source,) = [s for s in settings.sources.products if s.name == name]
    items = list(open_product_source(source).items())
    records = {item.sku: item for item in items if isinstance(item, ProductRecord)}
    return records, [item for item in items if isinstance(item, Problem)]


def assets(settings: Settings, name: str) -> dict[str, AssetRecord]:
    (source,) = [s for s in settings.sources.assets if s.name == name]
    items = list(open_asset_source(source, 200_000_000).items())
    assert [item for item in items if isinstance(item, Problem)] == []
    return {item.key: item for item in items if isinstance(item, AssetRecord)}


def named_pictures(records: dict[str, ProductRecord]) -> set[str]:
    return {image.path for record in records.values() for image in record.images}


def test_every_option_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in {*TABLE_OPTIONS, *MAGENTO_OPTIONS, *S3_OPTIONS, *COMMON_OPTIONS}:
        assert f"`{name}`" in page, name


@pytest.mark.realdata
def test_luma_has_75_products_937_variants_and_every_picture_they_name(tmp_path: Path, data: Path) -> None:
    settings = settings_of("Luma", tmp_path, data)
    records, problems = products(settings, "luma")
    assert problems == []
    assert Counter(record.variant for record in records.values()) == {True: 937, False: 75}
    assert {record.parent for record in records.values() if record.variant} == {
        record.sku for record in records.values() if not record.variant
    }
    assert Counter(record.family for record in records.values()) == {"Top": 784, "Bottom": 228}
    assert {record.status for record in records.values()} == {"active"}
    assert {(record.brand, record.currency) for record in records.values()} == {("Luma", "USD")}
    assert all(record.price for record in records.values())
    pictures = assets(settings, "luma")
    assert len(pictures) == 439
    assert len(named_pictures(records)) == 349
    assert named_pictures(records) <= set(pictures)
    assert pictures["w/j/wj05-brown_main.jpg"].categories == ()


@pytest.mark.realdata
def test_a_jacket_of_luma_is_found_by_its_variants_colours(tmp_path: Path, data: Path) -> None:
    records, _ = products(settings_of("Luma", tmp_path, data), "luma")
    hoodie = records["WH01"]
    assert hoodie.name == "Mona Pullover Hoodlie"
    assert hoodie.attributes["colour"] == ("Green", "Orange", "Purple")
    assert hoodie.attributes["size"] == ("XS", "S", "M", "L", "XL")
    assert hoodie.categories == (
        "Women/Tops/Hoodies & Sweatshirts",
        "Collections/New Luma Yoga Collection",
        "Collections/Erin Recommends",
    )
    assert hoodie.images[:3] == (
        ImageReference("w/h/wh01-green_main.jpg", "hero"),
        ImageReference("w/h/wh01-green_alt1.jpg", "alternate"),
        ImageReference("w/h/wh01-green_back.jpg", "back"),
    )
    assert ImageReference("w/h/wh01-purple_main.jpg", "alternate") in hoodie.images
    assert hoodie.description is not None
    assert "<" not in hoodie.description
    assert "&" not in hoodie.description
    assert records["WJ05"].attributes["material"] == ("Wool", "LumaTech™", "Lycra®")
    assert "has_options" not in records["WJ05"].attributes
    variant = records["WH01-XS-Purple"]
    assert (variant.parent, variant.attributes["colour"]) == ("WH01", ("Purple",))


@pytest.mark.realdata
def test_luma_gear_is_five_tables_with_pictures_of_their_own(tmp_path: Path, data: Path) -> None:
    settings = settings_of("Luma", tmp_path, data)
    records, problems = products(settings, "luma-gear")
    assert problems == []
    assert len(records) == 44
    bag = records["24-MB01"]
    assert (bag.name, bag.family, bag.price, bag.currency) == ("Joust Duffle Bag", "Bag", 34, "USD")
    assert bag.categories == ("Gear", "Bags")
    assert bag.attributes["features_bags"] == ("Waterproof", "TSA Approved", "Lockable")
    assert "qty" not in bag.attributes
    assert bag.image_source == "luma"
    assert named_pictures(records) <= set(assets(settings, "luma"))
    assert records["24-UG07"].images == (
        ImageReference("u/g/ug07-bk-0.jpg", "hero"),
        ImageReference("u/g/ug07-bk-0_alt1.jpg", "alternate"),
    )


@pytest.mark.realdata
def test_fashion_has_4000_products_with_one_picture_each(tmp_path: Path, data: Path) -> None:
    settings = settings_of("Fashion", tmp_path, data)
    records, problems = products(settings, "fashion")
    assert problems == []
    assert len(records) == 4000
    skirt = records["10002"]
    assert skirt.name == "Palm Tree Kids Sp Jema Skt Blue Skirts"
    assert skirt.family == "Skirts"
    assert skirt.categories == ("Apparel/Bottomwear/Skirts",)
    assert skirt.images == (ImageReference("10002.jpg", "hero"),)
    assert skirt.attributes["colour"] == ("Blue",)
    assert skirt.attributes["articletype"] == ("Skirts",)
    assert skirt.attributes["gender"] == ("Women",)
    pictures = assets(settings, "fashion")
    assert named_pictures(records) == set(pictures)
    assert {picture.categories for picture in pictures.values()} == {()}


@pytest.mark.realdata
def test_gadgets_has_54_products_32_variants_and_two_rows_of_a_sku_it_already_has(
    tmp_path: Path, data: Path
) -> None:
    settings = settings_of("Gadgets", tmp_path, data)
    records, problems = products(settings, "gadgets")
    assert Counter(record.variant for record in records.values()) == {False: 54, True: 32}
    assert [(p.key, p.field, p.sku, p.fatal) for p in problems] == [
        ("products.csv:88", "sku", "404.038.96", True),
        ("products.csv:89", "sku", "404.038.96", True),
    ]
    laptop = records["L2201308"]
    assert (laptop.name, laptop.brand, laptop.price) == ("Laptop", "Apple", 1299)
    assert laptop.categories == ("Electronics", "Computers")
    assert laptop.attributes == {"screen_size": ("13 inch", "15 inch"), "ram": ("8GB", "16GB")}
    variant = records["L2201516"]
    assert (variant.parent, variant.name, variant.price) == ("L2201308", "Laptop", 2299)
    assert variant.attributes == {"screen_size": ("15 inch",), "ram": ("16GB",)}
    shoe = records["RS0040"]
    assert shoe.attributes["colour"] == ("blue", "pink")
    assert shoe.attributes["size"] == ("Size 40", "Size 42", "Size 44", "Size 46")
    pictures = assets(settings, "gadgets")
    assert len(pictures) == 54
    assert named_pictures(records) == set(pictures)


def test_the_demo_table_needs_no_mapping(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    text(
        tmp_path / "demo",
        "sku,parent,ean,name,description,family,category,brand,price,currency,colour,material,height_cm,"
        "width_cm,season,status,launched,images\n"
        "MUG-1,,4006381333931,Mug,A mug.,Mug,Tableware/Mugs,Tidewater,18.50,EUR,Blue,Stoneware,9.5,8,"
        "Autumn,active,2024-03-01,mug/mug-1_detail.webp|mug/mug-1_front.webp\n"
        "MUG-1-R,MUG-1,,Red mug,,Mug,Tableware/Mugs,,18.50,EUR,Red,Stoneware,9.5,8,Autumn,active,,\n",
        "products.csv",
    )
    records, problems = products(settings_of("The demo", tmp_path, tmp_path), "demo")
    assert problems == []
    mug = records["MUG-1"]
    assert (mug.family, mug.categories, mug.status) == ("Mug", ("Tableware/Mugs",), "active")
    assert mug.identifiers == ("4006381333931",)
    assert mug.created is not None
    assert mug.attributes == {
        "colour": ("Blue", "Red"),
        "material": ("Stoneware",),
        "height_cm": ("9.5",),
        "width_cm": ("8",),
        "season": ("Autumn",),
    }
    assert [(i.path, i.role) for i in mug.images] == [
        ("mug/mug-1_detail.webp", "detail"),
        ("mug/mug-1_front.webp", "hero"),
    ]
    assert records["MUG-1-R"].parent == "MUG-1"
