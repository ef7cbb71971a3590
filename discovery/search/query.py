"""The whole engine request, from parts: one query whose hits, total, facets and pages are of one set.

The form (engine-side signals side by side, each saturating, in one ``bool``) is the convex combination of
Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (ACM TOIS 42(1), 2023).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from discovery.search.clauses import Clause, all_of
from discovery.search.examples import (
    COLOUR_SHARE,
    UNLIKE,
    UNLIKE_SHARE,
    WORDS,
    WORDS_SHARE,
    Composed,
    nearer,
    reversed_row,
    toward,
)
from discovery.search.facets import Facet, facet_aggregations
from discovery.search.filters import filter_clauses
from discovery.search.identifiers import has_identifier, identifier_signal
from discovery.search.palette import Palette
from discovery.search.request import Filters, Mode
from discovery.search.rules import NO_RULES, Fired
from discovery.search.shaping import boosted_and_buried, pinned
from discovery.search.text import (
    Wording,
    can_be_respelt,
    highlight,
    named_clause,
    spelling,
    text_signal,
)
from discovery.search.vectors import LOOK_SHARE, MEANING, similarity_signal, visual_signal
from mappings.fields import FEATURES, VECTORS, Field, Side

WITH_SIGNALS = {"include_named_queries_score": "true"}
"""Makes the engine tell each signal's share of a score. It is a parameter of the address of a single
search; neither a body nor a multi-search may say it."""

UNSHOWN: dict[Side, tuple[str, ...]] = {
    "assets": ("product.attributes", "product.attribute_text", "product.category_paths", "run"),
    "products": (
        "source.attributes",
        "source.attribute_text",
        "source.category_paths",
        "source.images",
        "source.image_paths",
        "assets.ids",
        "run",
    ),
}
"""Blocks that are for finding, not for showing; hits leave them out as they do vectors."""

IDENTIFIED = "identified"
WORDED = "worded"

HIDDEN = "hidden"
"""Counts what is named as the query has it and does not pass what was understood of that."""

SAID = "said"
NAMED = "named"
LEFT = "left"
"""Count what says the words of one part that was understood, what is named by them, and what of each passes
its filter."""

Matching = Callable[[list[Clause]], Clause]
"""Makes the query of a question from the clauses that every hit must pass."""


@dataclass(frozen=True, slots=True)
class Words:
    """A search by words, decided: how it is done and, where pictures take part, with what vector.

    ``floor`` is a cosine; ``share`` is the pictures' part of a hybrid score; ``nearest`` their number.
    ``wording`` says what else the words may be and which must be there; ``rules`` what people decided.
    """

    side: Side
    q: str
    mode: Mode
    vector: tuple[float, ...] = ()
    floor: float = 0.0
    share: float = 0.5
    nearest: int = 1000
    recipe: str | None = None
    wording: Wording | None = None
    rules: Fired = NO_RULES
    palette: Palette | None = None

    @property
    def worded(self) -> Wording:
        """The words as they are looked for."""
        return self.wording or Wording(self.q)

    def query(self, filters: list[Clause]) -> Clause:
        """Return the query; without words it is whatever passes the filters."""
        if self.palette is not None:
            colours = self.palette.closeness(self.side, COLOUR_SHARE)
            if not self.q:
                return {"bool": {"filter": filters, "must": [colours]}}
            return {"bool": {"must": [replace(self, palette=None).query(filters)], "should": [colours]}}
        if not self.q:
            return all_of(filters or [{"match_all": {}}])
        joint, _ = VECTORS[self.side]
        weights = {Mode.TEXT: (1.0, 0.0), Mode.VISUAL: (0.0, 1.0)}.get(
            self.mode, (1 - self.share, self.share)
        )
        signals: list[Clause] = []
        if weights[0] > 0:
            signals.append(text_signal(self.side, self.worded, weights[0]))
        if weights[1] > 0:
            signals.append(
                visual_signal(
                    joint,
                    self.vector,
                    k=self.nearest,
                    floor=self.floor,
                    weight=weights[1],
                    filters=filters,
                    named=self.rules.move_hits,
                )
            )
        signals = boosted_and_buried(self.side, signals, self.rules)
        if self.mode is not Mode.VISUAL and has_identifier(self.q):
            signals.append(identifier_signal(self.side, self.q))
        signals = pinned(self.side, signals, self.rules)
        return {"bool": {"filter": filters, "should": signals, "minimum_should_match": 1}}

    def probes(self) -> dict[str, Clause]:
        """Return what counts the hits that the words themselves, or a whole identifier, brought in.

        By words alone, the total says the first of it.
        """
        counted: dict[str, Clause] = {}
        if self.mode is Mode.HYBRID:
            counted[WORDED] = {"filter": self.worded.matching()}
        if self.mode is not Mode.VISUAL and has_identifier(self.q):
            counted[IDENTIFIED] = {"filter": identifier_signal(self.side, self.q)}
        return counted


def hidden_probe(side: Side, q: str, passing: list[Clause], understood: list[Clause]) -> dict[str, Any]:
    """Return what counts the items that are named by all words of ``q`` and would be hidden by filters."""
    named = {"bool": {"filter": [named_clause(side, q), *passing], "must_not": [all_of(understood)]}}
    return {"global": {}, "aggs": {HIDDEN: {"filter": named}}}


def left_probe(name: str, saying: Clause, passing: list[Clause], understood: list[Clause]) -> dict[str, Any]:
    """Return what counts, as ``name``, the items of ``saying``, and those of them that the filters leave."""
    said = all_of([saying, *passing])
    return {"global": {}, "aggs": {name: {"filter": said, "aggs": {LEFT: {"filter": all_of(understood)}}}}}


@dataclass(frozen=True, slots=True)
class Steered:
    """What a search by pictures should be besides: ``words`` as typed and as a vector, and colours.

    ``share`` is the part of the words' signals that their vector has; without one they are words alone.
    """

    words: str = ""
    vector: tuple[float, ...] = ()
    share: float = 0.0
    palette: Palette | None = None

    def signals(self, side: Side) -> list[Clause]:
        """Return what orders the hits besides their look."""
        joint, _ = VECTORS[side]
        found: list[Clause] = []
        if self.words:
            found.append(text_signal(side, Wording(self.words), WORDS_SHARE * (1 - self.share)))
        if self.vector:
            found.append(toward(joint, self.vector, WORDS_SHARE * self.share, WORDS))
        if self.palette is not None:
            found.append(self.palette.closeness(side, COLOUR_SHARE))
        return found


@dataclass(frozen=True, slots=True)
class Likeness:
    """A search by pictures: by their look alone, or with their place in the joint space as well.

    The set is that of the look; the joint space (``meaning``), pictures that are not meant and what the
    search is ``steered`` by only take part in the order, but for colours, which hits must have, and for what
    is nearer to pictures that are not meant.
    """

    side: Side
    pictures: Composed
    meaning: bool
    floor: float
    nearest: int
    recipe: str | None = None
    steered: Steered = Steered()

    @property
    def share(self) -> float:
        """The look's part of a score."""
        return LOOK_SHARE if self.meaning else 1.0

    @property
    def is_plain(self) -> bool:
        """Whether it is a search by one picture and nothing else: then its scores are cosines."""
        return self.pictures.scale == 1.0 and self.pictures.unlike is None and self.steered == Steered()

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells one such search from another; spelling vectors out digit by digit would take 1 ms."""
        given = (self.pictures.look, self.pictures.joint, self.pictures.unlike or (), self.steered.vector)
        rows = tuple(array("d", vector).tobytes().hex() for vector in given)
        told = (self.meaning, self.floor, self.nearest, self.recipe, self.pictures.scale)
        return (self.side, rows, told, self.steered.words, self.steered.palette)

    def query(self, filters: list[Clause]) -> Clause:
        """Return the query: the nearest so many that pass ``filters``, no less similar than the floor."""
        joint_path, look_path = VECTORS[self.side]
        pictures, palette = self.pictures, self.steered.palette
        if palette is not None:
            filters = [*filters, palette.passes(self.side)]
        # A mean of cosines is never more than its scale; a floor above that lets nothing through.
        floor = min(1.0, self.floor / pictures.scale) if pictures.scale else 1.0
        look = similarity_signal(
            look_path, pictures.look, k=self.nearest, floor=floor, share=self.share, filters=filters
        )
        should = self.steered.signals(self.side)
        if self.meaning:
            should.insert(0, toward(joint_path, pictures.joint, 1 - self.share, MEANING))
        if pictures.unlike is not None:
            should.append(toward(look_path, reversed_row(pictures.unlike), UNLIKE_SHARE, UNLIKE))
        if pictures.apart is not None:
            filters = [*filters, nearer(look_path, pictures.apart)]
        found: dict[str, Any] = {"filter": filters, "must": [look]}
        return {"bool": found | {"should": should} if should else found}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one side, all checked.

    ``always`` are clauses of every query made from it: the viewer's rights, and an item left out.
    ``recipe`` is what the vectors in it were made by, if there are any.
    """

    side: Side
    matching: Matching
    filters: Filters
    always: tuple[Clause, ...]
    facets: tuple[Facet, ...]
    order: list[Clause]
    facet_values: int
    recipe: str | None = None

    def query(self, leaving_out: Field | None = None) -> Clause:
        """Return the query; ``leaving_out`` names a field whose own conditions are left out."""
        return self.matching([*self.always, *filter_clauses(self.side, self.filters, leaving_out)])


@dataclass(frozen=True, slots=True)
class Extras:
    """What the first page of a search by words asks besides: marks, counts of its signals, spellings."""

    marked: tuple[str, ...] = ()
    probes: tuple[tuple[str, Clause], ...] = ()
    spelling: str = ""


def page_body(question: Question, size: int, extras: Extras) -> Clause:
    """Return the request for one page of ``question``, with its total and the facets nothing narrows."""
    body: dict[str, Any] = {
        "size": size,
        "track_total_hits": True,
        "_source": {"excludes": [*FEATURES[question.side], *UNSHOWN[question.side]]},
        "query": question.query(),
        "sort": question.order,
    }
    free = tuple(facet for facet in question.facets if not facet.narrowed)
    counted = facet_aggregations(free, question.facet_values) | dict(extras.probes)
    if counted:
        body["aggs"] = counted
    if extras.marked:
        body["highlight"] = highlight(question.side, extras.marked[0], extras.marked[1:])
    if extras.spelling and can_be_respelt(extras.spelling):
        body["suggest"] = spelling(extras.spelling)
    return body


def sibling_bodies(question: Question) -> list[Clause]:
    """Return one request for each facet that is itself narrowed: its counts without its own conditions."""
    return [
        {
            "size": 0,
            "track_total_hits": False,
            "query": question.query(leaving_out=facet.field),
            "aggs": facet_aggregations((facet,), question.facet_values),
        }
        for facet in question.facets
        if facet.narrowed
    ]


def frozen(body: Clause, pit: str, keep_alive_seconds: int, after: tuple[Any, ...] | None = None) -> Clause:
    """Return ``body`` asked of a point in time, from after the hit with those sort values."""
    asked = {**body, "pit": {"id": pit, "keep_alive": f"{keep_alive_seconds}s"}}
    if after is not None:
        asked["search_after"] = list(after)
    return asked
