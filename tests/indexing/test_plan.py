"""What a run does about one item follows from what the source says and what is stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers.plan import Outcome, StoredState, plan
from indexers.records import Problem
from indexers.roster import Roster, token

NOW = datetime(2026, 5, 1, tzinfo=UTC)
STORED = StoredState("studio", "a.png", "v1", "b1", NOW - timedelta(days=1), "sha256:aa", "r1")


@pytest.mark.parametrize(
    ("version", "build", "recipe", "checksum", "outcome"),
    [
        ("v1", "b1", "r1", None, Outcome.NOTHING),
        ("v2", "b1", "r1", None, Outcome.EMBED),
        ("v2", "b1", "r1", "sha256:aa", Outcome.METADATA),
        ("v2", "b1", "r1", "sha256:bb", Outcome.EMBED),
        ("v1", "b2", "r1", "sha256:aa", Outcome.METADATA),
        ("v1", "b1", "r2", "sha256:aa", Outcome.EMBED),
        (None, "b1", "r1", None, Outcome.GONE),
    ],
)
def test_a_stored_picture(
    version: str | None, build: str, recipe: str, checksum: str | None, outcome: Outcome
) -> None:
    assert plan(version, build, STORED, recipe, started=NOW, checksum=checksum) is outcome


def test_what_is_not_stored_is_embedded() -> None:
    assert plan("v1", "b1", None, "r1", started=NOW) is Outcome.EMBED


def test_a_file_without_a_vector_is_left_alone_whatever_the_model() -> None:
    manual = StoredState("studio", "a.pdf", "v1", "b1", NOW, "sha256:aa", None)
    assert plan("v1", "b1", manual, "r2", started=NOW) is Outcome.NOTHING


def test_a_product_that_changed_is_written_without_reading_bytes() -> None:
    product = StoredState("shop", "S1", "v1", "b1", NOW)
    assert plan("v2", "b1", product, started=NOW) is Outcome.METADATA


@pytest.mark.parametrize("version", ["v1", "v2", None])
def test_what_a_later_run_has_written_is_left_alone(version: str | None) -> None:
    started = STORED.indexed - timedelta(seconds=1)
    assert plan(version, "b1", STORED, "r1", started=started) is Outcome.STALE


def test_a_document_without_bookkeeping_is_made_anew() -> None:
    foreign = StoredState.from_source({"source": {"name": "studio", "key": "a.png"}})
    assert plan("v1", "b1", foreign, "r1", started=NOW, checksum="sha256:aa") is Outcome.EMBED


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@given(st.dictionaries(names, names, max_size=30), st.lists(names, max_size=30))
def test_a_roster_knows_what_is_stored_what_changed_and_what_is_missing(
    stored: dict[str, str], listed: list[str]
) -> None:
    roster = Roster((ident, token(version, "b", None)) for ident, version in stored.items())
    assert len(roster) == len(stored)
    firsts = [ident for ident in listed if roster.see(ident)]
    assert firsts == list(dict.fromkeys(listed))
    for ident, version in stored.items():
        assert roster.is_stored(ident)
        assert roster.is_unchanged(ident, ("x", token(version, "b", None)))
        assert not roster.is_unchanged(ident, (token(version + "2", "b", None),))
        assert roster.has_seen(ident, ident) is (ident in listed)
    assert roster.all_seen() is (set(stored) <= set(listed))


def test_what_lies_below_a_folder_that_cannot_be_listed_may_exist() -> None:
    roster = Roster()
    roster.see_problem(Problem("studio", "locked/", "no permission"), "assets", "studio")
    assert roster.has_seen("an id", "locked/deep/a.png")
    assert not roster.has_seen("an id", "open/a.png")


def test_an_item_with_a_problem_is_not_gone_and_may_still_be_listed() -> None:
    roster = Roster([("P1", token("1", "b", None)), ("P2", token("1", "b", None))])
    roster.see_problem(Problem("shop", "row 3", "repeats 'P1' of row 2", sku="P1"), "products", "shop")
    assert roster.see("P1")
    assert not roster.see("P1")
    roster.see_problem(Problem("shop", "row 4", "bad price", sku="P2"), "products", "shop")
    assert roster.has_seen("P2", "row 4")
    assert not roster.has_seen("P3", "row 5")
