"""Links as the API takes and tells them: what is asked for, decided and answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from discovery.curation.review import DEFAULT_SIZE, MOST_SIZE, WAITING, ReviewEntry, ReviewPage, ReviewQuery
from discovery.curation.words import LONGEST_WHY, MOST_AT_ONCE, LinkWord, PastWord, Word
from discovery.linking.outcome import DECIDED, Decision
from discovery.linking.roles import ROLES
from discovery.linking.verdict import Proposal, State
from discovery.web import bulk, schemas, serialise
from discovery.web.schemas import MOST_CURSOR_CHARACTERS, MOST_ID_CHARACTERS, Number, Text, Whole
from discovery.web.services import Explained
from discovery.web.shaping import (
    a_flag,
    a_number,
    a_text,
    a_whole,
    an_object,
    maybe_moment,
    maybe_text,
    some_objects,
    some_texts,
)
from discovery.web.who import named, who_field
from mappings.documents import AppliedLink, AssetDocument

STATES = (*(state.value for state in State), DECIDED)
_STATE = "what is to be done: nothing (auto, decided, none) or somebody's look (review, conflict)"
_METHOD = "how it was found: the kind of evidence that speaks for it most, declared or decided"


class LinkedAssetShape(Schema):
    """The asset that links are about."""

    id = a_text("its id")
    name = a_text("its path in its source")
    source = a_text("its source")
    thumbnail = maybe_text("address of its thumbnail; null where there is none, or where it has gone")
    self = maybe_text("address of the asset; null where it has gone")


class HeldLinkShape(Schema):
    """A link that holds."""

    sku = a_text("SKU")
    role = a_text("what the asset is to it", enum=list(ROLES))
    method = a_text(_METHOD)
    confidence = a_number("0 to 1")
    reasons = some_texts("in words")


class ProposedLinkShape(Schema):
    """A product that comes with a proposal: itself, or a relative."""

    sku = a_text("SKU")
    role = a_text("what the asset would be to it", enum=list(ROLES))
    probability = a_number("0 to 1")


class EvidenceShape(Schema):
    """One piece of evidence."""

    feature = a_text("what kind it is of")
    value = a_number("how strong it is, 0 to 1")
    contribution = a_number("what it adds to the log-odds; 0 where a stronger piece of its kind counts")
    reason = a_text("in words")
    sku = maybe_text("the one product of the family that it names")


class ProposalShape(Schema):
    """A product that may be what the asset shows."""

    sku = a_text("SKU")
    name = a_text("name of the product")
    probability = a_number("what it scored, 0 to 1")
    role = a_text("what the asset would be to it", enum=list(ROLES))
    method = a_text(_METHOD)
    links = some_objects(ProposedLinkShape)
    reasons = some_texts("what speaks for it most, in words")
    evidence = some_objects(EvidenceShape)


class ShortProposalShape(Schema):
    """A product that may be what the asset shows, without the evidence piece by piece."""

    sku = a_text("SKU")
    name = a_text("name of the product")
    probability = a_number("what it scored, 0 to 1")
    role = a_text("what the asset would be to it", enum=list(ROLES))
    method = a_text(_METHOD)
    reasons = some_texts("what speaks for it most, in words")


class DecisionShape(Schema):
    """What somebody said of an asset and a product."""

    asset = a_text("id of the asset")
    sku = a_text("SKU")
    decision = a_text("what was said", enum=["accept", "refuse"])
    role = maybe_text("role that was named")
    by = a_text("who said it")
    at = maybe_moment("when")
    why = a_text("why; may be empty")


class PastWordShape(Schema):
    """What somebody said of an asset and a product at some time; a move is told as the two that it is."""

    asset = a_text("id of the asset")
    sku = a_text("SKU")
    decision = a_text("what was said", enum=["accept", "refuse", "withdraw"])
    role = maybe_text("role that was named")
    by = a_text("who said it")
    at = maybe_moment("when")
    why = a_text("why; may be empty")
    last = a_flag("whether it is the last word on the two")


class LinkExplanation(Schema):
    """Everything that speaks for and against the products of one asset, judged now."""

    asset = an_object(LinkedAssetShape)
    state = a_text(_STATE, enum=list(STATES))
    reason = a_text("why it is in this state")
    claims = some_texts("SKUs of a conflict")
    links = some_objects(HeldLinkShape)
    refused = some_texts("SKUs that people refused")
    decisions = some_objects(DecisionShape)
    history = some_objects(PastWordShape)
    proposals = some_objects(ProposalShape)


class ProductHistory(Schema):
    """All that people ever said of the links of one product."""

    history = some_objects(PastWordShape)


class ReviewEntryShape(Schema):
    """An asset whose links wait for somebody's word."""

    asset = an_object(LinkedAssetShape)
    state = a_text("review, or conflict: two products claim it", enum=list(WAITING))
    reason = a_text("why it waits")
    probability = a_number("of the best proposal, 0 to 1")
    proposals = some_objects(ShortProposalShape)
    links = some_objects(HeldLinkShape)
    refused = some_texts("SKUs that people refused")
    judged = maybe_moment("when it was last judged")


class ReviewList(Schema):
    """One page of the review queue, the most probable first."""

    total = a_whole("how many wait")
    entries = some_objects(ReviewEntryShape)
    next = maybe_text("the after of the next page; null on the last one")


class DecisionsTaken(Schema):
    """What holds now of the assets and products that were named; what was withdrawn is not among it."""

    decisions = some_objects(DecisionShape)


def _required(description: str) -> Text:
    return Text(
        required=True,
        validate=validate.Length(max=MOST_ID_CHARACTERS, error="at most {max} characters"),
        metadata={"description": description},
    )


class LinkDecision(Schema):
    """One thing that somebody says of a link."""

    error_messages = {"unknown": "unknown field", "type": "expected an object"}  # noqa: RUF012

    asset = _required("id of the asset")
    sku = _required("SKU that the decision is about")
    decision = Text(
        required=True,
        validate=validate.OneOf([word.value for word in Word], error="expected one of {choices}"),
        metadata={"description": "accept, refuse, move (refuse sku, accept to) or withdraw what was said"},
    )
    to = Text(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MOST_ID_CHARACTERS, error="at most {max} characters"),
        metadata={"description": "SKU that a move goes to"},
    )
    role = Text(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(ROLES, error="expected one of {choices}"),
        metadata={"description": "what the asset is to the product; found out where it is left open"},
    )
    why = Text(
        load_default="",
        validate=validate.Length(max=LONGEST_WHY, error="at most {max} characters"),
        metadata={"description": "why, for those who ask later"},
    )

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> LinkWord:
        """Return what was said."""
        return LinkWord(
            data["asset"], data["sku"], Word(data["decision"]), data["to"], data["role"], data["why"]
        )


class LinkDecisions(Schema):
    """What somebody says of links: one decision, or several under ``decisions``; all of it, or none."""

    error_messages = LinkDecision.error_messages

    decisions = fields.List(
        fields.Nested(LinkDecision),
        required=True,
        validate=validate.Length(1, MOST_AT_ONCE, error="from {min} to {max} decisions"),
        error_messages={"invalid": "expected a list", "null": "expected a list", "required": "is required"},
    )
    by = who_field()


class _ReviewParameters(Schema):
    error_messages = LinkDecision.error_messages

    state = Text(load_default=None)
    source = Text(load_default=None)
    family = Text(load_default=None)
    sku = Text(load_default=None)
    min_probability = Number(load_default=None)
    after = Text(
        load_default=None,
        validate=validate.Length(max=MOST_CURSOR_CHARACTERS, error="at most {max} characters"),
    )
    size = Whole(
        load_default=DEFAULT_SIZE, validate=validate.Range(1, MOST_SIZE, error="from {min} to {max}")
    )

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> ReviewQuery:
        return ReviewQuery(**data)


_DECISIONS = LinkDecisions()
_REVIEW = _ReviewParameters()


def review_query(given: Mapping[str, Any]) -> ReviewQuery:
    """Return what the parameters of an address ask of the review queue.

    Raises:
        InputInvalid: naming every parameter that is wrong.
    """
    asked: ReviewQuery = schemas.load(_REVIEW, given)
    return asked


REVIEW_PARAMETERS = tuple(_REVIEW.fields)


def words_of(body: Mapping[str, Any]) -> tuple[list[LinkWord], str, bool]:
    """Return what a body says of links, who says so, and whether it is one decision by itself.

    Raises:
        InputInvalid: naming every field that is wrong.
    """
    loaded, single = bulk.loaded(_DECISIONS, body, ("by",))
    return loaded["decisions"], named(loaded["by"]), single


def explanation(one: Explained, history: Sequence[PastWord]) -> dict[str, Any]:
    """Return everything about the links of one asset, and all that was ever said of them."""
    return {
        "asset": _asset(one.asset),
        "state": one.state,
        "reason": one.verdict.reason,
        "claims": list(one.verdict.claims),
        "links": [_held(link) for link in one.outcome.links],
        "refused": list(one.outcome.refused),
        "decisions": [decision(made) for made in one.decisions],
        "history": [_past(word) for word in history],
        "proposals": [_proposal(proposal) for proposal in one.verdict.proposals],
    }


def product_history(words: Sequence[PastWord]) -> dict[str, Any]:
    """Return all that was ever said of the links of one product."""
    return {"history": [_past(word) for word in words]}


def review(page: ReviewPage) -> dict[str, Any]:
    """Return one page of the review queue."""
    return {
        "total": page.total,
        "entries": [_entry(entry) for entry in page.entries],
        "next": page.next,
    }


def decisions_taken(made: Sequence[Decision]) -> dict[str, Any]:
    """Return what holds after some decisions."""
    return {"decisions": [decision(one) for one in made]}


def decision(one: Decision) -> dict[str, Any]:
    """Return one decision."""
    return {
        "asset": one.asset,
        "sku": one.sku,
        "decision": one.kind.value,
        "role": one.role,
        "by": one.by,
        "at": serialise.moment(one.at),
        "why": one.why,
    }


def _past(one: PastWord) -> dict[str, Any]:
    return {
        "asset": one.asset,
        "sku": one.sku,
        "decision": one.word.value,
        "role": one.role,
        "by": one.by,
        "at": serialise.moment(one.at),
        "why": one.why,
        "last": one.last,
    }


def _asset(one: AssetDocument) -> dict[str, Any]:
    links = serialise.asset_links(one)
    return {
        "id": one.id,
        "name": one.source.key,
        "source": one.source.name,
        "thumbnail": links["thumbnail"],
        "self": links["self"],
    }


def _entry(entry: ReviewEntry) -> dict[str, Any]:
    link = entry.link
    gone = {"id": link.id, "name": link.name, "source": link.source, "thumbnail": None, "self": None}
    return {
        "asset": gone if entry.asset is None else _asset(entry.asset),
        "state": link.state,
        "reason": link.reason,
        "probability": link.probability,
        "proposals": [
            {
                **{name: proposal[name] for name in ("sku", "name", "probability", "role", "method")},
                "reasons": list(proposal["reasons"]),
            }
            for proposal in link.proposals
        ],
        "links": [_held(one) for one in link.applied],
        "refused": list(link.refused),
        "judged": serialise.moment(link.judged),
    }


def _held(link: AppliedLink) -> dict[str, Any]:
    return {
        "sku": link.sku,
        "role": link.role,
        "method": link.method,
        "confidence": round(link.confidence, 4),
        "reasons": list(link.reasons),
    }


def _proposal(one: Proposal) -> dict[str, Any]:
    return {
        "sku": one.sku,
        "name": one.name,
        "probability": round(one.probability, 4),
        "role": one.role,
        "method": one.method,
        "links": [
            {"sku": link.sku, "role": link.role, "probability": round(link.probability, 4)}
            for link in one.links
        ],
        "reasons": list(one.reasons),
        "evidence": [
            {
                "feature": piece.feature,
                "value": round(piece.value, 4),
                "contribution": round(piece.contribution, 4),
                "reason": piece.reason,
                "sku": piece.sku,
            }
            for piece in one.evidence
        ],
    }
