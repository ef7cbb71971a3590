"""Collections as records: kept, changed over what was read, shared, and held through merges of assets."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from discovery.curation.collection_model import (
    LONGEST_NAME,
    MOST_COLLECTIONS,
    MOST_ITEMS,
    MOST_SHARES,
    Collection,
    Counts,
    Item,
    ItemKind,
    Share,
    arranged,
    former_ids,
    item_of,
    item_source,
    repointed,
    restored,
)
from discovery.engine.reader import Reader
from discovery.engine.records import Records, Stored, can_be_id
from discovery.errors import EngineConflict, FieldProblem, IndexMissing, InputInvalid, NotFound
from mappings.registry import ASSETS, COLLECTIONS, PRODUCTS

COLLECTION, SHARE = "collection", "share"
"""Kinds of records here."""

TOKEN_BYTES = 32
_TRIES = 5
_LIGHT = {"excludes": ["items", "former"]}
_CHANGED_MEANWHILE = "the collection was changed since it was read; read it again and decide again"


class Collections:
    """The collections of one prefix. ``ready`` sees to it that there is an index to keep them in."""

    def __init__(
        self,
        records: Records,
        reader: Reader,
        prefix: str,
        ready: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._records = records
        self._reader = reader
        self._index = COLLECTIONS.write_alias(prefix)
        self._sides: dict[ItemKind, str] = {
            "asset": ASSETS.read_alias(prefix),
            "product": PRODUCTS.read_alias(prefix),
        }
        self._ready = ready
        self._clock = clock

    def all(
        self, owner: str | None = None, asset: str | None = None, product: str | None = None
    ) -> tuple[tuple[Collection, int], ...]:
        """Return collections by name, without their items, each with how many it has.

        Of one ``owner``, or those that hold an ``asset`` or a ``product``, where these are given.
        """
        given = (("owner", owner), ("assets", asset), ("products", product))
        conditions = [{"term": {name: value}} for name, value in given if value is not None]
        found = self._search(
            [{"term": {"kind": COLLECTION}}, *conditions], MOST_COLLECTIONS, [{"name": "asc"}, {"id": "asc"}]
        )
        return tuple((_collection(hit), _count(hit["_source"])) for hit in found)

    def names(self) -> tuple[tuple[str, str], ...]:
        """Return the id and name of every collection, by name."""
        return tuple((one.id, one.name) for one, _ in self.all())

    def get(self, id: str) -> Collection:
        """Return one collection.

        Raises:
            NotFound: there is none of that id.
        """
        return _whole(self._stored(id))

    def create(
        self, name: str, owner: str | None, note: str | None, refs: Sequence[tuple[ItemKind, str]], by: str
    ) -> Collection:
        """Keep a new collection.

        Raises:
            InputInvalid: the name is taken, an item does not exist, or there are too many; names it.
        """
        self._ready()
        now = self._clock()
        self._check_name(name, None)
        items = tuple(self._items(refs, by, now, "items"))
        made = Collection(uuid.uuid4().hex[:16], name, owner, note, None, items, by, now, now)
        return self._put(made, None)

    def change(self, id: str, change: Mapping[str, Any], expected: str | None = None) -> Collection:
        """Change the name, owner, note or cover.

        Raises:
            NotFound, InputInvalid: as named.
            EngineConflict: it is not any more what ``expected`` says, or others change it all the time.
        """
        if "name" in change:
            self._check_name(change["name"], id)
        cover = change.get("cover")

        def step(one: Collection) -> Collection:
            if cover is not None and not any(item.key == ("asset", cover) for item in one.items):
                raise _refused("cover", "expected an asset of the collection")
            return replace(one, **change)

        return self._over(id, expected, step)

    def arrange(
        self,
        id: str,
        put: Sequence[tuple[ItemKind, str]],
        remove: Sequence[tuple[ItemKind, str]],
        at: int | None,
        by: str,
        expected: str | None = None,
    ) -> tuple[Collection, Counts]:
        """Put items in, move those that are there, take others away; all of it or nothing.

        Raises:
            NotFound, InputInvalid: as named.
            EngineConflict: as for :meth:`change`.
        """
        counts = Counts()
        there = {item.key for item in self.get(id).items}
        new = self._items([ref for ref in put if ref not in there], by, self._clock(), "add", put)
        named = {item.key: item for item in new}

        def step(one: Collection) -> Collection:
            nonlocal counts
            own = {item.key: item for item in one.items}
            wanted = [own.get(ref) or named.get(ref) for ref in put]
            items, counts = arranged(one.items, [item for item in wanted if item], remove, at)
            if len(items) > MOST_ITEMS:
                raise _refused("add", f"a collection holds at most {MOST_ITEMS:,} items")
            if counts == Counts():
                return one
            return _covered(replace(one, items=items))

        return self._over(id, expected, step), counts

    def delete(self, id: str, expected: str | None = None) -> Collection:
        """Take a collection away, with the links that share it, and return it.

        Raises:
            NotFound: there is none of that id.
            EngineConflict: it is not any more what ``expected`` says.
        """
        stored = self._stored(id)
        _check(stored, expected)
        for hit in self._shares(id):
            self._records.delete(self._index, hit["_id"], Stored.of(hit))
        self._records.delete(self._index, id, stored)
        return _whole(stored)

    def repoint(self, asset: str, to: str, by: str) -> int:
        """Let every collection that holds ``asset`` hold ``to`` in its place: the two are one now.

        Each remembers it for :meth:`point_back`. Doing it again changes nothing. Return how many changed.
        """
        name = self._name_of("asset", to) or to
        item = Item("asset", to, name, self._clock(), by)

        def step(one: Collection) -> Collection:
            cover = to if one.cover == asset else one.cover
            return replace(one, items=repointed(one.items, asset, item), cover=cover)

        return self._over_each({"term": {"assets": asset}}, step)

    def point_back(self, asset: str, to: str) -> int:
        """Undo :meth:`repoint`: ``asset`` stands where it stood. Return how many collections changed."""
        return self._over_each(
            {"term": {"former": asset}},
            lambda one: _covered(replace(one, items=restored(one.items, asset, to))),
        )

    def share(self, id: str, note: str | None, until: date | None, by: str) -> tuple[Share, str]:
        """Make a link for reading; return it and its token, which is told this once and kept nowhere.

        Raises:
            NotFound: there is no such collection.
            InputInvalid: there are too many, or the last day is past.
        """
        self._stored(id)
        if until is not None and until < self._clock().date():
            raise _refused("until", "is past already")
        if len(self._shares(id)) >= MOST_SHARES:
            raise _refused("id", f"at most {MOST_SHARES} links of one collection; revoke some")
        token = secrets.token_urlsafe(TOKEN_BYTES)
        made = Share(uuid.uuid4().hex[:16], id, note, until, by, self._clock())
        source: dict[str, Any] = {
            "id": made.id,
            "kind": SHARE,
            "collection": id,
            "secret": _digest(token),
            "by": by,
            "at": made.made.isoformat(),
        }
        source |= {} if note is None else {"note": note}
        source |= {} if until is None else {"until": until.isoformat()}
        self._records.put(self._index, made.id, source, None, visible=False)
        self._records.refresh(self._index)
        return made, token

    def shares(self, id: str) -> tuple[Share, ...]:
        """Return the links of a collection, the oldest first.

        Raises:
            NotFound: there is no such collection.
        """
        self._stored(id)
        return tuple(_share(hit["_source"]) for hit in self._shares(id))

    def revoke(self, id: str, share: str) -> Share:
        """Take a link away; who opens it finds nothing from now on.

        Raises:
            NotFound: there is no such collection or link.
        """
        stored = self._records.get(self._index, share) if can_be_id(share) else None
        if stored is None or stored.source.get("collection") != id:
            message = "there is no such link of this collection"
            raise NotFound(message, (FieldProblem("share", "no such link"),))
        self._records.delete(self._index, share, stored)
        return _share(stored.source)

    def shared(self, token: str) -> Collection:
        """Return the collection that a link is for.

        Raises:
            NotFound: there is no such link, it was revoked, or its last day is past.
        """
        conditions = [{"term": {"kind": SHARE}}, {"term": {"secret": _digest(token)}}]
        for hit in self._search(conditions, 1, [{"id": "asc"}]):
            share = _share(hit["_source"])
            if share.until is None or share.until >= self._clock().date():
                return self.get(share.collection)
        message = "there is no such link, or it holds no longer"
        raise NotFound(message, (FieldProblem("token", "no such link"),))

    def _items(
        self,
        refs: Sequence[tuple[ItemKind, str]],
        by: str,
        now: datetime,
        field: str,
        among: Sequence[tuple[ItemKind, str]] | None = None,
    ) -> list[Item]:
        """Return entries for what exists; ``among`` is the list in which problems are named by place."""
        named: dict[tuple[ItemKind, str], str] = {}
        for kind in self._sides:
            ids = list(dict.fromkeys(ref[1] for ref in refs if ref[0] == kind))
            named |= {(kind, ident): name for ident, name in self._names(kind, ids).items()}
        places = list(refs if among is None else among)
        problems = tuple(
            FieldProblem(f"{field}.{places.index(ref)}", f"there is no {ref[0]} {ref[1][:100]!r}")
            for ref in dict.fromkeys(refs)
            if ref not in named
        )
        if problems:
            told = "; ".join(f"{problem.field}: {problem.message}" for problem in problems[:5])
            raise InputInvalid(told, problems)
        if len(named) > MOST_ITEMS:
            raise _refused(field, f"a collection holds at most {MOST_ITEMS:,} items")
        return [Item(*ref, named[ref], now, by) for ref in dict.fromkeys(refs)]

    def _names(self, kind: ItemKind, ids: Sequence[str]) -> dict[str, str]:
        sane = [ident for ident in ids if can_be_id(ident)]
        if not sane:
            return {}
        try:
            found = self._reader.multi_get(
                self._sides[kind], sane, includes=("source.title", "source.key", "source.sku")
            )
        except IndexMissing:
            return {}
        return {ident: _told(kind, source["source"]) for ident, source in found.items()}

    def _name_of(self, kind: ItemKind, id: str) -> str | None:
        return self._names(kind, [id]).get(id)

    def _check_name(self, name: str, own: str | None) -> None:
        others = [known for ident, known in self.names() if ident != own]
        if len(others) >= MOST_COLLECTIONS and own is None:
            raise _refused("name", f"at most {MOST_COLLECTIONS:,} collections; delete some")
        if any(known.casefold() == name.casefold() for known in others):
            raise _refused("name", f"there is a collection of this name already: {name[:LONGEST_NAME]!r}")

    def _over(self, id: str, expected: str | None, step: Callable[[Collection], Collection]) -> Collection:
        for _ in range(_TRIES):
            stored = self._stored(id)
            _check(stored, expected)
            before = _whole(stored)
            after = step(before)
            if after == before:
                return before
            try:
                return self._put(replace(after, changed=self._clock()), stored)
            except EngineConflict:
                if expected is not None:
                    raise EngineConflict(_CHANGED_MEANWHILE) from None
        raise EngineConflict("the collection is being changed by others; try again")

    def _over_each(self, condition: Mapping[str, Any], step: Callable[[Collection], Collection]) -> int:
        conditions = [{"term": {"kind": COLLECTION}}, condition]
        found = self._search(conditions, MOST_COLLECTIONS, [{"id": "asc"}])
        changed = 0
        for hit in found:
            before = str(hit["_seq_no"])
            after = self._over(hit["_id"], None, step)
            changed += after.version.rpartition("-")[2] != before
        return changed

    def _put(self, one: Collection, stored: Stored | None) -> Collection:
        written = self._records.put(self._index, one.id, _source(one), stored, visible=False)
        self._records.refresh(self._index)
        return replace(one, version=written.version)

    def _stored(self, id: str) -> Stored:
        stored = None
        if can_be_id(id):
            try:
                stored = self._records.get(self._index, id)
            except IndexMissing:
                stored = None
        if stored is None or stored.source["kind"] != COLLECTION:
            message = f"there is no collection {id[:100]!r}"
            raise NotFound(message, (FieldProblem("id", "no such collection"),))
        return stored

    def _shares(self, id: str) -> list[Mapping[str, Any]]:
        conditions = [{"term": {"kind": SHARE}}, {"term": {"collection": id}}]
        return self._search(conditions, MOST_SHARES, [{"at": "asc"}, {"id": "asc"}])

    def _search(
        self, conditions: Sequence[Mapping[str, Any]], size: int, sort: Sequence[Mapping[str, str]]
    ) -> list[Mapping[str, Any]]:
        body = {
            "size": size,
            "query": {"bool": {"filter": list(conditions)}},
            "sort": list(sort),
            "_source": _LIGHT,
        }
        try:
            hits: list[Mapping[str, Any]] = self._records.search(self._index, body)["hits"]["hits"]
        except IndexMissing:
            return []
        return hits


def _covered(one: Collection) -> Collection:
    """Return the collection without its cover, if that is not in it any more."""
    kept = any(item.key == ("asset", one.cover) for item in one.items)
    return one if one.cover is None or kept else replace(one, cover=None)


def _told(kind: ItemKind, source: Mapping[str, Any]) -> str:
    title, own = source.get("title"), source.get("key") if kind == "asset" else source.get("sku")
    return str(title or own or "")


def _source(one: Collection) -> dict[str, Any]:
    source: dict[str, Any] = {
        "id": one.id,
        "kind": COLLECTION,
        "name": one.name,
        "assets": [item.id for item in one.items if item.kind == "asset"],
        "products": [item.id for item in one.items if item.kind == "product"],
        "former": former_ids(one.items),
        "items": {"entries": [item_source(item) for item in one.items]},
        "by": one.by,
        "at": one.made.isoformat(),
        "changed": one.changed.isoformat(),
    }
    known = (("owner", one.owner), ("note", one.note), ("cover", one.cover))
    return source | {name: value for name, value in known if value is not None}


def _collection(hit: Mapping[str, Any]) -> Collection:
    first = next(iter(hit["_source"]["assets"]), None)
    return replace(_of(hit["_source"], (), Stored.of(hit).version), first=first)


def _whole(stored: Stored) -> Collection:
    items = tuple(item_of(entry) for entry in stored.source["items"]["entries"])
    return _of(stored.source, items, stored.version)


def _of(source: Mapping[str, Any], items: tuple[Item, ...], version: str) -> Collection:
    return Collection(
        id=source["id"],
        name=source["name"],
        owner=source.get("owner"),
        note=source.get("note"),
        cover=source.get("cover"),
        items=items,
        by=source["by"],
        made=datetime.fromisoformat(source["at"]),
        changed=datetime.fromisoformat(source["changed"]),
        version=version,
    )


def _count(source: Mapping[str, Any]) -> int:
    return len(source["assets"]) + len(source["products"])


def _share(source: Mapping[str, Any]) -> Share:
    return Share(
        id=source["id"],
        collection=source["collection"],
        note=source.get("note"),
        until=date.fromisoformat(source["until"]) if source.get("until") else None,
        by=source["by"],
        made=datetime.fromisoformat(source["at"]),
    )


def _check(stored: Stored, expected: str | None) -> None:
    if expected is not None and expected != stored.version:
        raise EngineConflict(_CHANGED_MEANWHILE)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _refused(field: str, message: str) -> InputInvalid:
    return InputInvalid(f"{field}: {message}", (FieldProblem(field, message),))
