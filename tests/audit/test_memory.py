"""A finding keeps its identity: new, still, returned, settled; waivers end; people's words stay."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.audit.changes import FIELDS, changed
from discovery.audit.codec import SEEN_FIELDS, finding_of, finding_source
from discovery.audit.memory import MOST_EVENTS, awake, seen, settled
from discovery.audit.model import STATES, Finding, finding_id
from discovery.errors import InputInvalid
from tests.audit.making import NOW, WEEK, finding, sighting

TODAY = NOW.date()


def problems(change: dict[str, Any], of: Finding | None = None) -> dict[str, str]:
    with pytest.raises(InputInvalid) as caught:
        changed(of or finding(), change, NOW)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_a_first_sighting_is_new_and_open() -> None:
    found, change = seen(sighting(), None, NOW, "run-1")
    assert change == "new"
    assert (found.state, found.first_seen, found.last_seen) == ("open", NOW, NOW)
    assert [event.what for event in found.history] == ["found"]


def test_a_further_sighting_keeps_what_people_said() -> None:
    theirs = finding(owner="a@b.example", due=TODAY, note="soon", state="acknowledged")
    found, change = seen(sighting(reasons=("another reason",)), theirs, NOW, "run-2")
    assert change == "still"
    assert (found.owner, found.due, found.note, found.state) == ("a@b.example", TODAY, "soon", "acknowledged")
    assert (found.first_seen, found.last_seen) == (NOW - WEEK, NOW)
    assert found.reasons == ("another reason",)


def test_what_is_gone_settles_and_what_returns_opens_with_its_history() -> None:
    gone = settled(finding(owner="a@b.example"), NOW, "run-2")
    assert (gone.state, gone.resolved) == ("resolved", NOW)
    back, change = seen(sighting(), gone, NOW + WEEK, "run-3")
    assert change == "returned"
    assert (back.state, back.resolved, back.owner) == ("open", None, "a@b.example")
    assert back.first_seen == NOW - WEEK
    assert [event.what for event in back.history] == ["settled", "returned"]


def test_a_waiver_ends_by_itself_after_its_last_day() -> None:
    waived = finding(state="waived", waived_until=TODAY)
    assert awake(waived, NOW) == waived
    assert seen(sighting(), waived, NOW, "run")[0].state == "waived"
    after = seen(sighting(), waived, NOW + timedelta(days=1), "run")[0]
    assert (after.state, after.waived_until) == ("open", None)
    assert after.history[-1].what == "waiver ended"


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_over_any_runs_the_state_follows_the_last_one_and_the_identity_stays(sightings: list[bool]) -> None:
    stored: Finding | None = None
    changes: list[str] = []
    for number, found in enumerate(sightings):
        now = NOW + number * WEEK
        if found:
            stored, change = seen(sighting(), stored, now, f"run-{number}")
            changes.append(change)
        elif stored is not None and stored.state != "resolved":
            stored = settled(stored, now, f"run-{number}")
            changes.append("settled")
    assert changes.count("new") == (1 if any(sightings) else 0)
    assert changes.count("settled") - changes.count("returned") in (0, 1)
    if stored is not None:
        assert stored.id == sighting().id
        assert stored.first_seen == NOW + sightings.index(True) * WEEK
        assert (stored.state == "open") is sightings[-1]
        assert len(stored.history) <= MOST_EVENTS


def test_ids_differ_by_rule_kind_and_subject_and_stay() -> None:
    ids = {
        finding_id(*parts)
        for parts in (("r", "asset", "x"), ("r", "product", "x"), ("s", "asset", "x"), ("r", "asset", "y"))
    }
    assert len(ids) == 4
    assert finding_id("asset-unlinked", "asset", "x") == "f0d87c166a6b76277dd11f9e"


def test_a_finding_comes_back_from_the_index_as_it_was() -> None:
    whole = finding(
        owner="a@b.example", due=TODAY, note="n", waived_until=TODAY, state="waived", ends=NOW, resolved=NOW,
        related=("x",), run="r", history=settled(finding(), NOW, "r").history,
    )  # fmt: skip
    assert finding_of(finding_source(whole)) == whole
    assert finding_of(finding_source(finding())) == finding()


def test_a_run_writes_no_field_that_people_own() -> None:
    assert not set(SEEN_FIELDS) & {"state", "owner", "due", "note", "waived_until", "history", "first_seen"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"state": "acknowledged"}, {"state": "acknowledged"}),
        ({"owner": " a@b.example "}, {"owner": "a@b.example"}),
        ({"owner": None}, {"owner": None}),
        ({"due": "2026-07-01"}, {"due": date(2026, 7, 1)}),
        ({"waived_until": "2026-07-01"}, {"state": "waived", "waived_until": date(2026, 7, 1)}),
        ({"state": "waived", "waived_until": TODAY}, {"state": "waived", "waived_until": TODAY}),
        ({"state": "resolved"}, {"state": "resolved", "resolved": NOW}),
        ({"note": "seen"}, {"note": "seen"}),
    ],
)
def test_a_change_is_made_and_remembered(change: dict[str, Any], expected: dict[str, Any]) -> None:
    before = finding(owner="someone")
    after = changed(before, change, NOW, "a person")
    assert {name: getattr(after, name) for name in expected} == expected
    assert after.history[-1].by == "a person"
    assert len(after.history) == len(before.history) + 1


def test_a_waived_finding_that_is_opened_loses_its_waiver() -> None:
    waived = finding(state="waived", waived_until=TODAY + WEEK)
    assert changed(waived, {"state": "open"}, NOW).waived_until is None


def test_a_change_to_what_it_is_already_leaves_no_trace() -> None:
    before = finding(state="acknowledged")
    assert changed(before, {"state": "acknowledged"}, NOW) == before


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"state": "done"}, "state", "expected one of open, acknowledged, waived, resolved"),
        ({"state": None}, "state", "expected one of"),
        ({"waived_until": "2026-06-14"}, "waived_until", "lies in the past: 2026-06-14"),
        ({"waived_until": "soon"}, "waived_until", "expected a date such as"),
        ({"waived_until": 7}, "waived_until", "expected a date such as"),
        ({"state": "waived"}, "waived_until", "is required for a waiver"),
        ({"state": "open", "waived_until": "2026-07-01"}, "waived_until", "goes with the state waived"),
        ({"due": "2020-01-01"}, "due", "lies in the past"),
        ({"due": "2026-13-01"}, "due", "expected a date such as"),
        ({"owner": 5}, "owner", "expected a text or null"),
        ({"owner": "a\nBcc: b@c.example"}, "owner", "expected one line"),
        ({"owner": "x" * 201}, "owner", "expected at most 200 characters"),
        ({"note": "x" * 4001}, "note", "expected at most 4000 characters"),
        ({"severity": "info"}, "severity", "unknown field; expected one of state, owner"),
        ({}, "(body)", "expected one or more of"),
    ],
)
def test_a_bad_change_names_its_field(change: dict[str, Any], field: str, message: str) -> None:
    assert message in problems(change)[field]


def test_all_problems_are_told_at_once() -> None:
    assert set(problems({"state": "x", "due": "x", "owner": 1, "foo": 1})) == {"state", "due", "owner", "foo"}


ANYTHING = st.one_of(
    st.none(), st.text(max_size=30), st.integers(), st.dates(), st.lists(st.integers(), max_size=2)
)


@given(st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=5)), ANYTHING, max_size=4))
def test_any_change_is_made_or_refused_by_name(change: dict[str, Any]) -> None:
    refused: InputInvalid | None = None
    after = finding()
    try:
        after = changed(after, change, NOW)
    except InputInvalid as error:
        refused = error
    assert refused is None or refused.problems
    assert after.state in STATES
    assert (after.state == "waived") is (after.waived_until is not None)
    assert finding_of(finding_source(after)).state == after.state
