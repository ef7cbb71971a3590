"""When a run does not trust what it sees."""

from __future__ import annotations

from datetime import timedelta

import pytest

from discovery.audit.brakes import (
    SourceRun,
    broken_inputs,
    mass_flags,
    shrunken_inputs,
    wrong_clock,
)
from discovery.audit.model import AuditRun, Outcome, RuleCounts
from discovery.config import AuditSettings
from tests.audit.making import NOW, WEEK, YEAR

DEFAULTS = AuditSettings()
SUDDEN = frozenset({"asset-expired"})


def previous(**rules: RuleCounts) -> AuditRun:
    named = {name.replace("_", "-"): counts for name, counts in rules.items()}
    return AuditRun("audit-1", NOW - WEEK, NOW - WEEK, NOW - WEEK, Outcome.FINISHED, rules=named)


def test_a_right_clock_passes() -> None:
    assert list(wrong_clock(NOW, NOW - WEEK, NOW - WEEK, DEFAULTS)) == []
    assert list(wrong_clock(NOW, None, None, DEFAULTS)) == []
    assert list(wrong_clock(NOW, NOW + timedelta(minutes=5), None, DEFAULTS)) == []


def test_a_clock_a_year_ahead_stops() -> None:
    (reason,) = wrong_clock(NOW + YEAR, NOW, NOW, DEFAULTS)
    assert "the clock is ahead" in reason


def test_a_clock_that_went_back_stops() -> None:
    (reason,) = wrong_clock(NOW - WEEK, NOW, None, DEFAULTS)
    assert "a run ended at 2026-06-15" in reason
    assert list(wrong_clock(NOW - WEEK, None, NOW, DEFAULTS))


@pytest.mark.parametrize("outcome", ["failed", "stopped", "interrupted"])
def test_a_source_that_was_not_read_to_its_end_stops(outcome: str) -> None:
    good, bad = SourceRun("assets", "a", "finished", NOW), SourceRun("products", "b", outcome, NOW)
    (reason,) = broken_inputs([good, bad])
    assert f"products/b (2026-06-15 12:00) is {outcome}" in reason
    assert list(broken_inputs([good])) == []


def test_an_emptied_or_shrunken_source_stops() -> None:
    before = {"assets/a": 1000, "products/shop": 20}
    assert list(shrunken_inputs(before, before, DEFAULTS)) == []
    assert list(shrunken_inputs({"assets/a": 600, "products/shop": 19}, before, DEFAULTS)) == []
    told = list(shrunken_inputs({"assets/a": 400, "products/shop": 20}, before, DEFAULTS))
    assert told[0] == "assets has 400 items; it had 1000 at the last audit"
    assert any("products/shop has 0" in one for one in shrunken_inputs({"assets/a": 1000}, before, DEFAULTS))


def test_more_items_never_stop() -> None:
    assert list(shrunken_inputs({"assets/a": 5000, "assets/b": 1}, {"assets/a": 1000}, DEFAULTS)) == []


def test_a_rule_that_suddenly_flags_most_of_what_it_saw_before_stops() -> None:
    before = previous(asset_unlinked=RuleCounts(subjects=1000, flagged=10))
    now = {"asset-unlinked": RuleCounts(subjects=1000, flagged=700, new=690, still=10)}
    (reason,) = mass_flags(now, SUDDEN, before, DEFAULTS)
    assert reason.startswith("asset-unlinked would newly flag 690 of 1000")


def test_what_was_flagged_before_may_stay_flagged() -> None:
    before = previous(asset_alt_text_missing=RuleCounts(subjects=1000, flagged=1000))
    now = {"asset-alt-text-missing": RuleCounts(subjects=1000, flagged=1000, still=1000)}
    assert list(mass_flags(now, SUDDEN, before, DEFAULTS)) == []


def test_what_came_since_may_be_wrong_without_an_alarm() -> None:
    before = previous(asset_unlinked=RuleCounts(subjects=100))
    now = {"asset-unlinked": RuleCounts(subjects=1000, flagged=900, new=900)}
    assert list(mass_flags(now, SUDDEN, before, DEFAULTS)) == []


def test_at_first_only_what_depends_on_time_is_held_back() -> None:
    most = RuleCounts(subjects=1000, flagged=900, new=900)
    assert list(mass_flags({"asset-alt-text-missing": most}, SUDDEN, None, DEFAULTS)) == []
    assert list(mass_flags({"asset-expired": most}, SUDDEN, None, DEFAULTS))


def test_returning_findings_count_as_new() -> None:
    before = previous(asset_unlinked=RuleCounts(subjects=100))
    now = {"asset-unlinked": RuleCounts(subjects=100, flagged=60, returned=60)}
    assert list(mass_flags(now, SUDDEN, before, DEFAULTS))


def test_a_handful_is_no_crowd() -> None:
    assert list(mass_flags({"asset-expired": RuleCounts(subjects=10, new=10)}, SUDDEN, None, DEFAULTS)) == []
