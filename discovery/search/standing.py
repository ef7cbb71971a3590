"""What the service keeps of the engine between requests: stamps, points in time, spellings, vectors."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from discovery.errors import CursorExpired, DiscoveryError, IndexMismatch, IndexMissing
from discovery.search.facets import read_spellings, spellings_body
from discovery.search.understanding import (
    Vocabulary,
    read_version,
    read_vocabulary,
    version_body,
    vocabulary_body,
)
from mappings.fields import Field, Side
from mappings.fingerprint import digest
from mappings.registry import ASSETS, PRODUCTS, Family, floors_of, read

FAMILIES: dict[Side, Family] = {"assets": ASSETS, "products": PRODUCTS}

STAMP_SECONDS = 1.0
"""How long an alias is believed to stand for the same index. Searches name that index, never the alias,
so a query is only ever put to the index whose stamp was looked at."""

SNAPSHOT_SECONDS = 30.0
"""How long one point in time is handed to walks that begin. However many walk, few are open: a node
refuses more than 300."""

SPELLING_SECONDS = 60.0
VOCABULARY_SECONDS = 5.0
VOCABULARY_FORGOTTEN_SECONDS = 3600.0
MOST_SPELLINGS = 50_000

MOST_DOCUMENTS = 256
"""Documents kept with their vectors: about 60 kB each."""

T = TypeVar("T")
Clock = Callable[[], float]
Version = tuple[str, int, int]


class Searching(Protocol):
    """The engine's reader, as the read side needs it."""

    def search(
        self, index: str, body: Mapping[str, Any], *, params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Run one search."""

    def multi_search(self, index: str, bodies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Run several searches in one request."""

    def open_point_in_time(self, index: str, keep_alive_seconds: int) -> str:
        """Freeze what ``index`` holds now; return its id."""

    def mapping_meta(self, index: str) -> dict[str, dict[str, Any]]:
        """Return the stamp of each index behind a name."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What made the index behind an alias. ``recipe`` is ``None`` where it holds no vectors."""

    index: str
    recipe: str | None
    floors: Mapping[str, float] = field(default_factory=dict)


class Stamps:
    """The stamps of both sides, looked at again every second, so that a promotion is noticed.

    Those are looked at that ``indices`` names for each side, without it those that serve.
    """

    def __init__(
        self, reader: Searching, prefix: str, clock: Clock, indices: Mapping[Side, str] | None = None
    ) -> None:
        self._reader = reader
        self._names = indices or {side: family.read_alias(prefix) for side, family in FAMILIES.items()}
        self._clock = clock
        self._digests = {side: digest(read(family)) for side, family in FAMILIES.items()}
        self._held: dict[Side, tuple[float, Stamp]] = {}

    def of(self, side: Side) -> Stamp:
        """Return the stamp of the index that ``side`` is searched in.

        Raises:
            IndexMissing: nothing was indexed yet.
            IndexMismatch: the index has another mapping than this version of the service.
        """
        held = self._held.get(side)
        if held is not None and self._clock() - held[0] < STAMP_SECONDS:
            return held[1]
        stamp = self._look(side)
        self._held[side] = (self._clock(), stamp)
        return stamp

    def forget(self, side: Side) -> None:
        """Look again at the next request."""
        self._held.pop(side, None)

    def _look(self, side: Side) -> Stamp:
        try:
            found = self._reader.mapping_meta(self._names[side])
        except IndexMissing:
            raise IndexMissing(
                f"there is no index of {side} yet; run discovery index run, or discovery index {side}"
            ) from None
        if any(meta.get("mapping") != self._digests[side] for meta in found.values()):
            raise IndexMismatch(
                f"the index of {side} was made by another version of its mapping; run discovery index rebuild"
            )
        recipes = {meta.get("recipe") for meta in found.values()}
        recipe = recipes.pop() if len(recipes) == 1 else None
        return Stamp(",".join(sorted(found)), recipe, floors_of(found))


class Snapshots:
    """One point in time for each side, shared by the walks that begin within half a minute."""

    def __init__(self, reader: Searching, keep_alive_seconds: int, clock: Clock) -> None:
        self.keep_alive_seconds = keep_alive_seconds
        self._reader = reader
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, tuple[float, str]] = {}

    def current(self, index: str) -> str:
        """Return a point in time of ``index`` that is at most half a minute old."""
        with self._lock:
            held = self._held.get(index)
            if held is not None and self._clock() - held[0] < SNAPSHOT_SECONDS:
                return held[1]
            pit = self._reader.open_point_in_time(index, self.keep_alive_seconds)
            self._held = {
                name: entry
                for name, entry in self._held.items()
                if self._clock() - entry[0] < SNAPSHOT_SECONDS
            } | {index: (self._clock(), pit)}
            return pit

    def drop(self, pit: str) -> None:
        """Hand ``pit`` out no more: the engine has lost it."""
        with self._lock:
            self._held = {name: entry for name, entry in self._held.items() if entry[1] != pit}

    def walk(self, index: str, search: Callable[[str], T]) -> T:
        """Begin a walk: run ``search`` in a current point in time, in a new one if that is lost."""
        pit = self.current(index)
        try:
            return search(pit)
        except CursorExpired:
            self.drop(pit)
        return search(self.current(index))


class Spellings:
    """How the values of facets are spelt by people; asked once a minute for each value that is shown."""

    def __init__(self, reader: Searching, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self._held: dict[tuple[str, str, str | None], dict[str, tuple[float, str]]] = {}

    def labels(self, index: str, field: Field, values: list[str]) -> dict[str, str]:
        """Return the most frequent spelling of each value, itself where there is none."""
        held = self._held.get((index, field.path, field.attribute), {})
        now = self._clock()
        unknown = [v for v in values if v not in held or now - held[v][0] >= SPELLING_SECONDS]
        if unknown:
            spelt = self._ask(index, field, unknown)
            held = {**held, **{value: (now, spelt.get(value, value)) for value in unknown}}
            if sum(len(entry) for entry in self._held.values()) > MOST_SPELLINGS:
                self._held = {}
            self._held = {**self._held, (index, field.path, field.attribute): held}
        return {value: held[value][1] for value in values}

    def _ask(self, index: str, field: Field, values: list[str]) -> dict[str, str]:
        try:
            return read_spellings(field, self._reader.search(index, spellings_body(field, values)))
        except DiscoveryError:
            # A label is a courtesy; the values themselves are correct and already here.
            return {}


class Vocabularies:
    """The values of the facets of each index, read again when the index has changed since."""

    def __init__(self, reader: Searching, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self._held: dict[str, tuple[float, tuple[Any, ...], Vocabulary]] = {}

    def of(self, side: Side, index: str) -> Vocabulary:
        """Return the vocabulary of ``index``, at most :data:`VOCABULARY_SECONDS` behind it."""
        held = self._held.get(index)
        if held is not None and self._clock() - held[0] < VOCABULARY_SECONDS:
            return held[2]
        version = read_version(self._reader.search(index, version_body()))
        if held is None or held[1] != version:
            found = read_vocabulary(side, self._reader.search(index, vocabulary_body(side)))
            self._held = {
                name: entry
                for name, entry in self._held.items()
                if self._clock() - entry[0] < VOCABULARY_FORGOTTEN_SECONDS
            }
        else:
            found = held[2]
        self._held[index] = (self._clock(), version, found)
        return found


class Pictured:
    """Documents with their vectors, which take the engine longer to read out than to find by.

    A document is given out again only while the engine says that the index holds the very same version of
    it, to whoever may see it: the question that asks so carries the viewer's rights.
    """

    def __init__(self, reader: Searching) -> None:
        self._reader = reader
        self._held: OrderedDict[tuple[str, str], tuple[Version, Mapping[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def hit(self, index: str, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the one hit of ``body``, with its whole source; ``None`` where there is none."""
        asked = json.dumps(body, sort_keys=True)
        with self._lock:
            held = self._held.get((index, asked))
        if held is not None:
            found = self._ask(index, {**body, "_source": False})
            if found is None or _version(found) == held[0]:
                return found and held[1]
        found = self._ask(index, body)
        if found is not None:
            with self._lock:
                self._held[index, asked] = _version(found), found
                self._held.move_to_end((index, asked))
                if len(self._held) > MOST_DOCUMENTS:
                    self._held.popitem(last=False)
        return found

    def _ask(self, index: str, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        hits = self._reader.search(index, {**body, "seq_no_primary_term": True})["hits"]["hits"]
        return hits[0] if hits else None


def _version(hit: Mapping[str, Any]) -> Version:
    return hit["_id"], hit["_seq_no"], hit["_primary_term"]
