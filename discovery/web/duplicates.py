"""Files that hold the same picture as the API takes and tells them: groups, decisions, what these do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from discovery.curation.duplicate_listing import (
    DEFAULT_SIZE,
    MOST_SIZE,
    GroupsPage,
    GroupsQuery,
    ListedGroup,
)
from discovery.curation.duplicate_words import MOST_TOGETHER, Choice, DuplicateWord, Effect, SaidOfPair
from discovery.curation.words import LONGEST_WHY, MOST_AT_ONCE
from discovery.duplicates.groups import Pair, State
from discovery.duplicates.lookup import Alike
from discovery.duplicates.prints import Print
from discovery.duplicates.verdict import Kind
from discovery.web import bulk, schemas, serialise
from discovery.web.schemas import MOST_CURSOR_CHARACTERS, MOST_ID_CHARACTERS, Flag, Text, Whole
from discovery.web.shapes import Page
from discovery.web.shaping import (
    a_flag,
    a_number,
    a_text,
    a_whole,
    maybe_text,
    some_objects,
    some_texts,
)
from discovery.web.who import named, who_field
from mappings.documents import AssetDocument

KINDS = tuple(kind.value for kind in Kind)
STATES = tuple(state.value for state in State)
CHOICES = tuple(choice.value for choice in Choice)
_KIND = "how sure it is: exact (equal bytes), same_picture (a whole copy), probable (a crop, a banner)"


class DuplicateMemberShape(Schema):
    """A file of a group."""

    id = a_text("id of the asset")
    name = a_text("its path in its source")
    source = a_text("its source")
    pixels = a_whole("how many it has; 0 where that is not known")
    named = a_flag("whether a catalogue names it")
    linked = a_flag("whether it shows a product")
    merged_into = maybe_text("id of the asset that stands for it; null where it stands for itself")
    thumbnail = maybe_text("address of its thumbnail; null where there is none, or where it has gone")
    self = maybe_text("address of the asset; null where it has gone")


class DuplicatePairShape(Schema):
    """What one file of a group is of another."""

    asset = a_text("id of the lesser file")
    of = a_text("id of the better one")
    kind = a_text(_KIND, enum=list(KINDS))
    how = a_text("what it is of it, in words that the other's name follows")
    degree = a_number("how much alike, 0 to 1; 1 for equal bytes only")
    decision = maybe_text("what people said of the two: keep_both or merge; null where nothing")
    by = maybe_text("who said it")
    at = maybe_text("when", format="date-time")
    why = maybe_text("why, as they said")


class DuplicateGroupShape(Schema):
    """Files that hold the same picture."""

    id = a_text("id of the group; it stays when files come to it")
    kind = a_text(f"of its least sure pair; {_KIND}", enum=list(KINDS))
    state = a_text(
        "what people made of it: nothing yet (open), all are kept, all but one are merged, or some of both "
        "(decided)",
        enum=list(STATES),
    )
    keeper = a_text("id of the file that it is suggested to keep")
    reason = a_text("why that one")
    members = some_objects(DuplicateMemberShape)
    pairs = some_objects(DuplicatePairShape)
    found = a_text("when it was found first", format="date-time")
    seen = a_text("when it was looked at last", format="date-time")


class DuplicateGroupList(Schema):
    """One page of groups, the newest first."""

    total = a_whole("how many there are")
    groups = some_objects(DuplicateGroupShape)
    next = maybe_text("the after of the next page; null on the last one")


class EffectShape(Schema):
    """What a decision does to two assets."""

    asset = a_text("id of the asset that is merged, or of one of the two")
    other = a_text("id of the asset that stands for it, or of the other one")
    decision = a_text("what is said of them", enum=list(CHOICES))
    before = maybe_text("what was said of them until then; null where nothing")
    keywords = some_texts("keywords that the other asset gains")
    links = some_texts("SKUs of products that the other asset shows from then on")


class DuplicateEffects(Schema):
    """What decisions do, or with preview would do, pair by pair."""

    preview = a_flag("whether nothing was changed")
    effects = some_objects(EffectShape)


class AlreadyHereShape(Schema):
    """A file that is there already and holds the same picture."""

    id = a_text("id of the asset")
    name = a_text("its path in its source")
    source = a_text("its source")
    kind = a_text(_KIND, enum=list(KINDS))
    how = a_text("what the picture is of it, in words that its name follows")
    degree = a_number("how much alike, 0 to 1; 1 for equal bytes only")
    self = a_text("address of the asset")


class SimilarPage(Page):
    """The reply to a search by a picture."""

    already_here = some_objects(AlreadyHereShape)


def _id_text(**options: Any) -> Text:
    return Text(
        validate=validate.Length(1, MOST_ID_CHARACTERS, error="from {min} to {max} characters"), **options
    )


class DuplicateDecision(Schema):
    """One thing that somebody says of a group, or of some assets."""

    error_messages = {"unknown": "unknown field", "type": "expected an object"}  # noqa: RUF012

    decision = Text(
        required=True,
        validate=validate.OneOf(CHOICES, error="expected one of {choices}"),
        metadata={
            "description": "keep_both (all of them are meant), merge (all are the asset of into), or undo "
            "what was said"
        },
    )
    group = _id_text(
        load_default=None,
        allow_none=True,
        metadata={"description": "id of a group, in place of its assets"},
    )
    assets = fields.List(
        _id_text(),
        load_default=list,
        validate=validate.Length(max=MOST_TOGETHER, error="at most {max} assets together"),
        error_messages={"invalid": "expected a list", "null": "expected a list"},
        metadata={"description": "ids of the assets"},
    )
    into = _id_text(
        load_default=None,
        allow_none=True,
        metadata={"description": "asset that a merge goes into; of a group its keeper where it is left open"},
    )
    why = Text(
        load_default="",
        validate=validate.Length(max=LONGEST_WHY, error="at most {max} characters"),
        metadata={"description": "why, for those who ask later"},
    )

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> DuplicateWord:
        """Return what was said."""
        return DuplicateWord(
            Choice(data["decision"]), data["group"], tuple(data["assets"]), data["into"], data["why"]
        )


class DuplicateDecisions(Schema):
    """What somebody says of duplicates: one decision, or several under ``decisions``; all of it, or none."""

    error_messages = DuplicateDecision.error_messages

    decisions = fields.List(
        fields.Nested(DuplicateDecision),
        required=True,
        validate=validate.Length(1, MOST_AT_ONCE, error="from {min} to {max} decisions"),
        error_messages={"invalid": "expected a list", "null": "expected a list", "required": "is required"},
    )
    preview = Flag(load_default=False, metadata={"description": "say what it would do, and change nothing"})
    by = who_field()


class _GroupParameters(Schema):
    error_messages = DuplicateDecision.error_messages

    kind = Text(load_default=None)
    state = Text(load_default=None)
    source = Text(load_default=None)
    asset = Text(load_default=None)
    after = Text(
        load_default=None,
        validate=validate.Length(max=MOST_CURSOR_CHARACTERS, error="at most {max} characters"),
    )
    size = Whole(
        load_default=DEFAULT_SIZE, validate=validate.Range(1, MOST_SIZE, error="from {min} to {max}")
    )

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> GroupsQuery:
        return GroupsQuery(**data)


_DECISIONS = DuplicateDecisions()
_GROUPS = _GroupParameters()

GROUP_PARAMETERS = tuple(_GROUPS.fields)


def groups_query(given: Mapping[str, Any]) -> GroupsQuery:
    """Return what the parameters of an address ask of the list of groups.

    Raises:
        InputInvalid: naming every parameter that is wrong.
    """
    asked: GroupsQuery = schemas.load(_GROUPS, given)
    return asked


def words_of(body: Mapping[str, Any]) -> tuple[list[DuplicateWord], str, bool, bool]:
    """Return what a body says, who says so, whether it is a preview, and whether it is one by itself.

    Raises:
        InputInvalid: naming every field that is wrong.
    """
    loaded, single = bulk.loaded(_DECISIONS, body, ("by", "preview"))
    return loaded["decisions"], named(loaded["by"]), loaded["preview"], single


def group(one: ListedGroup) -> dict[str, Any]:
    """Return one group."""
    said = {word.ids: word for word in one.said}
    return {
        "id": one.group.id,
        "kind": one.group.kind.value,
        "state": one.state.value,
        "keeper": one.group.keeper.id,
        "reason": one.group.reason,
        "members": [_member(member, one.assets.get(member.id)) for member in one.group.members],
        "pairs": [_pair(pair, said.get(pair.ids)) for pair in one.group.pairs],
        "found": serialise.moment(one.found),
        "seen": serialise.moment(one.seen),
    }


def page(one: GroupsPage) -> dict[str, Any]:
    """Return one page of groups."""
    return {"total": one.total, "groups": [group(listed) for listed in one.groups], "next": one.next}


def effects(made: Sequence[Effect], *, preview: bool) -> dict[str, Any]:
    """Return what decisions do."""
    return {
        "preview": preview,
        "effects": [
            {
                "asset": one.asset,
                "other": one.other,
                "decision": one.choice.value,
                "before": None if one.before is None else one.before.value,
                "keywords": list(one.keywords),
                "links": list(one.links),
            }
            for one in made
        ],
    }


def already_here(found: Sequence[Alike]) -> list[dict[str, Any]]:
    """Return what is there already."""
    return [
        {
            "id": one.print.id,
            "name": one.print.name,
            "source": one.print.source,
            "kind": one.likeness.kind.value,
            "how": one.likeness.how,
            "degree": one.likeness.degree,
            "self": serialise.asset_address(one.print.id),
        }
        for one in found
    ]


def _member(one: Print, asset: AssetDocument | None) -> dict[str, Any]:
    links = None if asset is None else serialise.asset_links(asset)
    return {
        "id": one.id,
        "name": one.name,
        "source": one.source,
        "pixels": one.pixels,
        "named": bool(one.skus),
        "linked": one.linked if asset is None else asset.product.linked or bool(asset.product.links),
        "merged_into": None if asset is None else asset.curation.merged_into,
        "thumbnail": None if links is None else links["thumbnail"],
        "self": None if links is None else links["self"],
    }


def _pair(one: Pair, said: SaidOfPair | None) -> dict[str, Any]:
    return {
        "asset": one.lesser.id,
        "of": one.kept.id,
        "kind": one.likeness.kind.value,
        "how": one.likeness.how,
        "degree": one.likeness.degree,
        "decision": None if said is None else said.choice.value,
        "by": None if said is None else said.by,
        "at": None if said is None else serialise.moment(said.at),
        "why": None if said is None else said.why,
    }
