"""Whether a main picture can be shown, and how a product stands with its pictures."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from discovery.config import AuditScopeSettings, AuditSettings, PictureSetSettings
from discovery.picture_sets.heroes import Problem, hero_of
from discovery.picture_sets.licences import ended, over_from
from discovery.picture_sets.standing import SetJudge
from mappings.documents import AssetDocument, AssetsSide, ProductDocument
from tests.audit.making import NOW, asset, product

DAY = timedelta(days=1)
SETTINGS = AuditSettings()


def problems(*assets: AssetDocument, of: ProductDocument | None = None, **given: object) -> tuple[str, ...]:
    shows = of or product("MG-1", *assets)
    settings = dataclasses.replace(SETTINGS, **given)  # type: ignore[arg-type]
    return hero_of(shows.source, shows.assets.links, assets, settings, NOW).problems


def stands(*assets: AssetDocument, settings: AuditSettings = SETTINGS, now: datetime = NOW) -> AssetsSide:
    shows = product("MG-1", *assets)
    return SetJudge(settings).judged(shows.source, shows.assets, assets, now)


@pytest.mark.parametrize(
    ("picture", "problem"),
    [
        (asset(licence_ends=NOW - DAY), Problem.LICENCE),
        (asset(type="video"), Problem.NO_PICTURE),
        (asset(approval="Draft"), Problem.UNAPPROVED),
        (asset(width=600, height=400), Problem.SMALL),
    ],
)
def test_each_flaw_keeps_a_main_picture_from_being_shown(picture: AssetDocument, problem: Problem) -> None:
    assert problems(picture) == (problem,)


def test_a_good_picture_is_usable_and_so_is_a_product_with_one_good_hero_of_two() -> None:
    assert problems(asset()) == ()
    small, good = asset("a.jpg", width=10, height=10), asset("b.jpg")
    assert problems(small, good, of=product("MG-1", small, good, roles=("hero", "hero"))) == ()


def test_none_and_one_that_is_not_there_are_told_apart() -> None:
    back = asset("back.jpg")
    assert problems(back, of=product("MG-1", back, roles=("back",))) == (Problem.NONE,)
    named = product("MG-1", images=(("front.jpg", "hero"),))
    assert problems(of=named) == (Problem.NOT_THERE,)


def test_a_scope_asks_for_more_pixels() -> None:
    scopes = (AuditScopeSettings(family="Mugs", least_long_edge=2000),)
    assert problems(asset(), scopes=scopes) == (Problem.SMALL,)


def test_a_product_stands_by_its_least_complete_channel() -> None:
    shop = PictureSetSettings(channel="Web shop", views=("front", "back"))
    prints = PictureSetSettings(channel="print", views=("front",), least_long_edge=4000)
    side = stands(asset("mug_front.jpg"), settings=AuditSettings(picture_sets=(shop, prints)))
    assert side.completeness == 0
    assert side.channels == ("web_shop\x1f050", "print\x1f000")
    assert side.lacking == ("back", "front")
    assert [(one.channel, one.percent, len(one.problems)) for one in side.sets] == [
        ("Web shop", 50, 1),
        ("print", 0, 1),
    ]
    assert (side.roles, side.hero_usable) == (("hero",), True)


def test_a_product_without_pictures_lacks_them_all() -> None:
    side = stands()
    assert (side.completeness, side.lacking, side.hero_usable) == (0, ("front",), False)


@pytest.mark.parametrize("ends", [NOW + timedelta(minutes=1), datetime(2026, 6, 15, tzinfo=UTC)])
def test_a_state_says_until_when_it_holds(ends: datetime) -> None:
    before = stands(asset(licence_ends=ends))
    assert before.hero_usable
    assert before.changes == over_from(ends)
    after = stands(asset(licence_ends=ends), now=over_from(ends) + timedelta(seconds=1))
    assert (after.hero_usable, after.changes) == (False, None)
    assert not ended(ends, NOW)


def test_what_it_rests_on_has_a_name() -> None:
    same = SetJudge(AuditSettings(owner="a@b.example", stale_years=1))
    assert same.basis == SetJudge(SETTINGS).basis
    for other in (
        AuditSettings(least_long_edge=1),
        AuditSettings(unapproved=()),
        AuditSettings(picture_sets=(PictureSetSettings(aspect="4:5"),)),
        AuditSettings(scopes=(AuditScopeSettings(source="a", least_long_edge=9),)),
    ):
        assert SetJudge(other).basis != same.basis
