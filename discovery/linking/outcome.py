"""From a verdict, the catalogue's word and people's decisions to the links that hold. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from discovery.linking.sightings import Declared
from discovery.linking.verdict import State, Verdict
from mappings.documents import AppliedLink

DECLARED, DECIDED = "declared", "decided"


class Kind(StrEnum):
    """What a person said of a link. A move is a refusal of one product and an acceptance of another."""

    ACCEPT = "accept"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on one asset and one product; the latest counts. ``role`` may be left open."""

    asset: str
    sku: str
    kind: Kind
    by: str
    at: datetime
    role: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The links of one asset, in the order in which they were found, and the products that people refused."""

    links: tuple[AppliedLink, ...]
    refused: tuple[str, ...]


def settle(
    verdict: Verdict,
    declared: Iterable[Declared],
    decisions: Iterable[Decision],
    *,
    auto: float,
) -> Outcome:
    """Return the links that hold: people's word first, then the catalogue's, then what is sure by itself.

    A refused product is never linked, whoever claims it; a refused proposal takes its relatives along.
    Once a person has accepted a product, proposals of other products are not applied on their own. ``auto``
    is the least probability of a link that needs nobody's word.
    """
    latest = _latest(verdict.asset, decisions)
    refused = {sku for sku, one in latest.items() if one.kind is Kind.REFUSE}
    accepted = [one for one in latest.values() if one.kind is Kind.ACCEPT]
    said = list(declared)
    held: dict[str, AppliedLink] = {}
    for one in sorted(accepted, key=lambda one: (one.at, one.sku)):
        role = one.role or _role(one.sku, said, verdict)
        reason = f"{one.by} accepted it" + (f": {one.why}" if one.why else "")
        held[one.sku] = AppliedLink(one.sku, role, DECIDED, 1.0, (reason,))
    for given in said:
        if given.sku not in refused and given.sku not in held:
            reasons = (f"the catalogue names this file for {given.sku}",)
            held[given.sku] = AppliedLink(given.sku, given.role, DECLARED, 1.0, reasons)
    for link in _automatic(verdict, refused, accepted, auto):
        held.setdefault(link.sku, link)
    return Outcome(tuple(held.values()), tuple(sorted(refused)))


def standing(verdict: Verdict, outcome: Outcome, review: float) -> str:
    """Return what is to be done with an asset now that people may have said something of it.

    ``decided`` where their word leaves nothing to ask: a product was accepted, or of what was proposed and
    not refused nothing is as probable as ``review``. Else the verdict's own state, but for a conflict that a
    refusal leaves with one product: somebody should still look at that one.
    """
    if any(link.method == DECIDED for link in outcome.links):
        return DECIDED
    refused = set(outcome.refused)
    touched = refused.intersection(proposal.sku for proposal in verdict.proposals)
    if not touched:
        return verdict.state.value
    left = [one for one in verdict.proposals if one.sku not in refused and one.probability >= review]
    if not left:
        return DECIDED
    if (
        verdict.state is State.CONFLICT
        and len(refused.intersection(verdict.claims)) < len(verdict.claims) - 1
    ):
        return State.CONFLICT.value
    return State.REVIEW.value


def _latest(asset: str, decisions: Iterable[Decision]) -> dict[str, Decision]:
    """Return the decision that counts for each product; of two at one moment, the refusal."""
    latest: dict[str, Decision] = {}
    for one in decisions:
        held = latest.get(one.sku)
        if one.asset == asset and (held is None or _rank(one) > _rank(held)):
            latest[one.sku] = one
    return latest


def _rank(decision: Decision) -> tuple[datetime, bool, str, str, str]:
    return (
        decision.at,
        decision.kind is Kind.REFUSE,
        decision.by,
        decision.role or "",
        decision.why,
    )


def _automatic(
    verdict: Verdict, refused: set[str], accepted: Sequence[Decision], auto: float
) -> list[AppliedLink]:
    if verdict.state is not State.AUTO:
        return []
    best = verdict.proposals[0]
    family = {link.sku for link in best.links}
    if best.sku in refused or (accepted and not any(one.sku in family for one in accepted)):
        return []
    return [
        AppliedLink(link.sku, link.role, best.method, link.probability, best.reasons)
        for link in best.links
        if link.probability >= auto and link.sku not in refused
    ]


def _role(sku: str, declared: Sequence[Declared], verdict: Verdict) -> str:
    """Return the role of an accepted link that the decision leaves open."""
    for one in declared:
        if one.sku == sku:
            return one.role
    links = [link for proposal in verdict.proposals for link in proposal.links]
    fitting = [link.role for link in links if link.sku == sku] or [link.role for link in links]
    return fitting[0] if fitting else "alternate"
