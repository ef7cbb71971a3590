"""What holds in the end: people first, then the catalogue, then what is sure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.linking.outcome import Decision, Kind, settle, standing
from discovery.linking.sightings import Declared
from discovery.linking.verdict import Link, Proposal, State, Verdict

DAY = datetime(2026, 5, 1, tzinfo=UTC)
AUTO = 0.95
SKUS = ("A", "B", "C", "D")


def proposal(sku: str, probability: float, *links: Link) -> Proposal:
    own = Link(sku, "hero", probability)
    return Proposal(sku, sku, probability, "hero", "filename", (own, *links), ("because",), ())


def verdict(*proposals: Proposal, state: State = State.AUTO) -> Verdict:
    return Verdict("asset", state, proposals)


def decision(sku: str, kind: Kind, *, later: int = 0, role: str | None = None) -> Decision:
    return Decision("asset", sku, kind, "librarian@example.org", DAY + timedelta(days=later), role)


def applied(outcome_of: object) -> list[str]:
    return [link.sku for link in outcome_of.links]  # type: ignore[attr-defined]


def test_what_is_sure_is_linked_with_its_relatives() -> None:
    said = verdict(proposal("A", 0.99, Link("B", "hero", 0.97), Link("C", "hero", 0.6)))
    found = settle(said, [], [], auto=AUTO)
    assert [(link.sku, link.method, link.confidence) for link in found.links] == [
        ("A", "filename", 0.99),
        ("B", "filename", 0.97),
    ]
    assert found.links[0].reasons == ("because",)


def test_what_is_only_likely_waits() -> None:
    for state in (State.REVIEW, State.CONFLICT, State.NONE):
        assert settle(verdict(proposal("A", 0.99), state=state), [], [], auto=AUTO).links == ()


def test_the_catalogue_comes_before_what_is_sure_and_keeps_its_role() -> None:
    found = settle(verdict(proposal("A", 0.99)), [Declared("A", "back")], [], auto=AUTO)
    assert [(link.sku, link.role, link.method, link.confidence) for link in found.links] == [
        ("A", "back", "declared", 1.0)
    ]


def test_a_refusal_holds_against_the_catalogue_and_takes_the_relatives_along() -> None:
    said = verdict(proposal("A", 0.99, Link("B", "hero", 0.99)))
    found = settle(said, [Declared("A", "hero")], [decision("A", Kind.REFUSE)], auto=AUTO)
    assert found.links == ()
    assert found.refused == ("A",)


def test_a_refused_relative_leaves_the_rest() -> None:
    said = verdict(proposal("A", 0.99, Link("B", "hero", 0.99)))
    assert applied(settle(said, [], [decision("B", Kind.REFUSE)], auto=AUTO)) == ["A"]


def test_an_accepted_product_ends_the_search_for_others() -> None:
    found = settle(
        verdict(proposal("A", 0.99)),
        [Declared("C", "detail")],
        [decision("B", Kind.ACCEPT, role="swatch")],
        auto=AUTO,
    )
    assert [(link.sku, link.role, link.method) for link in found.links] == [
        ("B", "swatch", "decided"),
        ("C", "detail", "declared"),
    ]


def test_an_accepted_product_of_the_best_proposal_keeps_its_relatives() -> None:
    said = verdict(proposal("A", 0.99, Link("B", "hero", 0.99)))
    assert applied(settle(said, [], [decision("A", Kind.ACCEPT)], auto=AUTO)) == ["A", "B"]


def test_a_move_is_a_refusal_and_an_acceptance() -> None:
    moved = [decision("A", Kind.REFUSE), decision("B", Kind.ACCEPT)]
    found = settle(verdict(proposal("A", 0.99)), [], moved, auto=AUTO)
    assert applied(found) == ["B"]
    assert found.refused == ("A",)


def test_the_latest_word_counts_and_other_assets_words_do_not() -> None:
    words = [
        decision("A", Kind.REFUSE, later=1),
        decision("A", Kind.ACCEPT, later=2),
        Decision("another", "A", Kind.REFUSE, "b", DAY + timedelta(days=9)),
    ]
    assert applied(settle(verdict(state=State.NONE), [], words, auto=AUTO)) == ["A"]
    assert applied(settle(verdict(state=State.NONE), [], words[:1], auto=AUTO)) == []


@given(
    st.lists(st.builds(decision, st.sampled_from(SKUS), st.sampled_from(Kind), later=st.integers(0, 30))),
    st.lists(st.builds(Declared, st.sampled_from(SKUS), st.sampled_from(["hero", "back"]))),
    st.sampled_from(SKUS),
    st.floats(0, 1),
    st.sampled_from(State),
    st.randoms(),
)
def test_people_always_win_in_whatever_order_they_are_read(
    decisions: list[Decision],
    declared: list[Declared],
    sku: str,
    probability: float,
    state: State,
    chance: object,
) -> None:
    said = verdict(proposal(sku, probability, Link("D", "hero", probability)), state=state)
    found = settle(said, declared, decisions, auto=AUTO)
    last: dict[str, Decision] = {}
    for one in sorted(decisions, key=lambda one: (one.at, one.kind is Kind.REFUSE)):
        last[one.sku] = one
    for one in last.values():
        assert (one.sku in applied(found)) is (one.kind is Kind.ACCEPT)
    assert len(applied(found)) == len(set(applied(found)))
    shuffled = list(decisions)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert settle(said, declared, shuffled, auto=AUTO) == found


CONFLICT = Verdict(
    "asset", State.CONFLICT, (proposal("A", 0.45), proposal("B", 0.44), proposal("C", 0.04)), "", ("A", "B")
)
LIKELY = verdict(proposal("A", 0.6), proposal("C", 0.04), state=State.REVIEW)
SURE = verdict(proposal("A", 0.99))


@pytest.mark.parametrize(
    ("said", "decisions", "expected"),
    [
        (LIKELY, [], "review"),
        (LIKELY, [decision("A", Kind.ACCEPT)], "decided"),
        (LIKELY, [decision("D", Kind.ACCEPT)], "decided"),
        (LIKELY, [decision("A", Kind.REFUSE)], "decided"),
        (LIKELY, [decision("D", Kind.REFUSE)], "review"),
        (CONFLICT, [], "conflict"),
        (CONFLICT, [decision("A", Kind.REFUSE)], "review"),
        (CONFLICT, [decision("A", Kind.REFUSE), decision("B", Kind.REFUSE)], "decided"),
        (CONFLICT, [decision("C", Kind.REFUSE)], "conflict"),
        (CONFLICT, [decision("B", Kind.ACCEPT)], "decided"),
        (SURE, [], "auto"),
        (SURE, [decision("A", Kind.REFUSE)], "decided"),
        (verdict(state=State.NONE), [], "none"),
        (verdict(state=State.NONE), [decision("A", Kind.ACCEPT)], "decided"),
    ],
)
def test_people_are_asked_as_long_as_their_word_leaves_something_to_ask(
    said: Verdict, decisions: list[Decision], expected: str
) -> None:
    assert standing(said, settle(said, [], decisions, auto=AUTO), 0.3) == expected
