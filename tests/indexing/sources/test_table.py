"""Product tables: what a column means, and what becomes of rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from discovery.config import ProductSourceSettings
from discovery.errors import InputInvalid, SourceUnavailable
from indexers.records import ProductRecord
from indexers.sources.protocol import open_product_source
from mappings.documents import ImageReference
from tests.indexing.sources.catalogues import FORMATS, read, write_table

LAMPS = [
    [
        "SKU", "Product Name", "brand", "price", "currency", "Base Colour", "images", "ean", "launched",
        "category",
    ],
    [
        "L1", "Desk lamp", "Lumo", "12.50", "EUR", "Red|Green", "l1_back.jpg|l1.jpg", "4006381333931",
        "2024-03-01", "Lamps/Desk",
    ],
    ["L2", "Floor lamp", "Lumo", "", "", "", "", "", "", ""],
]  # fmt: skip


def text(folder: Path, content: str | bytes, name: str = "shop.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_gives_the_same_records_by_obvious_names(tmp_path: Path, format: str) -> None:
    records, problems = read(write_table(tmp_path, format, LAMPS))
    assert problems == []
    lamp = records["L1"]
    assert (lamp.name, lamp.brand, lamp.price, lamp.currency) == ("Desk lamp", "Lumo", 12.5, "EUR")
    assert lamp.attributes == {"colour": ("Red", "Green")}
    assert lamp.images == (ImageReference("l1_back.jpg", "back"), ImageReference("l1.jpg", "hero"))
    assert lamp.identifiers == ("4006381333931",)
    assert lamp.created == datetime(2024, 3, 1, tzinfo=UTC)
    assert lamp.categories == ("Lamps/Desk",)
    assert (lamp.parent, lamp.variant, lamp.source) == (None, False, "shop")
    assert records["L2"].price is None
    assert records["L2"].attributes == {}
    assert read(write_table(tmp_path, "csv", LAMPS))[0]["L1"].version == lamp.version


@pytest.mark.parametrize("format", FORMATS)
def test_rows_are_numbered_as_a_spreadsheet_or_editor_shows_them(tmp_path: Path, format: str) -> None:
    rows = [["sku", "name", "price"], ["A", "a", "1"], ["B", "b", "many"], ["A", "again", "1"]]
    records, problems = read(write_table(tmp_path, format, rows))
    assert set(records) == {"A", "B"}
    first = 2 if format not in ("jsonl", "json") else 1
    assert [(p.key.rpartition(":")[2], p.field, p.fatal) for p in problems] == [
        (str(first + 1), "price", False),
        (str(first + 2), "sku", True),
    ]


@pytest.mark.parametrize("format", FORMATS)
def test_a_missing_required_column_is_named_with_those_that_are_there(tmp_path: Path, format: str) -> None:
    rows = [["code", "label"], ["A", "a"]]
    with pytest.raises(InputInvalid, match=r"sku.*name.*code, label") as caught:
        read(write_table(tmp_path, format, rows))
    assert {p.field for p in caught.value.problems} == {"options.sku", "options.name"}


def test_the_options_of_the_contract_work_as_they_stand(tmp_path: Path) -> None:
    path = text(tmp_path, "id,productDisplayName,baseColour,season\n10002,Skirt,Blue,Summer\n")
    records, problems = read(
        path, sku="id", name="productDisplayName", images="images/{id}.jpg", attributes="*", assets="pictures"
    )
    assert problems == []
    assert records["10002"].images == (ImageReference("images/10002.jpg", "hero"),)
    assert records["10002"].image_source == "pictures"
    assert records["10002"].attributes == {"colour": ("Blue",), "season": ("Summer",)}


def test_columns_patterns_constants_and_lists_fill_fields(tmp_path: Path) -> None:
    path = text(
        tmp_path,
        "no,label,main,sub,gtin,mpn,pic1,pic2\nA,a,Home,Lamps,12,X9,one.jpg,two.jpg\nB,b,Home,,,,,two.jpg\n",
    )
    records, problems = read(
        path,
        sku="no",
        name="label",
        brand="=Lumo",
        currency="=EUR",
        category="{main}/{sub}",
        identifiers="gtin,mpn",
        images="pics/{pic1},pics/{pic2}",
        attributes="type=sub",
    )
    assert problems == []
    assert records["A"].brand == "Lumo"
    assert records["A"].categories == ("Home/Lamps",)
    assert records["B"].categories == ("Home",)
    assert records["A"].identifiers == ("12", "X9")
    assert [i.path for i in records["A"].images] == ["pics/one.jpg", "pics/two.jpg"]
    assert [i.path for i in records["B"].images] == ["pics/two.jpg"]
    assert records["A"].attributes == {"type": ("Lamps",)}


def test_attributes_are_chosen_renamed_and_left_out(tmp_path: Path) -> None:
    path = text(tmp_path, "sku,name,baseColour,material,stock,Größe,цвет\nA,a,Red,Wool,7,L,синий\n")
    everything, problems = read(path, attributes="*, -stock, shade=baseColour, colour=цвет")
    assert problems == []
    assert everything["A"].attributes == {
        "shade": ("Red",),
        "material": ("Wool",),
        "gr_e": ("L",),
        "colour": ("синий",),
    }
    assert read(path, attributes="")[0]["A"].attributes == {}
    assert read(path, attributes="material")[0]["A"].attributes == {"material": ("Wool",)}
    _, problems = read(path)
    assert [(p.field, p.fatal, p.key) for p in problems] == [("цвет", False, "shop.csv")]


def test_unknown_columns_and_options_are_named_all_at_once(tmp_path: Path) -> None:
    path = text(tmp_path, "sku,name\nA,a\n")
    with pytest.raises(InputInvalid, match=r"pricce.*'gone'.*sku, name") as caught:
        read(path, price="pricce", images="x/{gone}.jpg", facets="f", pairs="a=b,c")
    assert {p.field for p in caught.value.problems} == {
        "options.price", "options.images", "options.facets", "options.pairs",
    }  # fmt: skip
    with pytest.raises(InputInvalid, match="unknown option colour, nmae; table sources know"):
        read(path, nmae="name", colour="x")


@pytest.mark.parametrize(
    ("option", "value"),
    [("encoding", "klingon"), ("delimiter", "::"), ("header", "0"), ("locale", "tlh"), ("separator", "")],
)
def test_an_option_that_cannot_be_used_is_named(tmp_path: Path, option: str, value: str) -> None:
    with pytest.raises(InputInvalid, match=option):
        read(text(tmp_path, "sku,name\nA,a\n"), **{option: value})


def test_padded_cells_and_quotes_after_spaces_are_trimmed(tmp_path: Path) -> None:
    path = text(tmp_path, 'sku  , name  ,price\n A  ,  "Lamp, large"   , 12.50 \n')
    records, problems = read(path)
    assert problems == []
    assert (records["A"].name, records["A"].price) == ("Lamp, large", 12.5)


def test_rows_that_continue_a_product_become_its_variants_or_join_it(tmp_path: Path) -> None:
    path = text(
        tmp_path,
        "name,sku,brand,price,images,size,options,values\n"
        "Shoe,S40,Runner,99,shoe.jpg,40,colour|sole,red|soft\n"
        ",S42,,109,s42.jpg,42,,blue|hard\n"
        ",,,,shoe_back.jpg,,,\n"
        "Boot,B1,Walker,120,,,,\n"
        ",B2,,,,44,,\n",
    )
    records, problems = read(path, continue_="true", pairs="options=values")
    assert problems == []
    assert (records["S42"].parent, records["S42"].variant) == ("S40", True)
    assert (records["S42"].name, records["S42"].brand, records["S42"].price) == ("Shoe", "Runner", 109)
    assert records["S42"].attributes == {"size": ("42",), "colour": ("blue",), "sole": ("hard",)}
    assert [i.path for i in records["S42"].images] == ["s42.jpg", "shoe_back.jpg"]
    assert records["S40"].variant is False
    assert records["S40"].attributes["colour"] == ("red", "blue")
    assert [(i.path, i.role) for i in records["S40"].images] == [
        ("shoe.jpg", "hero"), ("s42.jpg", "alternate"), ("shoe_back.jpg", "alternate"),
    ]  # fmt: skip
    assert (records["B2"].parent, records["B2"].price, records["B2"].brand) == ("B1", 120, "Walker")


def test_rows_continue_by_a_key_that_is_repeated(tmp_path: Path) -> None:
    path = text(
        tmp_path,
        "Handle,Title,Variant SKU,Vendor,Image Src\n"
        "shoe,Shoe,S40,Runner,a.jpg\n"
        "shoe,,S42,,b.jpg\n"
        "shoe,,,,c.jpg\n"
        "boot,Boot,B1,W,\n",
    )
    records, problems = read(path, continue_="Handle", sku="Variant SKU", images="Image Src", attributes="")
    assert problems == []
    assert {sku: record.parent for sku, record in records.items()} == {"S40": None, "S42": "S40", "B1": None}
    assert records["S42"].name == "Shoe"


def test_rows_that_continue_a_broken_row_are_not_given_to_another_product(tmp_path: Path) -> None:
    path = text(tmp_path, b"name,sku,size\nGood,G1,1\nBad\xff,B1,1\n,B2,2\nNext,N1,1\n")
    records, problems = read(path, continue_="name")
    assert set(records) == {"G1", "N1"}
    assert [(p.key, p.sku, p.fatal) for p in problems] == [
        ("shop.csv:3", "B1", True), ("shop.csv:4", "B2", True),
    ]  # fmt: skip


def test_a_parent_gains_the_attributes_and_pictures_of_its_variants(tmp_path: Path) -> None:
    path = text(
        tmp_path,
        "sku,parent,name,colour,images\n"
        "R,J,Jacket red,Red,red.jpg\n"
        "J,,Jacket,,j.jpg\n"
        "P,J,Jacket purple,Purple,purple.jpg|j.jpg\n"
        "X,GONE,Orphan,,\n"
        "S,S,Own parent,,\n",
    )
    records, problems = read(path)
    assert records["J"].attributes == {"colour": ("Red", "Purple")}
    assert [(i.path, i.role) for i in records["J"].images] == [
        ("j.jpg", "hero"), ("red.jpg", "alternate"), ("purple.jpg", "alternate"),
    ]  # fmt: skip
    assert (records["R"].parent, records["R"].variant) == ("J", True)
    assert (records["S"].parent, records["S"].variant) == (None, False)
    assert [(p.key, p.field, p.sku, p.fatal) for p in problems] == [("shop.csv:5", "parent", "X", False)]


def test_facet_cells_fill_category_brand_and_attributes(tmp_path: Path) -> None:
    path = text(
        tmp_path, "sku,name,facets\nA,a,category:Home|category:Lamps|brand:Lumo|plant type:Indoor|odd\n"
    )
    records, problems = read(path, facets="facets")
    assert records["A"].categories == ("Home", "Lamps")
    assert records["A"].brand == "Lumo"
    assert records["A"].attributes == {"plant_type": ("Indoor",)}
    assert [(p.field, p.fatal) for p in problems] == [("facets", False)]


def test_pairs_that_do_not_fit_are_told(tmp_path: Path) -> None:
    records, problems = read(text(tmp_path, "sku,name,n,v\nA,a,size|colour,40\n"), pairs="n=v")
    assert records["A"].attributes == {}
    assert [(p.field, p.fatal) for p in problems] == [("v", False)]


def test_json_lines_hold_nested_values_lists_and_real_numbers(tmp_path: Path) -> None:
    lines = [
        {"sku": 7, "name": "Lamp", "brand": {"name": "Lumo"}, "price": 1.299,
         "attributes": {"Colour": ["Red", "Blue"]}, "images": [{"url": "a.jpg"}, {"url": "b.jpg"}],
         "active": True, "gone": None},
        {"sku": "8", "name": "A|B", "price": 1299},
    ]  # fmt: skip
    path = text(tmp_path, "\n".join(map(json.dumps, lines)), "shop.jsonl")
    records, problems = read(path)
    assert problems == []
    lamp = records["7"]
    assert (lamp.brand, lamp.price) == ("Lumo", 1.299)
    assert lamp.attributes == {"colour": ("Red", "Blue"), "active": ("true",)}
    assert [i.path for i in lamp.images] == ["a.jpg", "b.jpg"]
    assert (records["8"].name, records["8"].price) == ("A|B", 1299)


def test_descriptions_become_plain_text_and_entities_characters(tmp_path: Path) -> None:
    path = text(
        tmp_path,
        "sku,name,description,material,brand\n"
        'A,R&amp;D lamp,"<p>Warm<br>light</p><ul><li>One</li><li>Two</li></ul>",Lycra&reg;|Wool,L&amp;M\n',
    )
    record = read(path)[0]["A"]
    assert record.name == "R&D lamp"
    assert record.description == "Warm\nlight\n• One\n• Two"
    assert record.attributes == {"material": ("Lycra®", "Wool")}
    assert record.brand == "L&M"


def test_the_version_follows_content_not_place(tmp_path: Path) -> None:
    first = read(text(tmp_path, "sku,name,colour\nA,a,Red\nB,b,Blue\n"))[0]
    moved = read(text(tmp_path, "sku,name,colour\nB,b,Blue\nA,a,Red\n"))[0]
    changed = read(text(tmp_path, "sku,name,colour\nA,a,Green\nB,b,Blue\n"))[0]
    assert moved["A"].version == first["A"].version
    assert changed["A"].version != first["A"].version
    assert changed["B"].version == first["B"].version


def test_a_folder_of_tables_is_one_catalogue(tmp_path: Path) -> None:
    text(tmp_path, "sku,name\nA,a\n", "one.csv")
    text(tmp_path, "sku;name\nB;b\nA;again\n", "two.csv")
    text(tmp_path, "not a table", "readme.md")
    records, problems = read(tmp_path)
    assert set(records) == {"A", "B"}
    assert [(p.key, p.sku) for p in problems] == [("two.csv:3", "A")]
    assert set(read(tmp_path / "t*.csv")[0]) == {"B", "A"}


def test_one_file_of_several_that_fails_is_told_and_the_others_come_first(tmp_path: Path) -> None:
    text(tmp_path, "code\nA\n", "a.csv")
    text(tmp_path, "sku,name\nB,b\n", "b.csv")
    source = open_product_source(ProductSourceSettings(name="shop", path=str(tmp_path), format="table"))
    items = source.items()
    seen = [next(items), next(items)]
    with pytest.raises(SourceUnavailable, match=r"1 of 2 files could not be read: a\.csv"):
        next(items)
    assert [i.sku for i in seen if isinstance(i, ProductRecord)] == ["B"]
    assert [i.key for i in seen if not isinstance(i, ProductRecord)] == ["a.csv"]


def test_a_table_of_pictures_beside_the_catalogue_is_joined_by_sku(tmp_path: Path) -> None:
    text(tmp_path, "sku,name\nA,a\nB,b\n", "products.csv")
    text(tmp_path, "sku,image\nA,/m/a.jpg\nA,/m/a_alt1.jpg\nC,/m/c.jpg\n", "images_all.csv")
    records, problems = read(tmp_path, images_table="images_*.csv")
    assert [(i.path, i.role) for i in records["A"].images] == [
        ("m/a.jpg", "hero"),
        ("m/a_alt1.jpg", "alternate"),
    ]
    assert records["B"].images == ()
    assert [(p.key, p.fatal) for p in problems] == [("images_all.csv:4", False)]


def test_nothing_at_the_path_is_unavailable(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.csv", tmp_path / "*.csv", tmp_path):
        with pytest.raises(SourceUnavailable):
            read(path)
    with pytest.raises(InputInvalid, match="path"):
        read("s3://bucket/products.csv")
    with pytest.raises(InputInvalid, match="format"):
        read(tmp_path, format="akeneo")
