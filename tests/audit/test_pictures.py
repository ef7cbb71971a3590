"""Views, picture sets and versions by name: the pure parts behind the rules about pictures."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.config import AuditSettings, PictureSetSettings
from discovery.duplicates.versions import version_of
from discovery.picture_sets.needs import fits, picture_sets, wanted_sets
from discovery.picture_sets.views import told_view, view_of
from tests.audit.making import asset, product


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("wj01-red_main.jpg", "front"),
        ("mug_front_v2.jpg", "front"),
        ("chair_back-final.png", "back"),
        ("lamp_lifestyle03.jpg", "lifestyle"),
        ("bowl_top.jpg", "other"),
        ("DSC_2041.jpg", None),
        ("sit-1.jpg", None),
        ("", None),
    ],
)
def test_a_name_tells_a_view(name: str, view: str | None) -> None:
    assert told_view(name) == view


def test_a_hero_whose_name_tells_another_view_is_no_front() -> None:
    assert view_of("vase_angle.jpg", "hero") == "angle"
    assert view_of("DSC_1.jpg", "hero") == "front"
    assert view_of("DSC_1.jpg", "lifestyle") == "lifestyle"


def test_a_set_tells_what_is_missing_and_how_much() -> None:
    front = asset("mug_front.jpg")
    wanted = AuditSettings(picture_sets=(PictureSetSettings(views=("front", "back", "detail")),))
    shows = product("MG-1", front)
    (one,) = picture_sets(shows.source, shows.assets.links, (front,), wanted)
    assert one.percent == 33
    assert [need.problem for need in one.needs] == [None, "no back", "no detail"]


def test_the_set_that_names_the_family_goes_before_the_general_one_of_its_channel() -> None:
    general, exact = PictureSetSettings(views=("back",)), PictureSetSettings("Mugs", views=("front",))
    shop = PictureSetSettings(channel="shop", views=("detail",))
    for order in ((general, exact, shop), (exact, general, shop)):
        assert set(wanted_sets("Mugs", AuditSettings(picture_sets=order))) == {exact, shop}
        assert set(wanted_sets("Bowls", AuditSettings(picture_sets=order))) == {general, shop}


def test_one_good_picture_of_a_view_is_enough() -> None:
    small, large = asset("a_front.jpg", width=10, height=10), asset("b_front.jpg")
    wanted = AuditSettings(picture_sets=(PictureSetSettings(least_long_edge=500),))
    shows = product("MG-1", small, large)
    said, links = shows.source, shows.assets.links
    assert picture_sets(said, links, (small, large), wanted)[0].percent == 100
    assert picture_sets(said, links, (small,), wanted)[0].percent == 0


def test_a_ratio_bears_a_lost_pixel() -> None:
    assert fits(800, 1000, "4:5")
    assert fits(799, 1000, "4:5")
    assert not fits(1000, 800, "4:5")


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("a/mug_front_v1.jpg", "a/mug_front_v2.jpg"),
        ("a/mug_front.jpg", "a/mug_front_v2.jpg"),
        ("a/mug v9.jpg", "a/mug v10.jpg"),
        ("a/mug-rev1.jpg", "a/mug-rev2.jpg"),
        ("a/mug_v3.jpg", "a/mug_final.jpg"),
        ("a/mug-final.jpg", "a/mug-final-final.jpg"),
        ("a/mug-final.jpg", "a/mug-final2.jpg"),
    ],
)
def test_versions_of_one_file_are_in_order(older: str, newer: str) -> None:
    one, other = version_of(older), version_of(newer)
    assert one.stem == other.stem
    assert one.rank < other.rank


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a/IMG_7730.jpg", "a/IMG_7741.jpg"),
        ("a/sit-1.jpg", "a/sit-2.jpg"),
        ("a/mug_v1.jpg", "b/mug_v2.jpg"),
        ("a/mug_v1.jpg", "a/bowl_v2.jpg"),
        ("a/mug_v1.jpg", "a/mug_v2.png"),
        ("a/dev1.jpg", "a/dev2.jpg"),
        ("a/finale.jpg", "a/f.jpg"),
    ],
)
def test_other_files_are_no_versions(one: str, other: str) -> None:
    assert version_of(one).stem != version_of(other).stem


def test_a_second_download_is_a_copy_and_no_newer_version() -> None:
    assert version_of("a/export (12).jpg").copied
    assert version_of("a/mug copy 2.jpg").copied
    assert version_of("a/mug (1).jpg").stem == version_of("a/mug.jpg").stem


@given(st.text(max_size=300))
def test_any_name_has_a_version(name: str) -> None:
    assert version_of(name) == version_of(name)


def test_a_view_may_have_to_stand_on_a_plain_ground() -> None:
    def problem(view: str, *, plain: bool | None) -> str | None:
        one = asset(f"mug_{view}.jpg")
        one = dataclasses.replace(one, media=dataclasses.replace(one.media, plain_background=plain))
        shows = product("MG-1", one)
        (found,) = picture_sets(shows.source, shows.assets.links, (one,), wanted)
        return {need.view: need.problem for need in found.needs}[view]

    asked = PictureSetSettings(views=("front", "lifestyle"), plain_background=("front",))
    wanted = AuditSettings(picture_sets=(asked,))
    assert problem("front", plain=False) == "the background of its front is not plain"
    assert problem("front", plain=True) is None
    assert problem("front", plain=None) is None
    assert problem("lifestyle", plain=False) is None
