"""Outdated and unused are verdicts: reasons, a confidence, or unknown; never an age alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.audit.context import UsageFeed
from discovery.audit.model import AssetSubject
from discovery.audit.verdict import Cause, Use, outdated, season_end, use_of
from discovery.picture_sets.licences import ended
from mappings.documents import Usage
from tests.audit.making import NOW, WEEK, YEAR, asset, context, product, shown

FEED = UsageFeed(complete=True, since=NOW - 3 * YEAR)


@pytest.mark.parametrize("years", [6, 10, 30])
def test_age_alone_never_makes_a_file_outdated(years: int) -> None:
    assert outdated(shown(created=NOW - years * YEAR), context()).answer == "no"


def test_grounds_add_up() -> None:
    old = shown(by=product(modified=NOW - WEEK), created=NOW - 6 * YEAR)
    verdict = outdated(old, context())
    assert verdict.answer == "yes"
    assert {ground.cause for ground in verdict.grounds} == {Cause.AGE, Cause.CHANGED}
    assert verdict.confidence == pytest.approx(1 - 0.7 * 0.7)


def test_an_ended_licence_is_enough_and_certain() -> None:
    verdict = outdated(shown(licence_ends=NOW - WEEK), context())
    assert (verdict.answer, verdict.confidence) == ("yes", 1.0)


def test_a_cause_can_be_left_to_another_rule() -> None:
    subject = shown(licence_ends=NOW - WEEK)
    assert outdated(subject, context(), without=frozenset({Cause.LICENCE})).answer == "no"


def test_it_is_unknown_while_products_cannot_be_read() -> None:
    verdict = outdated(AssetSubject(asset("a.jpg", "MG-1", "MG-2"), (product(),)), context())
    assert verdict.answer == "unknown"
    assert verdict.missing == ("1 of the products it shows could not be read",)


def test_last_use_counts_only_with_a_whole_usage_feed() -> None:
    subject = AssetSubject(asset(created=NOW - 9 * YEAR, usage=Usage(3, NOW - 7 * YEAR)))
    assert outdated(subject, context(usage=FEED)).answer == "yes"
    assert outdated(subject, context(usage=UsageFeed(complete=False, since=FEED.since))).answer == "no"
    assert outdated(subject, context()).answer == "no"


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("SS24", datetime(2024, 9, 1, tzinfo=UTC)),
        ("Spring/Summer 2025", datetime(2025, 9, 1, tzinfo=UTC)),
        ("FW23", datetime(2024, 3, 1, tzinfo=UTC)),
        ("Autumn/Winter 2023/24", datetime(2024, 3, 1, tzinfo=UTC)),
        ("Fall 2026", datetime(2027, 3, 1, tzinfo=UTC)),
        ("Spring", None),
        ("All year", None),
        ("", None),
    ],
)
def test_a_season_with_a_year_has_an_end(text: str, end: datetime | None) -> None:
    assert season_end(text) == end


def test_a_licence_that_is_a_date_lasts_through_that_day() -> None:
    day = datetime(2026, 6, 15, tzinfo=UTC)
    assert not ended(day, day + timedelta(hours=23, minutes=59))
    assert ended(day, day + timedelta(days=1))
    assert ended(day + timedelta(hours=9), day + timedelta(hours=10))


def test_unused_has_levels() -> None:
    world = context(usage=FEED)
    old, young = {"created": NOW - 9 * YEAR, "modified": NOW - 9 * YEAR}, {"modified": NOW - WEEK}
    assert use_of(AssetSubject(asset(created=NOW - YEAR)), world)[0] is Use.DEFINITELY
    assert use_of(AssetSubject(asset("a.jpg", **old)), world)[0] is Use.PROBABLY
    assert use_of(AssetSubject(asset("a.jpg", **young)), world)[0] is Use.TOO_YOUNG
    assert use_of(shown(), world)[0] is Use.PROTECTED
    assert use_of(AssetSubject(asset(approval="legal hold")), world)[0] is Use.PROTECTED
    assert use_of(AssetSubject(asset(usage=Usage(2, NOW - YEAR))), world)[0] is Use.USED


@given(
    days=st.integers(0, 20_000),
    linked=st.booleans(),
    feed=st.sampled_from([None, UsageFeed(complete=False, since=NOW - 3 * YEAR)]),
)
def test_nothing_is_called_unused_without_a_whole_feed(
    days: int, linked: bool, feed: UsageFeed | None
) -> None:
    made = NOW - timedelta(days=days)
    subject = shown(created=made) if linked else AssetSubject(asset(created=made, modified=made))
    assert use_of(subject, context(usage=feed))[0] is Use.UNKNOWN
