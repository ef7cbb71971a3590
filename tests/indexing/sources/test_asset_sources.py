"""What every assets source promises, whatever lies behind it."""

from __future__ import annotations

import pytest

from discovery.errors import ImageUnreadable, InputInvalid, SourceUnavailable
from tests.indexing.sources.places import Place, listed, source_at


def test_every_file_is_an_asset_with_its_path_as_key_in_order(place: Place) -> None:
    for key in ("mugs/red.jpg", "a.jpg", "mugs/blue/front.jpg", "zebra.pdf"):
        place.put(key, key.encode())
    records, problems = listed(source_at(place))
    assert list(records) == ["a.jpg", "mugs/blue/front.jpg", "mugs/red.jpg", "zebra.pdf"]
    assert problems == []
    for key, record in records.items():
        assert record.source == "studio"
        assert record.read() == key.encode()
        assert record.size == len(key)
        assert record.uri.endswith(f"/{key}")
        assert record.modified is not None
        assert record.modified.tzinfo is not None
        assert record.sidecar() is None


def test_folders_are_categories_but_for_those_that_only_spread(place: Place) -> None:
    for key in ("w/j/wj01.jpg", "mugs/red/front.jpg", "top.jpg", "a/lamps/x.jpg", f"shop/{'0af3' * 5}/x.jpg"):
        place.put(key, b"x")
    records, _ = listed(source_at(place))
    assert {key: record.categories for key, record in records.items()} == {
        "w/j/wj01.jpg": (),
        "mugs/red/front.jpg": ("mugs/red",),
        "top.jpg": (),
        "a/lamps/x.jpg": ("lamps",),
        f"shop/{'0af3' * 5}/x.jpg": ("shop",),
    }


def test_named_groups_of_a_pattern_become_categories(place: Place) -> None:
    place.put("2024/mugs/red.jpg", b"x")
    place.put("loose.jpg", b"x")
    records, _ = listed(source_at(place, categories=r"^(?P<year>\d{4})/(?P<family>[^/]+)/"))
    assert records["2024/mugs/red.jpg"].categories == ("2024", "mugs")
    assert records["loose.jpg"].categories == ()


def test_include_and_exclude_choose_files(place: Place) -> None:
    for key in ("a.JPG", "b.png", "raw/c.jpg", "deep/raw/d.jpg", "deep/e.jpg", "draft_f.jpg"):
        place.put(key, b"x")
    records, _ = listed(source_at(place, include=("*.jpg",), exclude=("raw", "draft_*")))
    assert set(records) == {"a.JPG", "deep/e.jpg"}
    records, _ = listed(source_at(place, options={"include": "deep/**/*.jpg, *.png", "exclude": "deep/raw/"}))
    assert set(records) == {"b.png", "deep/e.jpg"}


def test_hidden_files_and_leftovers_of_systems_are_passed_over(place: Place) -> None:
    for key in (".DS_Store", ".thumbs/a.jpg", "mugs/.hidden.jpg", "Thumbs.db", "__MACOSX/a.jpg", "seen.jpg"):
        place.put(key, b"x")
    records, problems = listed(source_at(place))
    assert (set(records), problems) == ({"seen.jpg"}, [])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("mug.xmp", "xmp"),
        ("mug.jpg.xmp", "xmp"),
        ("mug.json", "json"),
        ("mug.jpg.json", "json"),
        ("mug.XMP", "xmp"),
    ],
)
def test_a_sidecar_attaches_to_its_file_and_is_no_asset(place: Place, name: str, kind: str) -> None:
    place.put("shop/mug.jpg", b"picture")
    place.put("shop/mug-2.jpg", b"another")
    place.put(f"shop/{name}", b"about the mug")
    records, problems = listed(source_at(place))
    assert (set(records), problems) == ({"shop/mug.jpg", "shop/mug-2.jpg"}, [])
    assert records["shop/mug.jpg"].sidecar() == (b"about the mug", kind)
    assert records["shop/mug-2.jpg"].sidecar() is None


def test_the_sidecar_that_names_the_whole_file_goes_first_and_xmp_before_json(place: Place) -> None:
    place.put("mug.jpg", b"")
    place.put("mug.tif", b"")
    for name in ("mug.xmp", "mug.jpg.xmp", "mug.jpg.json", "mug.json"):
        place.put(name, name.encode())
    records, _ = listed(source_at(place))
    assert records["mug.jpg"].sidecar() == (b"mug.jpg.xmp", "xmp")
    assert records["mug.tif"].sidecar() == (b"mug.xmp", "xmp")


def test_an_xmp_without_its_file_is_told_and_a_json_without_one_is_an_asset(place: Place) -> None:
    place.put("lost.xmp", b"x")
    place.put("notes.json", b"{}")
    records, problems = listed(source_at(place))
    assert set(records) == {"notes.json"}
    assert [(p.key, p.fatal) for p in problems] == [("lost.xmp", False)]


def test_an_excluded_sidecar_is_not_attached(place: Place) -> None:
    place.put("mug.jpg", b"x")
    place.put("mug.json", b"{}")
    records, _ = listed(source_at(place, exclude=("*.json",)))
    assert records["mug.jpg"].sidecar() is None
    assert set(records) == {"mug.jpg"}


def test_the_version_stays_while_nothing_changes_and_moves_when_bytes_or_sidecar_do(place: Place) -> None:
    place.put("mugs/mug.jpg", b"first")

    def version(categories: str = "") -> str:
        return listed(source_at(place, categories=categories))[0]["mugs/mug.jpg"].version

    first = version()
    assert version() == first
    place.put("mugs/mug.jpg", b"second!")
    second = version()
    place.put("mugs/mug.xmp", b"<x/>")
    third = version()
    place.put("mugs/mug.xmp", b"<other/>")
    fourth = version()
    assert version(categories="(?P<all>mugs)") == fourth
    fifth = version(categories="(?P<part>mug)")
    place.remove("mugs/mug.xmp")
    assert version() == second
    assert len({first, second, third, fourth, fifth}) == 5


def test_a_file_that_vanishes_before_it_is_read_is_that_items_problem(place: Place) -> None:
    place.put("a.jpg", b"a")
    place.put("b.jpg", b"b")
    records, _ = listed(source_at(place))
    place.remove("a.jpg")
    with pytest.raises(SourceUnavailable, match=r"a\.jpg"):
        records["a.jpg"].read()
    assert records["b.jpg"].read() == b"b"


def test_a_file_above_the_limit_is_not_read(place: Place) -> None:
    place.put("exact.jpg", b"x" * 100)
    place.put("large.jpg", b"x" * 101)
    place.put("empty.jpg", b"")
    records, _ = listed(source_at(place, max_bytes=100))
    assert len(records["exact.jpg"].read()) == 100
    assert records["empty.jpg"].read() == b""
    with pytest.raises(ImageUnreadable, match="more than 100 bytes"):
        records["large.jpg"].read()


def test_a_later_run_sees_what_is_new(place: Place) -> None:
    place.put("a.jpg", b"a")
    source = source_at(place)
    assert set(listed(source)[0]) == {"a.jpg"}
    place.put("sub/b.jpg", b"b")
    assert set(listed(source)[0]) == {"a.jpg", "sub/b.jpg"}
    assert set(listed(source_at(place))[0]) == {"a.jpg", "sub/b.jpg"}


def test_a_place_that_is_not_there_is_unavailable_not_empty(place: Place) -> None:
    place.put("a.jpg", b"a")
    place.remove("a.jpg")
    source = source_at(type(place)(**{**vars(place), _address_field(place): _elsewhere(place)}))
    with pytest.raises(SourceUnavailable, match="nowhere"):
        list(source.items())


def test_names_in_decomposed_unicode_have_composed_keys_and_still_open(place: Place) -> None:
    place.put("Cafe\u0301/Stu\u0308hle \u4e2d.jpg", b"x")
    records, problems = listed(source_at(place))
    assert problems == []
    assert list(records) == ["Caf\u00e9/St\u00fchle \u4e2d.jpg"]
    record = records["Caf\u00e9/St\u00fchle \u4e2d.jpg"]
    assert record.read() == b"x"
    assert record.categories == ("Caf\u00e9",)


def test_two_names_that_are_one_in_composed_unicode_are_told_apart_by_a_problem(place: Place) -> None:
    place.put("e\u0301.jpg", b"decomposed")
    place.put("\u00e9.jpg", b"composed")
    records, problems = listed(source_at(place))
    assert list(records) == ["\u00e9.jpg"]
    assert [p.fatal for p in problems] == [True]


def test_names_with_spaces_and_signs_are_taken_as_they_are(place: Place) -> None:
    keys = ["100% wool #1.jpg", "a+b&c=d.jpg", "it's [new].jpg", "name"]
    for key in keys:
        place.put(key, key.encode())
    records, problems = listed(source_at(place))
    assert (list(records), problems) == (sorted(keys), [])
    assert all(records[key].read() == key.encode() for key in keys)


def test_an_unknown_option_is_named_with_those_that_are_known(place: Place) -> None:
    with pytest.raises(InputInvalid, match="endpont_url") as caught:
        source_at(place, options={"endpont_url": "x"})
    assert [p.field for p in caught.value.problems] == ["options.endpont_url"]


@pytest.mark.parametrize("expression", ["(", "no group", "(unnamed)"])
def test_a_category_pattern_without_named_groups_is_refused(place: Place, expression: str) -> None:
    with pytest.raises(InputInvalid, match="categories"):
        source_at(place, categories=expression)


def _address_field(place: Place) -> str:
    return next(name for name in ("root", "prefix", "uri") if name in vars(place))


def _elsewhere(place: Place) -> object:
    held = vars(place)[_address_field(place)]
    return type(held)(f"{held}/nowhere")
