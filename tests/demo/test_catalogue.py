"""The committed catalogue is what its table and its list of troubles say it is."""

import csv
import io
import json
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from defusedxml import ElementTree
from PIL import Image, ImageOps

from discovery.demo import CATALOGUE
from discovery.demo.render.catalogue import COLUMNS, TOTAL_LIMIT, ean13
from discovery.demo.render.metadata import DISCOVERY_NAMESPACE, NAMESPACES
from discovery.demo.render.words import PLAIN_COLOURS

ASSETS = CATALOGUE / "assets"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
FIELDS = {
    "title": "dc:title",
    "description": "dc:description",
    "keywords": "dc:subject",
    "alt_text": "Iptc4xmpCore:AltTextAccessibility",
    "creator": "dc:creator",
    "rights": "dc:rights",
}
KINDS = {
    "expired_licence",
    "expiring_licence",
    "superseded_in_use",
    "unlinked",
    "product_without_pictures",
    "near_duplicate",
    "low_resolution",
    "missing_metadata",
    "broken_file",
    "lying_file",
    "dead_link",
    "discontinued_in_use",
    "missing_role",
    "colour_conflict",
    "link_conflict",
    "unapproved_in_use",
    "incomplete_product",
}


def _rows() -> list[dict[str, str]]:
    with (CATALOGUE / "products.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


TROUBLES: dict[str, Any] = json.loads((CATALOGUE / "troubles.json").read_text(encoding="utf-8"))
ROWS = {row["sku"]: row for row in _rows()}
FILES = sorted(path.relative_to(ASSETS).as_posix() for path in ASSETS.rglob("*") if path.is_file())
UNREADABLE = {entry["asset"] for kind in ("broken_file", "lying_file") for entry in TROUBLES[kind]}
PICTURES = [path for path in FILES if path not in UNREADABLE]
AS_OF = date.fromisoformat(TROUBLES["as_of"])


def images(sku: str) -> list[str]:
    return [path for path in ROWS[sku]["images"].split("|") if path]


LINKED = {path for sku in ROWS for path in images(sku)}


def picture(path: str) -> Image.Image:
    with Image.open(ASSETS / path) as opened:
        opened.load()
        return opened.convert("RGB")


def said(path: str) -> dict[str, list[str]]:
    """What a picture's XMP says, by field; an absent field is an empty list."""
    with Image.open(ASSETS / path) as opened:
        packet = opened.info.get("xmp")
    found: dict[str, list[str]] = {field: [] for field in FIELDS}
    if packet is None:
        return found | {"licence_end": [], "status": []}
    root = ElementTree.fromstring(packet)
    for field, name in FIELDS.items():
        prefix, local = name.split(":")
        for node in root.iter(f"{{{NAMESPACES[prefix]}}}{local}"):
            found[field] += [item.text or "" for item in node.iter(f"{RDF}li")]
    node = next(root.iter(f"{RDF}Description"))
    for field, attribute in (
        ("licence_end", f"{{{NAMESPACES['plus']}}}LicenseEndDate"),
        ("status", f"{{{DISCOVERY_NAMESPACE}}}status"),
    ):
        value = node.get(attribute)
        found[field] = [value] if value else []
    return found


SAID = {path: said(path) for path in PICTURES}


def likeness(one: Image.Image, other: Image.Image) -> float:
    """Correlation of two pictures as 32 by 32 grey thumbnails."""
    small = [
        np.asarray(image.convert("L").resize((32, 32), Image.Resampling.BOX), dtype=np.float64).ravel()
        for image in (one, other)
    ]
    return float(np.corrcoef(small[0], small[1])[0, 1])


def average_saturated_hue(path: str) -> float:
    """The hue, 0 to 1, that the more colourful pixels of a picture have on average."""
    hsv = np.asarray(picture(path).convert("HSV"), dtype=np.float64) / 255
    strong = hsv[(hsv[..., 1] > 0.35) & (hsv[..., 2] > 0.15)]
    angle = np.angle(np.exp(2j * np.pi * strong[:, 0]).mean())
    return float(angle / (2 * np.pi) % 1)


def test_it_is_large_enough_and_takes_at_most_twelve_megabytes() -> None:
    assert len(PICTURES) >= 240
    assert sum((ASSETS / path).stat().st_size for path in FILES) <= TOTAL_LIMIT


def test_it_has_at_least_sixty_products_in_eight_families() -> None:
    assert len(ROWS) >= 64
    families = Counter(row["family"] for row in ROWS.values())
    assert len(families) == 8
    assert min(families.values()) >= 8


def test_the_table_has_its_columns_and_no_sku_twice() -> None:
    rows = _rows()
    assert tuple(rows[0]) == COLUMNS
    assert len({row["sku"] for row in rows}) == len(rows)


def test_cells_are_filled_but_for_the_listed_ones() -> None:
    listed = {(entry["sku"], field) for entry in TROUBLES["incomplete_product"] for field in entry["missing"]}
    optional = {"parent", "images"}
    empty = {
        (sku, field)
        for sku, row in ROWS.items()
        for field in COLUMNS
        if not row[field] and field not in optional
    }
    assert empty == listed


def test_prices_dates_and_measures_parse() -> None:
    for sku, row in ROWS.items():
        if row["price"]:
            assert float(row["price"]) > 0, sku
        assert date.fromisoformat(row["launched"]) < date(2027, 1, 1), sku
        assert all(float(row[side]) > 0 for side in ("width_cm", "depth_cm", "height_cm")), sku
        assert row["status"] in {"active", "discontinued", "announced"}, sku


def test_gtins_are_unique_for_internal_use_and_have_their_check_digit() -> None:
    codes = [row["ean"] for row in ROWS.values()]
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert re.fullmatch(r"2\d{12}", code)
        assert ean13(code[:12]) == code


def test_the_check_digit_of_a_known_gtin() -> None:
    assert ean13("400638133393") == "4006381333931"


def test_parents_exist_and_have_no_parent() -> None:
    for row in ROWS.values():
        if row["parent"]:
            assert ROWS[row["parent"]]["parent"] == ""
            assert ROWS[row["parent"]]["family"] == row["family"]


def test_every_picture_that_a_product_names_is_there_but_for_the_listed_ones() -> None:
    dead = {entry["path"] for entry in TROUBLES["dead_link"]}
    assert LINKED - set(FILES) == dead


def test_every_product_has_two_to_six_pictures_but_for_the_listed_ones() -> None:
    bare = {entry["sku"] for entry in TROUBLES["product_without_pictures"]}
    assert {sku for sku in ROWS if not images(sku)} == bare
    single = {sku for sku in ROWS if len(images(sku)) == 1}
    assert all(len(images(sku)) <= 6 for sku in ROWS)
    assert not single


@pytest.mark.parametrize("path", PICTURES)
def test_a_picture_decodes_and_is_large_enough(path: str) -> None:
    small = {entry["asset"] for entry in TROUBLES["low_resolution"]}
    small |= {
        entry["asset"] for entry in TROUBLES["near_duplicate"] if entry["kind"] in {"resized", "cropped"}
    }
    image = picture(path)
    assert path in small or max(image.size) >= 640
    assert np.asarray(image).std() > 4


def test_pictures_say_what_they_show_but_for_the_listed_ones() -> None:
    listed = {entry["asset"]: set(entry["missing"]) for entry in TROUBLES["missing_metadata"]}
    copies = {entry["asset"]: {"alt_text"} for entry in TROUBLES["near_duplicate"]}
    for path, facts in SAID.items():
        missing = {field for field in FIELDS if not facts[field]}
        assert missing == listed.get(path, copies.get(path, set())), path


def test_keywords_and_texts_are_rich_enough_to_be_searched() -> None:
    words = {word for facts in SAID.values() for word in facts["keywords"]}
    assert len(words) >= 200
    titles = Counter(facts["title"][0] for facts in SAID.values() if facts["title"])
    assert len(titles) >= 230
    assert all(len(facts["description"][0]) > 60 for facts in SAID.values() if facts["description"])


def test_troubles_are_of_the_documented_kinds_and_none_is_empty() -> None:
    assert set(TROUBLES) - {"as_of", "soon_days"} == KINDS
    assert all(TROUBLES[kind] for kind in KINDS)


def test_troubles_name_only_what_exists() -> None:
    for kind in KINDS:
        for entry in TROUBLES[kind]:
            for field in ("asset", "newer", "original"):
                assert entry.get(field, FILES[0]) in FILES, (kind, entry)
            for field in ("sku", "shows", "belongs_to"):
                if kind != "colour_conflict":
                    assert entry.get(field, "MG-101") in ROWS, (kind, entry)
            assert set(entry.get("assets", [])) <= set(FILES), (kind, entry)


def test_licences_end_when_the_list_says() -> None:
    soon = AS_OF + timedelta(days=TROUBLES["soon_days"])
    ends = {
        path: date.fromisoformat(facts["licence_end"][0])
        for path, facts in SAID.items()
        if facts["licence_end"]
    }
    copies = {entry["asset"] for entry in TROUBLES["near_duplicate"]}
    ends = {path: end for path, end in ends.items() if path not in copies}
    expired = {
        entry["asset"]: date.fromisoformat(entry["licence_end"]) for entry in TROUBLES["expired_licence"]
    }
    expiring = {
        entry["asset"]: date.fromisoformat(entry["licence_end"]) for entry in TROUBLES["expiring_licence"]
    }
    assert {path: end for path, end in ends.items() if end < AS_OF} == expired
    assert {path: end for path, end in ends.items() if AS_OF <= end <= soon} == expiring
    assert any(end > soon for end in ends.values())
    assert all(end < date(2026, 1, 1) for end in expired.values())
    assert {
        entry["asset"] for kind in ("expired_licence", "expiring_licence") for entry in TROUBLES[kind]
    } <= LINKED


def test_superseded_versions_are_linked_and_their_successors_are_not() -> None:
    for entry in TROUBLES["superseded_in_use"]:
        assert entry["asset"] in images(entry["sku"])
        assert entry["newer"] not in LINKED
        assert entry["asset"].replace("_v1.", "_v2.") == entry["newer"]
        assert likeness(picture(entry["asset"]), picture(entry["newer"])) > 0.97


def test_unlinked_pictures_are_named_by_no_product_and_by_no_sku() -> None:
    for entry in TROUBLES["unlinked"]:
        assert entry["asset"] not in LINKED
        assert entry["shows"].lower() not in entry["asset"].lower()


def test_pictures_that_no_product_names_are_all_listed() -> None:
    listed = {
        entry["asset"] for kind in ("unlinked", "near_duplicate", "lying_file") for entry in TROUBLES[kind]
    }
    listed |= {entry["newer"] for entry in TROUBLES["superseded_in_use"]}
    assert set(FILES) - LINKED == listed


@pytest.mark.parametrize("entry", TROUBLES["near_duplicate"], ids=lambda entry: str(entry["asset"]))
def test_a_near_duplicate_shows_the_same_as_its_original(entry: dict[str, Any]) -> None:
    original, copy = picture(entry["original"]), picture(entry["asset"])
    assert (ASSETS / entry["original"]).read_bytes() != (ASSETS / entry["asset"]).read_bytes()
    if entry["kind"] == "mirrored":
        assert likeness(original, copy) < 0.95
        original = ImageOps.mirror(original)
    elif entry["kind"] == "cropped":
        left, top, right, bottom = entry["box"]
        width, height = original.size
        original = original.crop(
            (int(left * width), int(top * height), int(right * width), int(bottom * height))
        )
    elif entry["kind"] == "resized":
        assert max(copy.size) < max(original.size)
    assert likeness(original, copy) > 0.98


def test_low_resolution_pictures_are_as_small_as_listed() -> None:
    for entry in TROUBLES["low_resolution"]:
        assert picture(entry["asset"]).size == (entry["width"], entry["height"])
        assert max(entry["width"], entry["height"]) < entry["least_long_edge"]


def test_the_broken_file_begins_as_a_jpeg_and_does_not_decode() -> None:
    for entry in TROUBLES["broken_file"]:
        data = (ASSETS / entry["asset"]).read_bytes()
        assert data.startswith(b"\xff\xd8")
        with Image.open(io.BytesIO(data)) as opened, pytest.raises(OSError, match="truncated"):
            opened.load()
        assert entry["asset"] in images(entry["sku"])


def test_the_lying_file_is_a_web_page() -> None:
    for entry in TROUBLES["lying_file"]:
        assert Path(entry["asset"]).suffix == ".jpg"
        assert (ASSETS / entry["asset"]).read_bytes().startswith(b"<!doctype html>")


def test_discontinued_products_still_have_pictures() -> None:
    for entry in TROUBLES["discontinued_in_use"]:
        assert ROWS[entry["sku"]]["status"] == "discontinued"
        assert entry["assets"]
        assert set(entry["assets"]) <= set(images(entry["sku"]))


def test_missing_roles_are_missing() -> None:
    listed = {entry["sku"] for entry in TROUBLES["missing_role"]}
    assert all("front" in entry["missing"] for entry in TROUBLES["missing_role"])
    fronts = {sku for sku in ROWS if any("_front" in path for path in images(sku))}
    assert {sku for sku in ROWS if images(sku)} - fronts == listed


def test_colour_conflicts_contradict_name_and_pixels() -> None:
    for entry in TROUBLES["colour_conflict"]:
        assert ROWS[entry["sku"]]["colour"] == entry["says"] != entry["shows"]
        assert not set(PLAIN_COLOURS[entry["says"]]) & set(PLAIN_COLOURS[entry["shows"]])
        named = [path for path in entry["assets"] if entry["shows"].lower().replace(" ", "-") in path]
        assert named
        # Both products are shown in reds and pinks, on white.
        hue = average_saturated_hue(next(path for path in named if "lifestyle" not in path))
        assert hue < 0.12 or hue > 0.9


def test_link_conflicts_show_another_product() -> None:
    for entry in TROUBLES["link_conflict"]:
        assert entry["asset"] in images(entry["sku"])
        assert entry["asset"] in images(entry["belongs_to"])
        assert entry["belongs_to"].lower() in entry["asset"]


def test_unapproved_pictures_say_so_and_are_linked() -> None:
    listed = {entry["asset"]: entry["status"] for entry in TROUBLES["unapproved_in_use"]}
    assert {
        path: facts["status"][0] for path, facts in SAID.items() if facts["status"] not in ([], ["approved"])
    } == listed
    for entry in TROUBLES["unapproved_in_use"]:
        assert entry["asset"] in images(entry["sku"])


def test_some_linked_pictures_do_not_carry_their_sku() -> None:
    named = {path for sku in ROWS for path in images(sku) if sku.lower() in path.lower()}
    assert len(LINKED - named) >= 10
    assert len(named) >= 180
