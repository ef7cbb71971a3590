"""Collections as people see them: named, ordered, shared by links. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

ItemKind = Literal["asset", "product"]
KINDS: tuple[ItemKind, ...] = ("asset", "product")

MOST_COLLECTIONS = 1000
"""Of one service: each is one clause of the facet that counts them."""

MOST_ITEMS = 10_000
"""Of one collection; the engine takes 65,536 terms at most."""

MOST_AT_ONCE = 1000
MOST_SHARES = 100
LONGEST_NAME, LONGEST_OWNER, LONGEST_NOTE = 200, 320, 2000


@dataclass(frozen=True, slots=True)
class Place:
    """What stood in a collection before something else took its place, and where; to put it back."""

    item: Item
    at: int
    shared: bool
    """Whether what took its place was in the collection already."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry. ``name`` is what it was called when it came in, for when it is gone."""

    kind: ItemKind
    id: str
    name: str
    at: datetime
    by: str
    was: tuple[Place, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What it is, apart from who put it here when."""
        return self.kind, self.id


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection. ``cover`` is an asset's id; ``version`` changes whenever it is written.

    ``first`` is the first asset in it, where its items are not with it.
    """

    id: str
    name: str
    owner: str | None
    note: str | None
    cover: str | None
    items: tuple[Item, ...]
    by: str
    made: datetime
    changed: datetime
    version: str = ""
    first: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A link for reading one collection. ``until`` is its last day (UTC); ``None``: until it is revoked."""

    id: str
    collection: str
    note: str | None
    until: date | None
    by: str
    made: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """What a change of items did."""

    added: int = 0
    moved: int = 0
    removed: int = 0


def arranged(
    items: Sequence[Item], put: Sequence[Item], removed: Iterable[tuple[str, str]], at: int | None
) -> tuple[tuple[Item, ...], Counts]:
    """Return the items with some taken away and others put in, each once.

    Those that ``put`` names stand together in that order at ``at`` of what is left, those that are there
    already moved to it; without ``at`` new ones go to the end, and those that are there stay.
    """
    away = set(removed)
    left = [item for item in items if item.key not in away]
    gone = len(items) - len(left)
    wanted = {item.key: item for item in put}
    there = {item.key: item for item in left}
    new = [item for key, item in wanted.items() if key not in there]
    if at is None:
        return (*left, *new), Counts(len(new), 0, gone)
    staying = [item for item in left if item.key not in wanted]
    block = [there.get(key, item) for key, item in wanted.items()]
    return (*staying[:at], *block, *staying[at:]), Counts(len(new), len(block) - len(new), gone)


def repointed(items: Sequence[Item], asset: str, to: Item) -> tuple[Item, ...]:
    """Return the items with ``to`` where ``asset`` was; where both were, only ``to``, in its own place.

    ``to`` remembers what it stands for, so that :func:`restored` can undo it.
    """
    keys = [item.key for item in items]
    if ("asset", asset) not in keys or asset == to.id:
        return tuple(items)
    place = keys.index(("asset", asset))
    shared = to.key in keys
    former = Place(items[place], place, shared)
    if shared:
        kept = [
            replace(item, was=(*item.was, former)) if item.key == to.key else item
            for item in items
            if item.key != ("asset", asset)
        ]
        return tuple(kept)
    return (*items[:place], replace(to, was=(former,)), *items[place + 1 :])


def restored(items: Sequence[Item], asset: str, to: str) -> tuple[Item, ...]:
    """Return the items as they were before ``asset`` became ``to``; what changed since stays changed."""
    holder = next((item for item in items if item.key == ("asset", to)), None)
    if holder is None:
        return tuple(items)
    former = next((place for place in holder.was if place.item.id == asset), None)
    if former is None:
        return tuple(items)
    rest = tuple(place for place in holder.was if place is not former)
    stays = former.shared or bool(rest)
    if rest and not former.shared:
        # It came in for this one; from now on it is here for the next.
        rest = (replace(rest[0], shared=False), *rest[1:])
    kept = [
        replace(item, was=rest) if item is holder else item for item in items if item is not holder or stays
    ]
    at = min(former.at, len(kept)) if stays else [*items].index(holder)
    if any(item.key == former.item.key for item in kept):
        return tuple(kept)
    return (*kept[:at], former.item, *kept[at:])


def item_source(item: Item) -> dict[str, Any]:
    """Return an entry as it is stored."""
    source: dict[str, Any] = {
        "kind": item.kind,
        "id": item.id,
        "name": item.name,
        "at": item.at.isoformat(),
        "by": item.by,
    }
    if item.was:
        source["was"] = [
            {"item": item_source(one.item), "at": one.at, "shared": one.shared} for one in item.was
        ]
    return source


def item_of(source: Mapping[str, Any]) -> Item:
    """Return an entry as it was stored."""
    return Item(
        kind=source["kind"],
        id=source["id"],
        name=source["name"],
        at=datetime.fromisoformat(source["at"]),
        by=source["by"],
        was=tuple(Place(item_of(one["item"]), one["at"], one["shared"]) for one in source.get("was", ())),
    )


def former_ids(items: Iterable[Item]) -> list[str]:
    """Return the assets that entries stand for, those within them included."""
    found: dict[str, None] = {}
    pending = [place for item in items for place in item.was]
    while pending:
        place = pending.pop()
        found[place.item.id] = None
        pending += place.item.was
    return list(found)
