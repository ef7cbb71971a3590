"""The read side's use cases. All that is asked of the engine passes through here, and through one seam."""

from __future__ import annotations

import functools
import posixpath
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from discovery.config import MODELS_OWN, SearchSettings
from discovery.duplicates.versions import version_of
from discovery.errors import (
    CursorExpired,
    DiscoveryError,
    FieldProblem,
    IndexMismatch,
    IndexMissing,
    ModelUnavailable,
    NotFound,
)
from discovery.search import paging, suggest
from discovery.search.clauses import Clause, all_of, none_of, refused
from discovery.search.examples import Example, checked, composed, named_at, steering_words
from discovery.search.facets import asked_facets
from discovery.search.filters import filter_clauses, known_field, shown_clauses
from discovery.search.identifiers import looks_like_identifier
from discovery.search.language import Reading, literal, read
from discovery.search.membership import is_listed, names_a_collection, placed
from discovery.search.paging import Cursor
from discovery.search.palette import NAMED_SHARE, Palette, palette_of
from discovery.search.query import (
    HIDDEN,
    IDENTIFIED,
    LEFT,
    NAMED,
    SAID,
    WITH_SIGNALS,
    WORDED,
    Extras,
    Likeness,
    Matching,
    Question,
    Steered,
    Words,
    frozen,
    hidden_probe,
    left_probe,
    page_body,
    sibling_bodies,
)
from discovery.search.request import (
    Applied,
    Condition,
    ExamplePicture,
    FacetValue,
    Filters,
    Listing,
    Mode,
    SearchPage,
    SearchRequest,
    SimilarRequest,
    Suggestions,
    Understood,
    Viewer,
)
from discovery.search.response import (
    count_of,
    document,
    hidden_count,
    likeness_hit,
    read_facets,
    total_of,
    words_hit,
)
from discovery.search.rules import NO_RULES, Fired, Rule, fire, other_words
from discovery.search.settled import Settled
from discovery.search.sorting import by_score, order
from discovery.search.standing import (
    FAMILIES,
    Pictured,
    Searching,
    Snapshots,
    Spellings,
    Stamp,
    Stamps,
    Vocabularies,
)
from discovery.search.text import Wording, corrected, named_clause, normalise, telling_words, whole_clause
from discovery.search.understanding import (
    KINDS,
    Understanding,
    Vocabulary,
    condition_of,
    from_stored,
    stored,
    understand,
    without_parts,
)
from discovery.search.vectors import Model, Region, plain
from discovery.vision.embedder import Floors
from mappings.documents import AssetDocument, ProductDocument
from mappings.fields import FEATURES, Field, Side
from mappings.registry import COLLECTIONS

T = TypeVar("T")

Access = Callable[[Viewer, Side], Clause | None]
"""Makes the clause that every hit must pass from who asks; ``None`` where there is nothing to withhold."""

IDS_AT_ONCE = 1000
MOST_NAMES = 10_000
SMALLEST_COSINE, LARGEST_COSINE = -1.0, 1.0
LANGUAGES_SECONDS = 60.0
LONGEST_UNDERSTOOD = 200
"""Characters; a longer query is a text, and its words say nothing of attributes."""

LEAST_LEFT = {SAID: 0.5, NAMED: 0.95}
"""A word becomes a filter only if this leaves so much of what says the word: on 1,012 sportswear products
450 say "yoga", as what they are good for, and 21 have it as their activity. A kind must leave nearly all that
it names: where one catalogue files its backpacks under backpacks and another under bags, both are found."""


def everything(viewer: Viewer, side: Side) -> Clause | None:  # noqa: ARG001 - the seam's shape
    """Return no clause: today any viewer may see everything."""
    return None


def no_rules() -> Sequence[Rule]:
    """Return no query rules."""
    return ()


def no_collections() -> Sequence[tuple[str, str]]:
    """Return no collections."""
    return ()


def english_only() -> Sequence[str]:
    """Return the language of sources that name none."""
    return ("en",)


def _today_in_utc() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class Plan:
    """How a query is read: its language, what the rules made of it, and what of it became filters.

    ``parts`` are those; ``unapplied`` are parts that were understood and would have found nothing.
    ``literally`` says that it is taken for a whole identifier.
    """

    reading: Reading
    wording: Wording
    fired: Fired = NO_RULES
    parts: tuple[Understood, ...] = ()
    unapplied: tuple[Understood, ...] = ()
    literally: bool = False
    palette: Palette | None = None

    @property
    def understood(self) -> tuple[Understood, ...]:
        """All that was understood, applied or not."""
        return (*self.parts, *(replace(part, applied=False) for part in self.unapplied))

    @property
    def marked(self) -> tuple[str, ...]:
        """The wordings that are marked in hits."""
        return (self.reading.text, *self.wording.others) if self.reading.text else ()

    @property
    def plain(self) -> Wording:
        """The wording with every word required."""
        return Wording(self.wording.q, self.wording.others, languages=self.wording.languages)

    def words(self, side: Side) -> Words:
        """Return the search by these words alone."""
        return Words(
            side, self.reading.text, Mode.TEXT, wording=self.wording, rules=self.fired, palette=self.palette
        )

    def held(self) -> tuple[Any, ...]:
        """Return what a cursor holds of this."""
        rules = paging.digest(self.fired, self.wording)
        return self.literally, stored(self.parts), stored(self.unapplied), rules


@dataclass(frozen=True, slots=True)
class Decided:
    """What the first page of a search by words came to, and so what its further pages ask."""

    words: Words
    plan: Plan
    reason: str | None = None
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """The engine's replies for one page: the page itself, and each narrowed facet's siblings."""

    page: dict[str, Any]
    siblings: Sequence[dict[str, Any]]
    pit: str | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """A picture's vectors, and whether it is of a kind that the model was fitted to."""

    joint: tuple[float, ...]
    look: tuple[float, ...]
    familiar: bool = True


class _ReplacedError(IndexMismatch):
    """The index was replaced by one of another model while a search was under way."""


class SearchService:
    """Search, similarity, completion and single items, for one prefix of indices.

    ``model`` makes vectors and may be absent at any time; ``fitted``, where it is given, returns the model
    that made the vectors of an index, by the recipe of its stamp. ``read_original`` returns an asset's bytes.
    ``cursor_key`` signs cursors: give one that outlives the process if cursors are to. ``rules`` returns the
    query rules that people have made, ``languages`` those that the sources are in, ``collections`` ids and
    names of the collections. ``indices`` names what is searched on each side, where that is not what serves.
    """

    def __init__(
        self,
        reader: Searching,
        settings: SearchSettings,
        prefix: str,
        model: Model,
        read_original: Callable[[AssetDocument], bytes],
        access: Access = everything,
        *,
        fitted: Callable[[str | None], Model] | None = None,
        cursor_key: bytes | None = None,
        clock: Callable[[], float] = time.monotonic,
        rules: Callable[[], Sequence[Rule]] = no_rules,
        languages: Callable[[], Sequence[str]] = english_only,
        today: Callable[[], date] = _today_in_utc,
        collections: Callable[[], Sequence[tuple[str, str]]] = no_collections,
        indices: Mapping[Side, str] | None = None,
    ) -> None:
        self._reader = reader
        self._settings = settings
        self._fitted = fitted or (lambda _recipe: model)
        self._read_original = read_original
        self._access = access
        self._key = cursor_key or secrets.token_bytes(32)
        self._stamps = Stamps(reader, prefix, clock, indices)
        self._snapshots = Snapshots(reader, settings.cursor_minutes * 60, clock)
        self._spellings = Spellings(reader, clock)
        self._pictured = Pictured(reader)
        self._clock = clock
        self._vocabularies = Vocabularies(reader, clock)
        self._rules = rules
        self._languages = languages
        self._known_languages: tuple[float, tuple[str, ...]] | None = None
        self._today = today
        self._collections = collections
        self._listed_in = COLLECTIONS.write_alias(prefix)

    def search(self, request: SearchRequest, viewer: Viewer) -> SearchPage:
        """Answer a search by words.

        Raises:
            InputInvalid: naming the field, for whatever the request has wrong.
            CursorExpired: naming ``after``.
            IndexMissing, IndexMismatch: as named; and the engine's own errors.
        """
        return self._whole(lambda: self._search_words(request, viewer))

    def _whole(self, answer: Callable[[], SearchPage]) -> SearchPage:
        """Answer from one generation; from the new one if it began to serve while the old one was asked."""
        try:
            return answer()
        except _ReplacedError:
            for side in FAMILIES:
                self._stamps.forget(side)
            return answer()

    def _search_words(self, request: SearchRequest, viewer: Viewer) -> SearchPage:
        started = time.perf_counter()
        side = _side(request.side)
        q = normalise(request.q, self._settings.max_query_characters)
        colours = palette_of(request.palette, request.tolerance)
        always = self._asked(request, side, Plan(literal(q), Wording(q), palette=colours), viewer).always
        size = self._size(request.size)
        identity = paging.digest(
            "search",
            viewer,
            (side, q, request.mode, request.understand, request.as_words, colours),
            request.filters,
            request.sort,
            len(always),
        )
        if request.after is not None:
            cursor = paging.decode(request.after, self._key, identity)
            decided = self._resumed(request, side, q, cursor)
            asked = self._asked(request, side, decided.plan, viewer)
            question = replace(asked, matching=decided.words.query, recipe=decided.words.recipe)
            answered = self._walk(question, cursor, size, Extras(marked=decided.plan.marked))
            step = paging.next_step(cursor, answered.page["hits"]["hits"], size, answered.pit or "")
        else:
            decided, asked, answered = self._first_page(request, side, q, viewer, size)
            start = Cursor(
                identity,
                decided.words.mode.value,
                decided.plan.reading.words if decided.corrected else None,
                decided.reason,
                frozenset(),
                reading=decided.plan.held(),
            )
            step = paging.first_step(start, answered.page["hits"]["hits"], total_of(answered.page))
        plan = decided.plan
        return SearchPage(
            total=total_of(answered.page),
            took_ms=_milliseconds(started),
            mode=decided.words.mode,
            fallback_reason=decided.reason,
            hits=tuple(words_hit(side, hit, looked=bool(decided.words.vector)) for hit in step.hits),
            facets=self._facets(asked, answered),
            next=paging.encode(step.next, self._key) if step.next else None,
            corrected=plan.reading.respelt(plan.reading.words) if decided.corrected else None,
            understood=plan.understood,
            rules=tuple(Applied(rule.id, rule.action) for rule in plan.fired.applied),
            redirect=plan.fired.redirect[0] if plan.fired.redirect else None,
        )

    def similar(self, request: SimilarRequest, viewer: Viewer) -> SearchPage:
        """Answer a search by a picture: its look, and for the same product its meaning too.

        The asset that is asked about is not among the hits. A product that is asked about is not among
        products; its pictures are among assets, since "other pictures like it" begins with its own.

        Raises:
            InputInvalid: naming the field, for whatever the request has wrong.
            NotFound: there is no such asset or product.
            ImageUnreadable: the picture cannot be opened.
            ModelUnavailable: vectors must be made and cannot be.
            IndexMismatch: the index holds vectors of another model.
            CursorExpired, IndexMissing, SourceUnavailable: as named; and the engine's own errors.
        """
        return self._whole(lambda: self._search_likeness(request, viewer))

    def _search_likeness(self, request: SimilarRequest, viewer: Viewer) -> SearchPage:
        started = time.perf_counter()
        side = _side(request.side)
        stamp = self._stamps.of(side)
        likeness, left_out, reason = self._likeness(request, stamp, viewer)
        asked = self._question(
            side, likeness.query, request.filters, request.facets, by_score(), viewer, left_out
        )
        asked = replace(asked, recipe=likeness.recipe)
        size = self._size(request.size)
        identity = paging.digest(
            "similar", viewer, likeness.identity, left_out, request.filters, len(asked.always)
        )
        if request.after is not None:
            cursor = paging.decode(request.after, self._key, identity)
            answered = self._walk(asked, cursor, size, Extras())
            step = paging.next_step(cursor, answered.page["hits"]["hits"], size, answered.pit or "")
        else:
            start = Cursor(identity, Mode.VISUAL.value, None, reason, frozenset())
            answered = self._ask(asked, page_body(asked, size, Extras()))
            step = paging.first_step(start, answered.page["hits"]["hits"], total_of(answered.page))
        return SearchPage(
            total=total_of(answered.page),
            took_ms=_milliseconds(started),
            mode=Mode.VISUAL,
            fallback_reason=reason,
            hits=tuple(likeness_hit(side, hit, likeness) for hit in step.hits),
            facets=self._facets(asked, answered),
            next=paging.encode(step.next, self._key) if step.next else None,
        )

    def attributes(self, side: Side) -> tuple[str, ...]:
        """Return the catalogue's own attributes that tell items apart, as facets, those of most items first.

        Raises:
            DiscoveryError: the engine cannot be asked, or nothing is indexed yet.
        """
        return self._vocabulary(side).attributes

    def suggest(self, side: Side, q: str, viewer: Viewer | None = None) -> Suggestions:
        """Complete what is being typed, and offer a better spelling where it finds nothing.

        Nothing completes a text of more than 80 characters.

        Raises:
            InputInvalid: naming ``q`` or ``in``.
            IndexMissing, IndexMismatch: as named; and the engine's own errors.
        """
        side = _side(side)
        q = normalise(q, self._settings.max_query_characters)
        if not q or len(q) > suggest.LONGEST_TYPED:
            return Suggestions((), None)
        always = (*self._always(side, viewer or Viewer()), *shown_clauses(side, Filters()))
        completing, counting = self._on_index(
            side, lambda index: self._reader.multi_search(index, suggest.completion_bodies(side, q, always))
        )
        queries = suggest.completed_queries(q, completing)
        counted = []
        if queries:
            reply = self._search(side, suggest.query_counts(queries, always))
            counted = suggest.read_queries(queries, reply)
        items = suggest.read_items(side, q, completing)
        values = suggest.read_values(side, counting, functools.partial(self._labels, side))
        found = [*counted, *values, *items] if not looks_like_identifier(q) else [*items, *counted, *values]
        return Suggestions(tuple(found), None if found else suggest.did_you_mean(q, counting))

    def asset(self, id: str, viewer: Viewer) -> AssetDocument:
        """Return one asset, without its vectors.

        Raises:
            NotFound: there is none of that id, or none that the viewer may see.
        """
        found = self._one("assets", _of_id(_storable(id)), viewer)
        if not isinstance(found, AssetDocument):
            raise _unknown("asset", id, "id")
        return found

    def product(self, sku: str, viewer: Viewer) -> ProductDocument:
        """Return one product, without its vectors: of that very SKU, else of one spelt alike.

        Raises:
            NotFound: there is none, or none that the viewer may see.
        """
        found = self._one("products", _of_sku(_storable(sku)), viewer)
        if not isinstance(found, ProductDocument):
            raise _unknown("product", sku, "sku")
        return found

    def product_assets(self, sku: str, viewer: Viewer) -> tuple[AssetDocument, ...]:
        """Return the assets that show a product, its main picture first, then as its catalogue names them.

        Raises:
            NotFound: there is no such product.
        """
        links = self.product(sku, viewer).assets.links
        heroes_first = sorted(links, key=lambda link: link.role != "hero")
        ids = [link.id for link in heroes_first]
        found = self.documents("assets", ids, viewer)
        return tuple(one for each in ids if isinstance(one := found.get(each), AssetDocument))

    def versions(self, asset: AssetDocument, viewer: Viewer) -> tuple[AssetDocument, ...]:
        """Return the files that are versions of one another by their names, the newest first.

        The asset itself is among them; of a file without others nothing is returned.
        """
        stem = version_of(asset.source.key).stem
        named = {"value": posixpath.splitext(stem)[0], "case_insensitive": True}
        near = [{"term": {"source.name": {"value": asset.source.name}}}, {"prefix": {"source.key": named}}]
        # Many names may begin alike, so their keys are read first, and of files only those that are versions.
        body = {
            "size": MOST_NAMES,
            "track_total_hits": False,
            "query": {"bool": {"filter": [*self._always("assets", viewer), *near]}},
            "_source": ["source.key"],
        }
        hits = self._search("assets", body)["hits"]["hits"]
        ranks = {hit["_id"]: version_of(hit["_source"]["source"]["key"]) for hit in hits}
        alike = [ident for ident, version in ranks.items() if version.stem == stem]
        if len(alike) < 2:
            return ()
        found = self.documents("assets", alike, viewer)
        newest_first = sorted(alike, key=lambda ident: (ranks[ident].rank, ident), reverse=True)
        return tuple(one for ident in newest_first if isinstance(one := found.get(ident), AssetDocument))

    def documents(
        self, side: Side, ids: Sequence[str], viewer: Viewer
    ) -> Mapping[str, AssetDocument | ProductDocument]:
        """Return those of ``ids`` that there are and that the viewer may see, by id, without vectors."""
        always = self._always(side, viewer)
        found: dict[str, AssetDocument | ProductDocument] = {}
        for start in range(0, len(ids), IDS_AT_ONCE):
            some = list(ids[start : start + IDS_AT_ONCE])
            body = _items_body(side, {"terms": {"id": some}}, always, len(some))
            for hit in self._search(side, body)["hits"]["hits"]:
                found[hit["_id"]] = document(side, hit)
        return found

    def settled(self, request: SearchRequest, viewer: Viewer) -> Settled:
        """Decide a search by words as its first page would be, to ask it what it finds.

        Raises:
            InputInvalid: naming the field, for whatever the request has wrong.
            IndexMissing, IndexMismatch: as named; and the engine's own errors.
        """
        side = _side(request.side)
        q = normalise(request.q, self._settings.max_query_characters)
        plain = replace(request, facets=(), after=None)
        decided, asked, answered = self._first_page(plain, side, q, viewer, 0)
        question = replace(asked, matching=decided.words.query, recipe=decided.words.recipe)

        def ask(question: Question, body: Clause) -> dict[str, Any]:
            return self._on_index(side, lambda index: self._reader.search(index, body), question.recipe)

        # Without words there was nothing to compare pictures with; that is no way back from anything.
        reason = decided.reason if q else None
        return Settled(question, asked, total_of(answered.page), decided.words.mode, reason, ask)

    def valueless(self, request: SearchRequest) -> tuple[str, ...]:
        """Return the attributes that the filters of a request name and that no item has any more."""
        side = _side(request.side)
        groups = (request.filters.conditions, *request.filters.alternatives)
        names = dict.fromkeys(condition.field for group in groups for condition in group)
        fields = {name: known_field(side, name, f"filters.{name}") for name in names}
        asked = [name for name, field in fields.items() if field.attribute is not None]
        bodies: list[Clause] = [
            {
                "size": 0,
                "track_total_hits": 1,
                "query": all_of(filter_clauses(side, Filters((Condition(name, exists=True),)))),
            }
            for name in asked
        ]
        replies = self._on_index(side, lambda index: self._reader.multi_search(index, bodies))
        return tuple(name for name, reply in zip(asked, replies, strict=True) if not total_of(reply))

    def _first_page(
        self, request: SearchRequest, side: Side, q: str, viewer: Viewer, size: int
    ) -> tuple[Decided, Question, Answered]:
        """Decide how a search is done, and do it; once more for no identifier, once for a misspelling.

        What is a whole identifier as it was typed is nothing else, whatever marks it holds.
        """
        mode = request.mode
        taken = self._plan(request, side, q, literally=True)
        if not q:
            reason = None if mode in (Mode.AUTO, Mode.TEXT) else "there are no words to compare pictures with"
            return self._answered(request, Decided(taken.words(side), taken, reason), viewer, size)
        plan = self._plan(request, side, q)
        first: tuple[Decided, Question, Answered] | None = None
        marked = bool(plan.reading.marked) and mode is not Mode.VISUAL
        if marked or (mode is Mode.AUTO and looks_like_identifier(q)):
            first = self._answered(request, Decided(taken.words(side), taken), viewer, size)
            if count_of(first[2].page, IDENTIFIED):
                return first
        decided = self._decide(side, plan, mode)
        if first is None or replace(plan, literally=True) != taken or decided.words.mode is not Mode.TEXT:
            first = self._understood(request, decided, viewer, size)
        return self._respelt(request, q, first, viewer, size)

    def _understood(
        self, request: SearchRequest, decided: Decided, viewer: Viewer, size: int
    ) -> tuple[Decided, Question, Answered]:
        """Answer with what was understood as filters, or by words alone where those find nothing.

        Where the filters find nothing together, the one without which most is found becomes words again.
        Where they would hide something that bears all the words as its name, all do. A part whose filter
        would hide most of what says its words, or of a kind some of what bears them as its name, stays words
        by itself: they are not what that value is about.
        """
        done = self._answered(request, decided, viewer, size)
        plan, page = decided.plan, done[2].page
        kept = tuple(part for number, part in enumerate(plan.parts) if not _hides(page, number))
        if kept != plan.parts:
            return self._understood(request, self._leaving(decided, kept), viewer, size)
        hides = hidden_count(page, HIDDEN)
        if not kept or (_found_by_words(decided, done[2]) and not hides):
            return done
        if len(kept) > 1 and not hides:
            fewer = [kept[:number] + kept[number + 1 :] for number in range(len(kept))]
            tried = [self._answered(request, self._leaving(decided, some), viewer, size) for some in fewer]
            best = max(tried, key=lambda one: _found_by_words(one[0], one[2]))
            if _found_by_words(best[0], best[2]):
                return best
        return self._answered(request, self._leaving(decided, ()), viewer, size)

    def _leaving(self, decided: Decided, kept: tuple[Understood, ...]) -> Decided:
        """Return the search with only ``kept`` of its parts as filters; the others are words again."""
        plan, side = decided.plan, decided.words.side
        others = tuple(part for part in plan.parts if part not in kept)
        less = replace(
            self._with_parts(plan, side, kept) if kept else replace(plan, parts=(), wording=plan.plain),
            unapplied=(*plan.unapplied, *others),
        )
        return replace(decided, words=replace(decided.words, wording=less.wording), plan=less)

    def _with_parts(self, plan: Plan, side: Side, parts: tuple[Understood, ...]) -> Plan:
        """Return the plan with ``parts`` as filters; the words of the others must be found."""
        words = without_parts(plan.reading.words, parts)
        left = words if telling_words(words) else ""
        others = other_words(self._rules(), side, left, self._today())
        wording = replace(plan.wording, required=left, required_others=others)
        return replace(plan, wording=wording, parts=parts)

    def _respelt(
        self,
        request: SearchRequest,
        q: str,
        first: tuple[Decided, Question, Answered],
        viewer: Viewer,
        size: int,
    ) -> tuple[Decided, Question, Answered]:
        """Search for the likeliest spelling where the words as typed are in no hit, and keep what finds more.

        Nothing is widened while the words find something, so a total never holds what was not asked for.
        """
        decided, asked, answered = first
        better = corrected(decided.plan.reading.words, answered.page.get("suggest"))
        if better is None or decided.words.mode is Mode.VISUAL or _found_by_words(decided, answered):
            return first
        respelt = self._plan(request, asked.side, q, words=normalise(better, len(better)))
        again = replace(self._decide(asked.side, respelt, request.mode), corrected=True)
        second = self._understood(request, again, viewer, size)
        return second if _found_by_words(second[0], second[2]) else first

    def _plan(
        self,
        request: SearchRequest,
        side: Side,
        q: str,
        *,
        literally: bool = False,
        words: str | None = None,
        parts: tuple[Understood, ...] | None = None,
    ) -> Plan:
        """Return how ``q`` is read: by its language, by the rules, and by what the catalogue has.

        ``words`` are the free words in a better spelling. With ``parts`` what was understood is given.
        """
        reading = literal(q) if literally else read(side, q)
        if words is not None:
            reading = replace(reading, words=words)
        rules, today = self._rules() if q else (), self._today()
        fired = fire(rules, side, reading.text, today)
        if fired.replaced is not None and not literally:
            instead = read(side, fired.replaced[0])
            reading = replace(
                reading,
                words=instead.words,
                phrases=instead.phrases,
                without=(*reading.without, *instead.without),
                conditions=(*reading.conditions, *instead.conditions),
            )
            further = fire(rules, side, reading.text, today)
            applied = dict.fromkeys((*fired.applied, *further.applied))
            fired = replace(
                further, redirect=fired.redirect or further.redirect, replaced=None, applied=tuple(applied)
            )
        others = other_words(rules, side, reading.text, today)
        languages = self._spoken()
        plan = Plan(
            reading,
            Wording(reading.text, others, languages=languages),
            fired,
            literally=literally,
            palette=palette_of(request.palette, request.tolerance),
        )
        understanding = self._understanding(request, side, plan, parts)
        return self._with_parts(plan, side, understanding.parts) if understanding.parts else plan

    def _understanding(
        self, request: SearchRequest, side: Side, plan: Plan, parts: tuple[Understood, ...] | None
    ) -> Understanding:
        words = plan.reading.words
        wanted = request.mode is Mode.AUTO if request.understand is None else request.understand
        decided = plan.literally or bool(plan.fired.pins)  # what people pin to a query is what it means
        if parts is None and (not wanted or decided or not words or len(words) > LONGEST_UNDERSTOOD):
            return Understanding((), words)
        vocabulary = Vocabulary() if parts == () else self._vocabulary(side)
        if parts is None:
            return understand(side, words, vocabulary, request.as_words)
        return Understanding(parts, without_parts(words, parts))

    def _spoken(self) -> tuple[str, ...]:
        """Return the languages of the sources, asked once a minute."""
        held, now = self._known_languages, self._clock()
        if held is None or now - held[0] >= LANGUAGES_SECONDS:
            try:
                held = (now, tuple(sorted(set(self._languages()))))
            except DiscoveryError:
                held = (now, () if held is None else held[1])
            self._known_languages = held
        return held[1]

    def _vocabulary(self, side: Side) -> Vocabulary:
        return self._on_index(side, lambda index: self._vocabularies.of(side, index))

    def _asked(self, request: SearchRequest, side: Side, plan: Plan, viewer: Viewer) -> Question:
        conditions = (*request.filters.conditions, *plan.reading.conditions, *map(condition_of, plan.parts))
        return self._question(
            side,
            plan.words(side).query,
            Filters(conditions, request.filters.alternatives),
            request.facets,
            order(side, request.sort, ranked=bool(plan.reading.text) or plan.palette is not None),
            viewer,
            (
                *plan.reading.clauses(side, plan.wording.languages),
                *((plan.palette.passes(side),) if plan.palette else ()),
            ),
        )

    def _answered(
        self, request: SearchRequest, decided: Decided, viewer: Viewer, size: int
    ) -> tuple[Decided, Question, Answered]:
        asked = self._asked(request, decided.words.side, decided.plan, viewer)
        question = replace(asked, matching=decided.words.query, recipe=decided.words.recipe)
        extras = Extras()
        if decided.words.q:
            probes = (*decided.words.probes().items(), *self._hidden(request, decided.plan, asked))
            extras = Extras(decided.plan.marked, probes, decided.plan.reading.words)
        return decided, asked, self._ask(question, page_body(question, size, extras))

    def _hidden(self, request: SearchRequest, plan: Plan, asked: Question) -> Iterator[tuple[str, Clause]]:
        """Yield what counts items that say what the query says, and that its filters would hide.

        Where every word was understood the query names a kind of item; where some were not, it may be a name.
        """
        if not plan.parts:
            return
        conditions = (*request.filters.conditions, *plan.reading.conditions)
        filters = self._placed(asked.side, Filters(conditions, request.filters.alternatives))
        given = filter_clauses(asked.side, filters)
        passing = [*asked.always, *given]
        if plan.wording.required:
            meant = filter_clauses(asked.side, Filters(tuple(map(condition_of, plan.parts))))
            yield HIDDEN, hidden_probe(asked.side, plan.reading.words, passing, meant)
        for number, part in enumerate(plan.parts):
            if not part.values:
                continue
            meant = filter_clauses(asked.side, Filters((condition_of(part),)))
            counted = {SAID: whole_clause(part.text, plan.wording.languages)}
            if part.field in KINDS:
                counted[NAMED] = named_clause(asked.side, part.text)
            for name, saying in counted.items():
                yield f"{name}{number}", left_probe(f"{name}{number}", saying, passing, meant)

    def _decide(self, side: Side, plan: Plan, mode: Mode) -> Decided:
        if mode is Mode.TEXT or not plan.reading.text:
            return Decided(plan.words(side), plan)
        done = Mode.HYBRID if mode is Mode.AUTO else mode
        try:
            return Decided(self._with_vector(side, plan, done), plan)
        except IndexMissing:
            raise
        except IndexMismatch as error:
            return Decided(plan.words(side), plan, error.detail)
        except DiscoveryError as error:
            return Decided(plan.words(side), plan, f"the model did not answer: {error.detail}")

    def _with_vector(self, side: Side, plan: Plan, mode: Mode) -> Words:
        stamp = self._stamps.of(side)
        recipe = self._recipe_of(stamp, side)
        floor, weight = self._settings.text_floor, self._settings.visual_weight
        return replace(
            plan.words(side),
            mode=mode,
            vector=plain(self._from_model(lambda: self._fitted(stamp.recipe).text(plan.reading.text))),
            floor=recipe.text_floor if floor == MODELS_OWN else floor,
            share=recipe.visual_weight if weight < 0 else weight,
            nearest=self._settings.visual_candidates,
            recipe=stamp.recipe,
        )

    def _recipe_of(self, stamp: Stamp, side: Side) -> Any:
        recipe = self._from_model(lambda: self._fitted(stamp.recipe).recipe)
        if stamp.recipe != recipe.digest:
            raise IndexMismatch(
                f"the index of {side} holds {'vectors of another model' if stamp.recipe else 'no vectors'}; "
                "run discovery index rebuild"
            )
        return recipe

    def _from_model(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except DiscoveryError:
            raise
        except Exception as error:  # whatever a model library raises, words still find things
            raise ModelUnavailable(f"the model failed: {type(error).__name__}: {error}"[:300]) from error

    def _resumed(self, request: SearchRequest, side: Side, q: str, cursor: Cursor) -> Decided:
        """Return what the first page decided; rules that have changed since would tear its pages apart."""
        literally, parts, unapplied, rules = cursor.reading
        plan = self._plan(
            request, side, q, literally=literally, words=cursor.corrected, parts=from_stored(parts)
        )
        plan = replace(plan, unapplied=from_stored(unapplied))
        if plan.held()[-1] != rules:
            raise paging.expired("belongs to a search whose query rules have changed since")
        mode = Mode(cursor.mode)
        words = plan.words(side) if mode is Mode.TEXT else self._with_vector(side, plan, mode)
        return Decided(words, plan, cursor.reason, cursor.corrected is not None)

    def _ask(self, question: Question, body: Clause) -> Answered:
        return self._on_index(
            question.side,
            lambda index: self._send(index, body, sibling_bodies(question)),
            question.recipe,
        )

    def _send(self, index: str, body: Clause, siblings: list[Clause], pit: str | None = None) -> Answered:
        page = self._reader.search(index, body, params=WITH_SIGNALS)
        return Answered(page, self._reader.multi_search(index, siblings), pit)

    def _walk(self, question: Question, cursor: Cursor, size: int, extras: Extras) -> Answered:
        body = page_body(question, paging.fetch_size(cursor, size), extras)
        keep = self._snapshots.keep_alive_seconds

        def within(pit: str) -> Answered:
            siblings = [frozen(sibling, pit, keep) for sibling in sibling_bodies(question)]
            return self._send("", frozen(body, pit, keep, cursor.after), siblings, pit)

        if cursor.pit is None:
            return self._on_index(
                question.side, lambda index: self._snapshots.walk(index, within), question.recipe
            )
        try:
            return within(cursor.pit)
        except (CursorExpired, IndexMissing):
            raise paging.expired("has expired") from None

    def _likeness(
        self, request: SimilarRequest, stamp: Stamp, viewer: Viewer
    ) -> tuple[Likeness, tuple[Clause, ...], str | None]:
        """Return the search, what is left out of it, and why words took no part in it as a vector."""
        examples: list[Example] = []
        familiar = False
        asked_about: list[str] = []
        for at, one in checked(request.pictures()):
            try:
                ident, seen = self._vectors_of(one, request.side, stamp, viewer)
            except DiscoveryError as error:
                if not at or not error.problems:
                    raise
                raise named_at(error, at) from error
            examples.append(Example(seen.joint, seen.look, one.weight, one.negative))
            familiar = familiar or (seen.familiar and not one.negative)
            if ident is not None:
                asked_about.append(ident)
        left_out = tuple(
            none_of([{"term": {"id": {"value": ident}}}]) for ident in dict.fromkeys(asked_about)
        )
        steered, reason = self._steered(request, stamp)
        likeness = Likeness(
            request.side,
            composed(examples),
            request.intent == "same_product",
            self._similar_floor(request, stamp, familiar=familiar),
            self._settings.visual_candidates,
            stamp.recipe,
            steered,
        )
        return likeness, left_out, reason

    def _steered(self, request: SimilarRequest, stamp: Stamp) -> tuple[Steered, str | None]:
        """Return what the words and colours beside the pictures come to."""
        colours = palette_of(request.palette, request.tolerance)
        said, words = steering_words(normalise(request.q, self._settings.max_query_characters))
        if said and colours is None:
            colours = Palette(said, share=NAMED_SHARE)
        elif said:
            words = request.q
        if not words:
            return Steered(palette=colours), None
        try:
            recipe = self._recipe_of(stamp, request.side)
            vector = plain(self._from_model(lambda: self._fitted(stamp.recipe).text(words)))
        except DiscoveryError as error:
            return Steered(words, palette=colours), f"the model did not answer: {error.detail}"
        return Steered(words, vector, recipe.visual_weight, colours), None

    def _vectors_of(
        self, picture: ExamplePicture, wanted: Side, stamp: Stamp, viewer: Viewer
    ) -> tuple[str | None, _Seen]:
        """Return the vectors of a picture or of a region of it, and its item's id if of side ``wanted``."""
        if picture.image is not None:
            return None, self._embedded(picture.image, picture.region, wanted, stamp)
        side: Side = "assets" if picture.asset is not None else "products"
        name, given = ("asset", picture.asset) if side == "assets" else ("product", picture.product)
        assert given is not None
        clause = _of_id(_storable(given)) if side == "assets" else _of_sku(_storable(given))
        found = self._one(side, clause, viewer, vectors=picture.region is None)
        if found is None:
            raise _unknown(name, given, name)
        ident = found.id if side == wanted else None
        if picture.region is not None:
            pictured = found if isinstance(found, AssetDocument) else self._main_asset(found, viewer)
            return ident, self._embedded(self._read_original(pictured), picture.region, wanted, stamp)
        block = found.media if isinstance(found, AssetDocument) else found.assets
        if block.vector is None or block.look is None:
            raise refused(name, f"{given[:100]!r} has no picture to compare with")
        if block.recipe != stamp.recipe:
            raise _ReplacedError(
                "the two indices hold vectors of different models; run discovery index rebuild"
            )
        return ident, _Seen(block.vector, block.look)

    def _main_asset(self, product: ProductDocument, viewer: Viewer) -> AssetDocument:
        for asset in self.product_assets(product.source.sku, viewer):
            if asset.media.recipe is not None:
                return asset
        raise refused("product", f"{product.source.sku[:100]!r} has no picture to compare with")

    def _embedded(self, data: bytes, region: Region | None, side: Side, stamp: Stamp) -> _Seen:
        self._recipe_of(stamp, side)
        made = self._from_model(lambda: self._fitted(stamp.recipe).picture(data, region))
        # A part of a picture is like no whole picture that the model was fitted to.
        return _Seen(plain(made.vector), plain(made.look), made.familiar or region is not None)

    def _similar_floor(self, request: SimilarRequest, stamp: Stamp, *, familiar: bool) -> float:
        given = request.min_similarity
        if given is not None:
            if isinstance(given, bool) or not SMALLEST_COSINE <= given <= LARGEST_COSINE:
                raise refused("min_similarity", "expected a number from 0 to 1")
            return float(given)
        if self._settings.similar_floor != MODELS_OWN:
            return self._settings.similar_floor
        # Stored vectors need no model, so the floor that was stamped with them is asked first.
        stamped = stamp.floors.get("similar_floor" if familiar else "stranger_floor")
        if stamped is not None:
            return stamped
        floors: Floors = self._recipe_of(stamp, request.side).floors
        return floors.similar if familiar else floors.stranger

    def _question(
        self,
        side: Side,
        matching: Matching,
        filters: Filters,
        facets: tuple[str, ...],
        ordered: list[Clause],
        viewer: Viewer,
        left_out: tuple[Clause, ...] = (),
    ) -> Question:
        filters = self._placed(side, filters, facets)
        question = Question(
            side,
            matching,
            filters,
            (*self._always(side, viewer), *shown_clauses(side, filters), *left_out),
            asked_facets(side, facets, filters),
            ordered,
            self._settings.facet_values,
        )
        question.query()  # what the filters have wrong is said before anything is asked of model or engine
        return question

    def _placed(self, side: Side, filters: Filters, facets: tuple[str, ...] = ()) -> Filters:
        """Return the filters with the collections looked up, where any are named.

        Raises:
            InputInvalid: naming one that there is not.
        """
        if not names_a_collection(side, filters) and not any(is_listed(side, name) for name in facets):
            return filters
        return placed(side, filters, Listing(self._listed_in, dict(self._collections())))

    def _always(self, side: Side, viewer: Viewer) -> tuple[Clause, ...]:
        """Return the viewer's rights as clauses: the one seam that every query passes."""
        clause = self._access(viewer, side)
        return () if clause is None else (clause,)

    def _one(
        self, side: Side, clause: Clause, viewer: Viewer, *, vectors: bool = False
    ) -> AssetDocument | ProductDocument | None:
        body = _items_body(side, clause, self._always(side, viewer), 1, vectors=vectors)
        if vectors:
            hit = self._on_index(side, lambda index: self._pictured.hit(index, body))
            return document(side, hit) if hit else None
        hits = self._search(side, body)["hits"]["hits"]
        return document(side, hits[0]) if hits else None

    def _search(self, side: Side, body: Clause) -> dict[str, Any]:
        return self._on_index(side, lambda index: self._reader.search(index, body))

    def _on_index(self, side: Side, ask: Callable[[str], T], recipe: str | None = None) -> T:
        """Ask the index that stands behind the alias; look again once if it was pruned meanwhile.

        Raises:
            IndexMismatch: ``recipe`` is given, and the index was replaced by one of another meanwhile.
        """
        try:
            return ask(self._index(side, recipe))
        except IndexMissing:
            self._stamps.forget(side)
            return ask(self._index(side, recipe))

    def _index(self, side: Side, recipe: str | None) -> str:
        stamp = self._stamps.of(side)
        if recipe is not None and stamp.recipe != recipe:
            raise _ReplacedError(
                f"the index of {side} was just replaced by one of another model; search again"
            )
        return stamp.index

    def _facets(self, asked: Question, answered: Answered) -> Mapping[str, tuple[FacetValue, ...]]:
        labels = functools.partial(self._labels, asked.side)
        return read_facets(asked.facets, answered.page, answered.siblings, labels)

    def _labels(self, side: Side, field: Field, values: list[str]) -> Mapping[str, str]:
        return self._spellings.labels(self._stamps.of(side).index, field, values)

    def _size(self, given: int | None) -> int:
        size = self._settings.size if given is None else given
        if isinstance(size, bool) or not 0 <= size <= self._settings.max_size:
            raise refused("size", f"expected a whole number from 0 to {self._settings.max_size}")
        return size


def _hides(page: Mapping[str, Any], number: int) -> bool:
    """Return whether the filter of a part hides too much of what says its words."""
    counted = ((f"{name}{number}", least) for name, least in LEAST_LEFT.items())
    return any(hidden_count(page, name, LEFT) < least * hidden_count(page, name) for name, least in counted)


def _found_by_words(decided: Decided, answered: Answered) -> int:
    if decided.words.mode is Mode.TEXT:
        return total_of(answered.page)
    return count_of(answered.page, WORDED) + count_of(answered.page, IDENTIFIED)


def _items_body(
    side: Side, clause: Clause, always: Sequence[Clause], size: int, *, vectors: bool = False
) -> Clause:
    return {
        "size": size,
        "track_total_hits": False,
        "query": {"bool": {"filter": list(always), "must": [clause]}},
        "sort": by_score(),
        "_source": True if vectors else {"excludes": list(FEATURES[side])},
    }


def _of_id(id: str) -> Clause:
    return {"term": {"id": {"value": id}}}


def _of_sku(sku: str) -> Clause:
    exactly = {"constant_score": {"filter": {"term": {"id": {"value": sku}}}, "boost": 2.0}}
    alike = {"constant_score": {"filter": {"term": {"source.sku": {"value": sku}}}}}
    return {"dis_max": {"queries": [exactly, alike]}}


def _side(given: Any) -> Side:
    for side in FAMILIES:
        if given == side:
            return side
    raise refused("in", f"expected assets or products, found {given!r}"[:200])


def _storable(id: str) -> str:
    return id.encode("utf-8", "replace").decode("utf-8")


def _unknown(kind: str, id: str, field: str) -> NotFound:
    message = f"no such {kind}"
    return NotFound(f"there is no {kind} {id[:100]!r}", (FieldProblem(field, message),))


def _milliseconds(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)
