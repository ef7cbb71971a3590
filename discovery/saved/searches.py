"""Saved searches as records: kept, changed over what was read, run, and compared with what was last seen."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from discovery.engine.reader import Reader
from discovery.engine.records import Records, Stored, can_be_id
from discovery.errors import EngineConflict, FieldProblem, IndexMissing, InputInvalid, NotFound
from discovery.mail.letter import is_address
from discovery.saved.model import (
    MOST_LISTED,
    MOST_SEARCHES,
    Alert,
    Broken,
    Changes,
    SavedSearch,
    Seen,
    reason_of,
)
from discovery.search.request import SearchRequest, Viewer
from discovery.search.settled import Settled
from mappings.documents import AssetDocument, ProductDocument
from mappings.fields import Side
from mappings.registry import ASSETS, COLLECTIONS, PRODUCTS

SEARCH, SEEN = "search", "seen"
"""Kinds of records: what people keep, and what is remembered of it."""

_CHANGED_MEANWHILE = "the search was changed since it was read; read it again and decide again"
_TRIES = 5
_FAMILIES = {"assets": ASSETS, "products": PRODUCTS}

Read = Callable[[Mapping[str, Any]], SearchRequest]
"""Reads a request as the door of the API does; what is wrong with it is ``InputInvalid``."""


class Search(Protocol):
    """The read side, as saved searches need it."""

    def settled(self, request: SearchRequest, viewer: Viewer) -> Settled:
        """Decide a search, to ask it what it finds."""

    def valueless(self, request: SearchRequest) -> Sequence[str]:
        """Return the attributes that a request names and that no item has any more."""

    def documents(
        self, side: Side, ids: Sequence[str], viewer: Viewer
    ) -> Mapping[str, AssetDocument | ProductDocument]:
        """Return those of ``ids`` that there are, by id."""


class SavedSearches:
    """The saved searches of one prefix. ``ready`` sees to it that there is an index to keep them in."""

    def __init__(
        self,
        records: Records,
        reader: Reader,
        search: Search,
        read: Read,
        prefix: str,
        ready: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._records = records
        self._reader = reader
        self.search = search
        self._read = read
        self._prefix = prefix
        self._index = COLLECTIONS.write_alias(prefix)
        self._ready = ready
        self.clock = clock

    def all(self, owner: str | None = None) -> tuple[SavedSearch, ...]:
        """Return saved searches by name, of one ``owner`` where one is given.

        What each has seen is told without the items.
        """
        conditions: list[dict[str, Any]] = [{"term": {"kind": SEARCH}}]
        if owner is not None:
            conditions.append({"term": {"owner": owner}})
        hits = self._find(conditions, [{"name": "asc"}, {"id": "asc"}])
        seen = {hit["_source"]["id"]: hit["_source"] for hit in self._find([{"term": {"kind": SEEN}}], [])}
        return tuple(self._whole(Stored.of(hit), seen.get(_seen_id(hit["_id"]))) for hit in hits)

    def get(self, id: str) -> SavedSearch:
        """Return one saved search.

        Raises:
            NotFound: there is none of that id.
        """
        return self._whole(self._stored(id), self._remembered(id))

    def create(
        self,
        name: str,
        owner: str | None,
        note: str | None,
        request: Mapping[str, Any],
        alert: Alert,
        by: str,
    ) -> SavedSearch:
        """Keep a new search; what it finds now counts as seen.

        Raises:
            InputInvalid: naming what is wrong with it, of the request as ``request.<field>``.
            IndexMissing: nothing was indexed yet.
        """
        self._ready()
        if len(self.all()) >= MOST_SEARCHES:
            raise _refused("name", f"at most {MOST_SEARCHES:,} saved searches; delete some")
        _check_alert(alert, owner)
        now = self.clock()
        seen = self.look(self.read(request, "request"))
        one = SavedSearch(uuid.uuid4().hex[:16], name, owner, note, dict(request), alert, by, now, now)
        stored = self._records.put(self._index, one.id, _source(one), None, visible=False)
        self.remember(one.id, seen, None)
        return replace(one, version=stored.version, seen=seen)

    def change(self, id: str, change: Mapping[str, Any], expected: str | None = None) -> SavedSearch:
        """Change the name, owner, note, alert or request; of a new request what it finds now counts as seen.

        Raises:
            NotFound, InputInvalid: as named.
            EngineConflict: it is not any more what ``expected`` says, or others change it all the time.
        """
        seen = self.look(self.read(change["request"], "request")) if "request" in change else None
        for _ in range(_TRIES):
            stored = self._stored(id)
            _check(stored, expected)
            after = replace(_of(stored), **change, changed=self.clock())
            _check_alert(after.alert, after.owner)
            try:
                self._records.put(self._index, id, _source(after), stored, visible=False)
            except EngineConflict:
                if expected is not None:
                    raise EngineConflict(_CHANGED_MEANWHILE) from None
                continue
            if seen is not None:
                self.remember(id, seen, None)
            self._records.refresh(self._index)
            return self.get(id)
        raise EngineConflict("the search is being changed by others; try again")

    def delete(self, id: str, expected: str | None = None) -> SavedSearch:
        """Take a saved search away and return it.

        Raises:
            NotFound: there is none of that id.
            EngineConflict: it is not any more what ``expected`` says.
        """
        stored = self._stored(id)
        _check(stored, expected)
        one = self._whole(stored, self._remembered(id))
        self._records.delete(self._index, id, stored)
        remembered = self._records.get(self._index, _seen_id(id))
        if remembered is not None:
            self._records.delete(self._index, _seen_id(id), remembered)
        return one

    def changes(self, id: str) -> Changes:
        """Tell what has changed since a search was last seen; that stays as it is.

        Raises:
            NotFound: there is none of that id.
            InputInvalid: it cannot be run any more; names what is wrong with it.
        """
        one = self.get(id)
        settled = self.search.settled(self.read(one.request), Viewer())
        return self.compared(one, settled, settled.ids(MOST_LISTED) or ())

    def see(self, id: str) -> SavedSearch:
        """Let what a search finds now count as seen.

        Raises:
            NotFound, InputInvalid: as for :meth:`changes`.
        """
        one = self.get(id)
        seen = self.look(self.read(one.request))
        self.remember(id, seen, None)
        return replace(one, seen=seen, broken=None)

    def read(self, request: Mapping[str, Any], at: str = "") -> SearchRequest:
        """Return the request that is kept, as the API reads it.

        Raises:
            InputInvalid: naming what is wrong with it, within ``at``.
        """
        try:
            if request.get("after") is not None:
                raise _refused("after", "a saved search begins at its first page")
            return self._read(request)
        except InputInvalid as error:
            problems = tuple(
                FieldProblem(f"{at}.{one.field}" if at else one.field, one.message) for one in error.problems
            )
            raise InputInvalid(reason_of(problems) or error.detail, problems) from error

    def look(self, request: SearchRequest) -> Seen:
        """Return what a search finds now."""
        positions = self.positions(request.side)
        settled = self.search.settled(request, Viewer())
        ids = settled.ids(MOST_LISTED)
        return Seen(self.clock(), settled.total, None if ids is None else frozenset(ids), positions)

    def positions(self, side: Side) -> Mapping[str, int]:
        """Return how far the index of a side has been written."""
        return self._reader.positions(_FAMILIES[side].read_alias(self._prefix))

    def compared(self, one: SavedSearch, settled: Settled, candidates: Collection[str]) -> Changes:
        """Return what changed since ``one`` was seen; what may have entered is among ``candidates``.

        Where the whole finds more than is found among these (a query rule, a collection or a synonym was
        changed, and no item), all that it finds is looked at.
        """
        seen = one.seen or Seen(one.made, 0, frozenset())
        told = Changes(
            one, seen.at, self.clock(), seen.total, settled.total, fallback_reason=settled.fallback_reason
        )
        if seen.ids is None or settled.total > MOST_LISTED or settled.fallback_reason is not None:
            return replace(told, listed=False)
        found = settled.among(seen.ids | frozenset(candidates))
        if settled.total > len(found):
            found |= frozenset(settled.ids(MOST_LISTED) or ())
        return replace(told, entered=tuple(sorted(found - seen.ids)), left=tuple(sorted(seen.ids - found)))

    def remember(self, id: str, seen: Seen | None, broken: Broken | None) -> None:
        """Keep what was found, and what is wrong, in the place of what was remembered before."""
        source: dict[str, Any] = {"id": _seen_id(id), "kind": SEEN, "changed": self.clock().isoformat()}
        if seen is not None:
            source["seen"] = {
                "at": seen.at.isoformat(),
                "total": seen.total,
                "ids": None if seen.ids is None else sorted(seen.ids),
                "positions": dict(seen.positions),
            }
        if broken is not None:
            source["broken"] = {
                "since": broken.since.isoformat(),
                "reason": broken.reason,
                "problems": [{"field": one.field, "message": one.message} for one in broken.problems],
                "told": broken.told,
            }
        for _ in range(_TRIES):
            stored = self._records.get(self._index, _seen_id(id))
            try:
                self._records.put(self._index, _seen_id(id), source, stored, visible=False)
            except EngineConflict:
                continue
            self._records.refresh(self._index)
            return
        raise EngineConflict("the search is being looked at by others; try again")

    def _whole(self, stored: Stored, remembered: Mapping[str, Any] | None) -> SavedSearch:
        one = replace(_of(stored), seen=_seen(remembered), broken=_broken(remembered))
        if one.broken is not None:
            return one
        try:
            self.read(one.request)
        except InputInvalid as error:
            return replace(one, broken=Broken(self.clock(), error.detail, error.problems))
        return one

    def _remembered(self, id: str) -> Mapping[str, Any] | None:
        stored = self._records.get(self._index, _seen_id(id))
        return None if stored is None else stored.source

    def _stored(self, id: str) -> Stored:
        stored = None
        if can_be_id(id):
            try:
                stored = self._records.get(self._index, id)
            except IndexMissing:
                stored = None
        if stored is None or stored.source["kind"] != SEARCH:
            message = f"there is no saved search {id[:100]!r}"
            raise NotFound(message, (FieldProblem("id", "no such saved search"),))
        return stored

    def _find(
        self, conditions: Sequence[Mapping[str, Any]], sort: Sequence[Mapping[str, str]]
    ) -> list[Mapping[str, Any]]:
        body: dict[str, Any] = {
            "size": MOST_SEARCHES,
            "query": {"bool": {"filter": list(conditions)}},
            "sort": list(sort) or ["_doc"],
            "_source": {"excludes": ["seen.ids"]},
        }
        try:
            hits: list[Mapping[str, Any]] = self._records.search(self._index, body)["hits"]["hits"]
        except IndexMissing:
            return []
        return hits


def _check_alert(alert: Alert, owner: str | None) -> None:
    if alert is not Alert.OFF and not is_address(owner or ""):
        raise _refused("owner", "alerts go to the owner by mail: expected an e-mail address")


def _source(one: SavedSearch) -> dict[str, Any]:
    source: dict[str, Any] = {
        "id": one.id,
        "kind": SEARCH,
        "name": one.name,
        "request": dict(one.request),
        "alert": one.alert.value,
        "by": one.by,
        "at": one.made.isoformat(),
        "changed": one.changed.isoformat(),
    }
    known = (("owner", one.owner), ("note", one.note))
    return source | {name: value for name, value in known if value is not None}


def _of(stored: Stored) -> SavedSearch:
    source = stored.source
    return SavedSearch(
        id=source["id"],
        name=source["name"],
        owner=source.get("owner"),
        note=source.get("note"),
        request=source["request"],
        alert=Alert(source["alert"]),
        by=source["by"],
        made=datetime.fromisoformat(source["at"]),
        changed=datetime.fromisoformat(source["changed"]),
        version=stored.version,
    )


def _seen(source: Mapping[str, Any] | None) -> Seen | None:
    if source is None or "seen" not in source:
        return None
    told = source["seen"]
    ids = told.get("ids")
    at = datetime.fromisoformat(told["at"])
    return Seen(at, told["total"], None if ids is None else frozenset(ids), told["positions"])


def _broken(source: Mapping[str, Any] | None) -> Broken | None:
    if source is None or "broken" not in source:
        return None
    told = source["broken"]
    problems = tuple(FieldProblem(one["field"], one["message"]) for one in told["problems"])
    return Broken(datetime.fromisoformat(told["since"]), told["reason"], problems, told["told"])


def _seen_id(id: str) -> str:
    return f"{SEEN}-{id}"


def _check(stored: Stored, expected: str | None) -> None:
    if expected is not None and expected != stored.version:
        raise EngineConflict(_CHANGED_MEANWHILE)


def _refused(field: str, message: str) -> InputInvalid:
    return InputInvalid(f"{field}: {message}", (FieldProblem(field, message),))
