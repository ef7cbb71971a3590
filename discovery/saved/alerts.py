"""The round that looks at saved searches and tells their owners: one letter to each, of all that is new.

New and changed items are held against all searches at once, by a percolator; what that proposes is decided by
each search itself. What left is found by asking each search which of the items it had it still finds.
See docs/decisions/0017.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from discovery.config import MailSettings
from discovery.engine.percolator import Percolator
from discovery.engine.reader import Reader
from discovery.errors import FieldProblem, InputInvalid, NotFound
from discovery.mail.letter import Letter, is_address
from discovery.mail.mailing import Mailing, Round
from discovery.mail.server import Delivery, post
from discovery.saved.letters import News, letter
from discovery.saved.model import MOST_LISTED, Alert, Broken, Changes, SavedSearch, Seen
from discovery.saved.searches import SavedSearches
from discovery.search.request import SearchRequest, Viewer
from discovery.search.settled import Settled
from mappings.documents import AssetDocument
from mappings.fields import FEATURES, Side
from mappings.registry import ASSETS, PRODUCTS, Family

DOCUMENTS_AT_ONCE = 200

OVERLAP = 1000
"""Writes before the last position that are looked at again: some of them may not have been seen yet."""

_FAMILIES: dict[Side, Family] = {"assets": ASSETS, "products": PRODUCTS}


@dataclass(frozen=True, slots=True)
class Looked:
    """What a round did. ``unsure`` are searches that could not be done as they were, by name, and why."""

    searches: int = 0
    due: int = 0
    changed: int = 0
    broken: int = 0
    held: int = 0
    deliveries: tuple[Delivery, ...] = ()
    unsure: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Due:
    """A search that is looked at in this round."""

    search: SavedSearch
    request: SearchRequest
    settled: Settled


class Alerts:
    """Rounds over the saved searches of one prefix."""

    def __init__(
        self,
        searches: SavedSearches,
        reader: Reader,
        percolator: Callable[[Side], Percolator],
        mailing: Mailing,
        settings: MailSettings,
        prefix: str,
    ) -> None:
        self._searches = searches
        self._reader = reader
        self._percolator = percolator
        self._mailing = mailing
        self._settings = settings
        self._prefix = prefix

    def round(self, due: datetime | None = None, token: int = 0) -> Looked:
        """Look at every search that is due, and tell owners what changed and what cannot be run.

        What was told counts as seen; where a letter was refused, the next round tells it again. ``due`` and
        ``token`` are those of the turn, as for the audit's digests.

        Raises:
            IndexMissing: nothing has been indexed yet.
        """
        now = self._searches.clock()
        everything = self._searches.all()
        broken, live = self._sorted(everything, now)
        positions = {side: self._searches.positions(side) for side in {one.search.side for one in live}}
        held = 0
        found: list[Changes] = []
        for side in positions:
            ours = [one for one in live if one.search.side == side]
            candidates, count = self._candidates(side, ours, positions[side])
            held += count
            found += [
                self._searches.compared(one.search, one.settled, candidates[one.search.id]) for one in ours
            ]
        news = _news([one for one in found if one.any], broken)
        told, deliveries = self._deliver(news, Round(due or now, token, now, now))
        self._remember(found, broken, told, positions, now)
        return Looked(
            searches=len(everything),
            due=len(live),
            changed=sum(one.any for one in found),
            broken=len(broken),
            held=held,
            deliveries=deliveries,
            unsure=tuple((one.search.name, one.fallback_reason) for one in found if one.fallback_reason),
        )

    def _sorted(
        self, everything: Sequence[SavedSearch], now: datetime
    ) -> tuple[list[SavedSearch], list[_Due]]:
        """Return the searches that cannot be run, each with why, and those that are due."""
        broken: list[SavedSearch] = []
        live: list[_Due] = []
        for one in everything:
            try:
                request = self._searches.read(one.request)
                problems = tuple(
                    FieldProblem(f"filters.{name}", "no item has a value of it any more")
                    for name in self._searches.search.valueless(request)
                )
                if problems:
                    raise InputInvalid("; ".join(f"{p.field}: {p.message}" for p in problems), problems)
                settled = self._searches.search.settled(request, Viewer())
            except InputInvalid as error:
                broken.append(replace(one, broken=_known(one.broken, error, now)))
                continue
            if one.broken is None and not _is_due(one, now):
                continue
            fresh = self._as_read(one)
            if fresh is None:
                continue
            if one.broken is not None:
                self._searches.remember(one.id, fresh.seen, None)
            if _is_due(one, now):
                live.append(_Due(fresh, request, settled))
        return broken, live

    def _as_read(self, one: SavedSearch) -> SavedSearch | None:
        """Return a search with all that it has seen; ``None`` if somebody changed it, or took it away."""
        try:
            now = self._searches.get(one.id)
        except NotFound:
            return None
        return now if now.version == one.version else None

    def _candidates(
        self, side: Side, live: Sequence[_Due], positions: Mapping[str, int]
    ) -> tuple[Mapping[str, Sequence[str]], int]:
        """Return, by search, the new and changed items that it may find, and how many there were."""
        candidates: dict[str, list[str]] = defaultdict(list)
        since = _earliest([one.search.seen for one in live])
        changed = self._changed(side, since) if since != positions else iter(())
        first = next(changed, None)
        if first is None:
            return candidates, 0
        held = 0
        with self._percolator(side) as percolator:
            refused = percolator.load({one.search.id: one.settled.standing() for one in live})
            for some in _batches(first, changed):
                held += len(some)
                for search, places in percolator.matching([source for _, source in some]).items():
                    candidates[search] += [some[place][0] for place in places]
        for one in live:
            if one.search.id in refused:
                candidates[one.search.id] = list(one.settled.ids(MOST_LISTED) or ())
        return candidates, held

    def _changed(self, side: Side, since: Mapping[str, int]) -> Iterator[tuple[str, Mapping[str, object]]]:
        index = _FAMILIES[side].read_alias(self._prefix)
        earlier = {shard: position - OVERLAP for shard, position in since.items()}
        for hit in self._reader.scan(index, source_excludes=FEATURES[side], since=earlier):
            yield hit["_id"], hit["_source"]

    def _deliver(self, news: Mapping[str, News], this: Round) -> tuple[set[str], tuple[Delivery, ...]]:
        """Send the letters; return the owners who have been told, and what became of each letter."""
        letters = [self._letter(owner, one) for owner, one in sorted(news.items())]
        if not letters:
            return set(), ()
        with post(self._settings) as opened:
            deliveries = tuple(self._mailing.deliver(letters, opened, this))
        refused = {one.to for one in deliveries if one.reason is not None}
        return set(news) - refused, deliveries

    def _letter(self, owner: str, news: News) -> Letter:
        def names(one: SavedSearch, ids: Sequence[str]) -> Mapping[str, str]:
            found = self._searches.search.documents(one.side, ids, Viewer())
            return {ident: _title(document) for ident, document in found.items()}

        return letter(owner, news, names, self._settings.service_url)

    def _remember(
        self,
        found: Sequence[Changes],
        broken: Sequence[SavedSearch],
        told: set[str],
        positions: Mapping[Side, Mapping[str, int]],
        now: datetime,
    ) -> None:
        for one in found:
            search, seen = one.search, one.search.seen
            if one.fallback_reason is not None or (one.any and search.owner not in told):
                continue  # it is looked at again from where it was seen
            if self._as_read(search) is None:
                continue
            ids = seen.ids if seen is not None and one.listed else None
            if ids is not None:
                ids = (ids | frozenset(one.entered)) - frozenset(one.left)
            elif one.total <= MOST_LISTED:
                seen = self._searches.look(self._searches.read(search.request))
                self._searches.remember(search.id, seen, None)
                continue
            after = Seen(now, one.total, ids, positions[search.side])
            if one.any or seen is None or seen.positions != after.positions or seen.at.date() != now.date():
                self._searches.remember(search.id, after, None)
        for search in broken:
            assert search.broken is not None
            known = replace(search.broken, told=search.broken.told or (search.owner or "") in told)
            before = self._as_read(search)
            if before is None:
                continue
            if before.broken != known:
                self._searches.remember(search.id, before.seen, known)


def _is_due(one: SavedSearch, now: datetime) -> bool:
    if one.alert is Alert.DAILY:
        return one.seen is None or one.seen.at.date() < now.date()
    return one.alert is Alert.EACH_RUN


def _known(before: Broken | None, error: InputInvalid, now: datetime) -> Broken:
    """Return why a search cannot be run; if that is why it could not before, since then."""
    if before is not None and before.reason == error.detail:
        return before
    return Broken(now, error.detail, error.problems)


def _news(found: Sequence[Changes], broken: Sequence[SavedSearch]) -> Mapping[str, News]:
    """Return what there is to tell each owner who can be written to."""
    news: dict[str, News] = defaultdict(News)
    for one in found:
        if one.search.owner and is_address(one.search.owner):
            before = news[one.search.owner]
            news[one.search.owner] = replace(before, changed=(*before.changed, one))
    for search in broken:
        untold = search.broken is not None and not search.broken.told
        if search.owner and is_address(search.owner) and untold:
            before = news[search.owner]
            news[search.owner] = replace(before, broken=(*before.broken, search))
    return news


def _earliest(seen: Iterable[Seen | None]) -> Mapping[str, int]:
    """Return the lowest position of each shard; of one that any search has not seen, none."""
    known = [{} if one is None else one.positions for one in seen]
    shards = set.intersection(*(set(one) for one in known)) if known else set()
    return {shard: min(one[shard] for one in known) for shard in shards}


def _batches(
    first: tuple[str, Mapping[str, object]], more: Iterable[tuple[str, Mapping[str, object]]]
) -> Iterator[list[tuple[str, Mapping[str, object]]]]:
    some = [first]
    for one in more:
        if len(some) == DOCUMENTS_AT_ONCE:
            yield some
            some = []
        some.append(one)
    yield some


def _title(document: object) -> str:
    source = document.source  # type: ignore[attr-defined]
    if isinstance(document, AssetDocument):
        return str(source.title or source.filename)
    return str(source.title)
