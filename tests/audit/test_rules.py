"""Each rule: what it flags, what it leaves alone, and what it cannot tell."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from discovery.audit.context import Context, Copy, Newer, UsageFeed
from discovery.audit.model import AssetSubject, FileSubject, Subject, Verdict
from discovery.audit.rules import RULES
from discovery.audit.rules.product_incomplete import says
from discovery.config import ASSET_METADATA, PRODUCT_FIELDS, AuditScopeSettings, PictureSetSettings
from mappings.documents import Usage
from tests.audit.making import NOW, WEEK, YEAR, asset, context, having, product, shown

PLAIN = context()
FEED = UsageFeed(complete=True, since=NOW - 3 * YEAR)
LATE = UsageFeed(complete=False, since=NOW - 3 * YEAR)
ALONE = AssetSubject(asset("unsorted/DSC_1.jpg"))
FRONT, BACK = asset("mugs/mug_front.jpg", "MG-1"), asset("mugs/mug_back.jpg", "MG-1")
SOLD_NO_MORE = product(status="Discontinued")
NEWER = {FRONT.id: Newer("n" * 24, "mugs/mug_front_v2.jpg", "mug_front_v2.jpg is a newer version of it", 0.9)}


def copy(*, linked: bool) -> dict[str, Copy]:
    return {ALONE.asset.id: Copy(FRONT.id, "mugs/mug_front.jpg", "a mirror image of", 0.97, linked)}


def file(reason: str, *named_by: str) -> FileSubject:
    return FileSubject("f" * 24, "studio", "mugs/mug_back.jpg", reason, NOW, named_by)


def judge(rule: str, subject: Subject, world: Context) -> Verdict | None:
    judged: Any = RULES[rule]
    verdict: Verdict | None = judged.judge(subject, world)
    return verdict


FLAGGED: list[tuple[str, Subject, Context, str]] = [
    ("asset-unlinked", ALONE, PLAIN, "no product names it"),
    (
        "asset-unlinked",
        dataclasses.replace(ALONE, link_state="review", claimants=("MG-1",)),
        PLAIN,
        "MG-1 waits",
    ),
    ("asset-unlinked", ALONE, context(copies=copy(linked=False)), "no product names it"),
    ("asset-stale", shown(by=SOLD_NO_MORE), PLAIN, "MG-1 is discontinued"),
    (
        "asset-stale",
        shown(by=product(attribute_values={"season": ("SS 2024",)})),
        PLAIN,
        "season of MG-1 is over",
    ),
    (
        "asset-stale",
        shown(by=product(modified=NOW - WEEK), created=NOW - 6 * YEAR),
        PLAIN,
        "MG-1 changed after it was made",
    ),
    (
        "asset-stale",
        AssetSubject(asset(created=NOW - 9 * YEAR, usage=Usage(3, NOW - 7 * YEAR))),
        context(usage=FEED),
        "it was last used on",
    ),
    ("asset-expired", shown(licence_ends=datetime(2026, 6, 14, tzinfo=UTC)), PLAIN, "still shows MG-1"),
    ("asset-expired", shown(licence_ends=NOW - timedelta(hours=1)), PLAIN, "ended on 2026-06-15"),
    ("asset-expiring", shown(licence_ends=datetime(2026, 6, 15, tzinfo=UTC)), PLAIN, "in 0 days"),
    ("asset-expiring", shown(licence_ends=datetime(2026, 7, 15, tzinfo=UTC)), PLAIN, "in 30 days"),
    ("asset-superseded-in-use", AssetSubject(FRONT), context(newer=NEWER), "newer version"),
    ("asset-unapproved-in-use", shown(approval="Draft"), PLAIN, "its status is Draft"),
    ("asset-duplicate", ALONE, context(copies=copy(linked=True)), "a mirror image of mugs/mug_front.jpg"),
    ("asset-file-missing", file("No such file or directory"), PLAIN, "No such file"),
    ("asset-file-missing", file("its source no longer lists it", "MG-1"), PLAIN, "named by MG-1"),
    ("asset-file-broken", file("it is truncated", "MG-1", "MG-2"), PLAIN, "named by MG-1, MG-2"),
    ("asset-low-resolution", shown(width=639, height=300), PLAIN, "639 x 300"),
    ("asset-metadata-incomplete", AssetSubject(asset(title=None, keywords=())), PLAIN, "title, keywords"),
    ("asset-metadata-incomplete", AssetSubject(asset(copyright=None)), PLAIN, "rights"),
    ("asset-alt-text-missing", shown(alt_text=None), PLAIN, "shows MG-1"),
    (
        "asset-never-used",
        AssetSubject(asset(created=NOW - 2 * YEAR, modified=NOW - 2 * YEAR)),
        context(usage=FEED),
        "no use since it was made",
    ),
    (
        "asset-never-used",
        AssetSubject(asset(created=NOW - 9 * YEAR, modified=NOW - 9 * YEAR)),
        context(usage=FEED),
        "before that is not known",
    ),
    ("product-no-asset", having(), PLAIN, "it names no picture"),
    ("product-no-asset", having(images=(("x.jpg", "hero"),)), PLAIN, "none of the 1 pictures"),
    (
        "product-no-asset",
        having(
            parent=product("MG-0", FRONT, attribute_values={"colour": ("Red",)}),
            variant=True,
            attribute_values={"colour": ("Blue",)},
        ),
        PLAIN,
        "it names no picture",
    ),
    ("product-no-hero", having(BACK, roles=("back",)), PLAIN, "its 1 assets are: back"),
    ("product-hero-unusable", having(asset(licence_ends=NOW - WEEK)), PLAIN, "its licence ended"),
    ("product-hero-unusable", having(asset(approval="draft")), PLAIN, "its status is draft"),
    ("product-hero-unusable", having(asset(width=300, height=300)), PLAIN, "300 x 300"),
    ("product-hero-unusable", having(asset(type="document")), PLAIN, "no picture but document"),
    ("product-hero-unusable", having(FRONT), context(absent=frozenset({FRONT.id})), "no longer lists it"),
    (
        "product-hero-unusable",
        having(BACK, roles=("back",), images=(("/Mugs/Mug_Front.jpg", "hero"),)),
        context(failed={"mugs/mug_front.jpg": "it is truncated"}),
        "it is truncated",
    ),
    ("product-set-incomplete", having(BACK), PLAIN, "no front"),
    (
        "product-set-incomplete",
        having(FRONT),
        context(picture_sets=(PictureSetSettings("Mugs", "web", ("front",), 2000, "4:5"),)),
        "web: its front has 1000 x 800 pixels; the long edge needs 2000",
    ),
    (
        "product-set-incomplete",
        having(FRONT),
        context(picture_sets=(PictureSetSettings(aspect="4:5"),)),
        "which is not 4:5",
    ),
    ("product-asset-outdated", having(FRONT, modified=NOW), PLAIN, "its newest picture is of"),
    ("product-asset-outdated", having(asset(licence_ends=NOW - WEEK)), PLAIN, "its licence ended"),
    ("product-incomplete", having(price=None, description=None), PLAIN, "description, price"),
    ("product-incomplete", having(), context(required=("attribute.Material",)), "attribute.Material"),
    (
        "product-incomplete",
        having(),
        context(expected={"Mugs": frozenset({"material"})}),
        "unlike most of Mugs",
    ),
    (
        "link-conflict",
        dataclasses.replace(ALONE, link_state="conflict", claimants=("A1", "B2")),
        PLAIN,
        "A1 and B2 claim it",
    ),
    (
        "link-conflict",
        AssetSubject(
            asset("mg-102-blue.jpg", "MG-102", "MG-103"),
            (product("MG-102"), product("MG-103")),
            link_state="conflict",
            claimants=("MG-102",),
        ),
        PLAIN,
        "carries MG-102, but it is linked to MG-103",
    ),
    (
        "link-conflict",
        dataclasses.replace(ALONE, link_state="conflict", claimants=("A1",)),
        PLAIN,
        "several products claim it",
    ),
    (
        "link-conflict",
        AssetSubject(asset("mg-102-blue.jpg", "MG-102", "MG-103"), (product("MG-102"), product("MG-103"))),
        PLAIN,
        "carries MG-102, but it is linked to MG-103",
    ),
    (
        "link-dead",
        having(FRONT, images=(("mugs/mug_front.jpg", "hero"), ("gone.jpg", "back"))),
        PLAIN,
        "not there: gone.jpg",
    ),
]

LEFT_ALONE: list[tuple[str, Subject, Context]] = [
    ("asset-unlinked", shown(), PLAIN),
    ("asset-unlinked", ALONE, context(copies=copy(linked=True))),
    ("asset-unlinked", ALONE, context(successors=frozenset({ALONE.asset.id}))),
    ("asset-stale", shown(created=NOW - 20 * YEAR, modified=NOW - 20 * YEAR), PLAIN),
    ("asset-stale", shown(licence_ends=NOW - WEEK), PLAIN),
    ("asset-stale", AssetSubject(FRONT, (product(),)), context(newer=NEWER)),
    ("asset-stale", shown(by=product(attribute_values={"season": ("Spring",)})), PLAIN),
    (
        "asset-stale",
        AssetSubject(asset("a.jpg", "MG-1", "MG-2"), (SOLD_NO_MORE, product("MG-2"))),
        PLAIN,
    ),
    ("asset-expired", shown(), PLAIN),
    ("asset-expired", shown(licence_ends=datetime(2026, 6, 15, tzinfo=UTC)), PLAIN),
    ("asset-expiring", shown(licence_ends=datetime(2026, 6, 14, tzinfo=UTC)), PLAIN),
    ("asset-expiring", shown(licence_ends=datetime(2026, 7, 16, tzinfo=UTC)), PLAIN),
    ("asset-superseded-in-use", AssetSubject(FRONT), PLAIN),
    ("asset-superseded-in-use", ALONE, context(newer={ALONE.asset.id: NEWER[FRONT.id]})),
    ("asset-unapproved-in-use", shown(approval="unreviewed"), PLAIN),
    ("asset-unapproved-in-use", AssetSubject(asset(approval="draft")), PLAIN),
    ("asset-duplicate", ALONE, PLAIN),
    ("asset-file-missing", file("it is truncated"), PLAIN),
    ("asset-file-broken", file("No such file or directory"), PLAIN),
    ("asset-low-resolution", shown(width=640, height=10), PLAIN),
    ("asset-low-resolution", AssetSubject(asset(width=10, height=10)), PLAIN),
    ("asset-low-resolution", shown(type="document", width=None, height=None), PLAIN),
    ("asset-metadata-incomplete", AssetSubject(asset(copyright=None, usage_terms="Any")), PLAIN),
    ("asset-alt-text-missing", AssetSubject(asset(alt_text=None)), PLAIN),
    ("asset-alt-text-missing", shown(), PLAIN),
    ("asset-never-used", AssetSubject(asset(usage=Usage(1, NOW))), context(usage=FEED)),
    ("asset-never-used", AssetSubject(asset(modified=NOW - WEEK)), context(usage=FEED)),
    ("asset-never-used", AssetSubject(asset(approval="Archived")), context(usage=FEED)),
    ("asset-never-used", shown(), context(usage=FEED)),
    ("product-no-asset", having(FRONT), PLAIN),
    ("product-no-asset", having(parent=product("MG-0", FRONT), variant=True), PLAIN),
    ("product-no-hero", having(FRONT), PLAIN),
    ("product-no-hero", having(), PLAIN),
    ("product-hero-unusable", having(FRONT), PLAIN),
    ("product-hero-unusable", having(), PLAIN),
    (
        "product-hero-unusable",
        having(asset("a.jpg", approval="draft"), FRONT, roles=("hero", "hero")),
        PLAIN,
    ),
    ("product-set-incomplete", having(asset("DSC_1.jpg")), PLAIN),
    ("product-set-incomplete", having(), PLAIN),
    (
        "product-set-incomplete",
        having(FRONT),
        context(picture_sets=(PictureSetSettings(views=("front", "back")), PictureSetSettings("Mugs"))),
    ),
    ("product-asset-outdated", having(FRONT, modified=NOW - YEAR), PLAIN),
    ("product-asset-outdated", having(asset(licence_ends=NOW - WEEK), BACK), PLAIN),
    ("product-asset-outdated", having(asset(licence_ends=NOW - WEEK), status="discontinued"), PLAIN),
    ("product-incomplete", having(), PLAIN),
    ("link-conflict", shown("mg-1-blue.jpg"), PLAIN),
    (
        "link-conflict",
        AssetSubject(
            asset("mg-102-blue.jpg", "MG-102", "MG-102-S"),
            (product("MG-102"), product("MG-102-S", parent="MG-102", variant=True)),
        ),
        PLAIN,
    ),
    (
        "link-conflict",
        AssetSubject(asset("campaign.jpg", "MG-102", "MG-103"), (product("MG-102"), product("MG-103"))),
        PLAIN,
    ),
    ("link-dead", having(), PLAIN),
    ("link-dead", having(FRONT, images=(("\\Mugs/mug_front.JPG", "hero"),)), PLAIN),
    ("link-dead", having(images=(("a.jpg", "hero"),)), context(failed={"a.jpg": "it is truncated"})),
    (
        "link-dead",
        dataclasses.replace(having(images=(("A.jpg", "hero"),)), inherited=frozenset({"a.jpg"})),
        PLAIN,
    ),
    (
        "link-dead",
        having(images=(("A.jpg", "hero"),)),
        context(refused={having().product.source.sku: frozenset({"a.jpg"})}),
    ),
]

CANNOT_TELL: list[tuple[str, Subject, Context]] = [
    ("asset-unlinked", AssetSubject(asset(pending=True)), PLAIN),
    ("asset-stale", AssetSubject(asset("a.jpg", "MG-1")), PLAIN),
    ("asset-stale", AssetSubject(asset(created=None, modified=None)), PLAIN),
    ("asset-low-resolution", shown(width=None, height=None), PLAIN),
    ("asset-never-used", ALONE, context(usage=LATE)),
    ("product-no-asset", having(pending=True), PLAIN),
    ("product-set-incomplete", dataclasses.replace(having(BACK), assets=()), PLAIN),
    ("product-asset-outdated", dataclasses.replace(having(FRONT, BACK), assets=(FRONT,)), PLAIN),
    ("link-dead", having(images=(("a.jpg", "hero"),), pending=True), PLAIN),
    ("link-dead", dataclasses.replace(having(FRONT, images=(("a.jpg", "hero"),)), assets=()), PLAIN),
]


@pytest.mark.parametrize(("rule", "subject", "world", "reason"), FLAGGED)
def test_it_flags_and_says_why(rule: str, subject: Subject, world: Context, reason: str) -> None:
    verdict = judge(rule, subject, world)
    assert verdict is not None
    assert verdict.answer == "flagged"
    assert 0 < verdict.confidence <= 1
    assert any(reason in told for told in verdict.reasons), verdict.reasons


@pytest.mark.parametrize(("rule", "subject", "world"), LEFT_ALONE)
def test_it_leaves_alone(rule: str, subject: Subject, world: Context) -> None:
    assert judge(rule, subject, world) is None


@pytest.mark.parametrize(("rule", "subject", "world"), CANNOT_TELL)
def test_it_says_when_it_cannot_tell(rule: str, subject: Subject, world: Context) -> None:
    verdict = judge(rule, subject, world)
    assert verdict is not None
    assert verdict.answer == "unknown"
    assert verdict.reasons


def test_the_table_holds_the_contracts_rules() -> None:
    assert set(RULES) == {
        "asset-unlinked", "asset-stale", "asset-expired", "asset-expiring", "asset-superseded-in-use",
        "asset-unapproved-in-use", "asset-duplicate", "asset-file-missing", "asset-file-broken",
        "asset-low-resolution", "asset-metadata-incomplete", "asset-alt-text-missing", "asset-never-used",
        "product-no-asset", "product-no-hero", "product-hero-unusable", "product-set-incomplete",
        "product-asset-outdated", "product-incomplete", "link-conflict", "link-dead",
    }  # fmt: skip


def test_every_rule_is_a_file_of_its_own_and_tested_both_ways() -> None:
    folder = Path(__file__).parents[2] / "discovery" / "audit" / "rules"
    assert {file.stem for file in folder.glob("*.py")} - {"__init__", "base"} == {
        name.replace("-", "_") for name in RULES
    }
    assert {case[0] for case in FLAGGED} == {case[0] for case in LEFT_ALONE} == set(RULES)


def test_rules_about_the_other_side_are_silent_where_there_is_none() -> None:
    silent = {name for name, rule in RULES.items() if rule.answerable(context(assets=0, products=0))}
    assert {"asset-unlinked", "product-no-asset", "link-dead", "asset-never-used"} <= silent


def test_an_expired_file_is_an_error_only_while_it_is_shown() -> None:
    ended: dict[str, Any] = {"licence_ends": NOW - WEEK}
    free, bound = (
        judge("asset-expired", subject, PLAIN) for subject in (AssetSubject(asset(**ended)), shown(**ended))
    )
    assert free is not None
    assert bound is not None
    assert (free.severity, bound.severity) == ("warning", None)


@pytest.mark.parametrize(
    ("key", "value"),
    [("title", None), ("description", None), ("keywords", ()), ("creator", None), ("created", None)],
)
def test_any_metadata_may_be_asked_for(key: str, value: Any) -> None:
    world = context(metadata=(key,))
    assert judge("asset-metadata-incomplete", AssetSubject(asset(**{key: value})), world) is not None
    assert judge("asset-metadata-incomplete", AssetSubject(asset()), world) is None


def test_everything_that_settings_may_ask_for_can_be_answered() -> None:
    judge("asset-metadata-incomplete", AssetSubject(asset()), context(metadata=ASSET_METADATA))
    assert {name: says(product().source, name) for name in PRODUCT_FIELDS} == {
        "title": True, "description": True, "brand": False, "family": True, "category": True, "price": True,
        "currency": False, "status": True, "identifier": False,
    }  # fmt: skip


def test_a_scope_changes_parameters_for_its_source_or_family() -> None:
    scopes = (
        AuditScopeSettings(family="Mugs", least_long_edge=2000),
        AuditScopeSettings(source="archive", least_long_edge=100),
    )
    world = context(scopes=scopes)
    large: dict[str, Any] = {"family": ("Mugs",)}
    small: dict[str, Any] = {"source": "archive", "width": 120, "height": 90}
    assert judge("asset-low-resolution", shown(**large), world) is not None
    assert judge("asset-low-resolution", shown(**small), world) is None
    assert judge("asset-low-resolution", shown(), world) is None


HOSTILE = (
    "",
    " ",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "a" * 5000,
    "\u202egpj.exe",
    "💥/../..\\x",
    "\n",
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("rule", sorted(RULES))
def test_no_rule_stumbles_over_hostile_texts(rule: str, text: str) -> None:
    odd = asset(
        f"x{text}", f"S{text}", title=text, alt_text=text, keywords=(text,), approval=text, family=(text,)
    )
    shows = product(f"S{text}", odd, title=text, status=text, family=text, images=((f"x{text}", "hero"),),
                    attribute_values={"season": (text,), "colour": (text,)})  # fmt: skip
    subjects: dict[str, Subject] = {
        "assets": AssetSubject(odd, (shows,)),
        "products": dataclasses.replace(having(odd), product=shows),
        "files": FileSubject("f" * 24, text, text, text, NOW, (text,)),
    }
    verdict = judge(rule, subjects[RULES[rule].looks], PLAIN)
    assert verdict is None or verdict.reasons
