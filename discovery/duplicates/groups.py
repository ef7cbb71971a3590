"""Files of one picture together: which of them to keep, and why. Pure."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from discovery.duplicates.prints import Print
from discovery.duplicates.verdict import Kind, Likeness


@dataclass(frozen=True, slots=True)
class Pair:
    """Two files of one picture; ``kept`` is the better of them, and ``likeness`` what ``lesser`` is of it."""

    kept: Print
    lesser: Print
    likeness: Likeness

    @property
    def ids(self) -> frozenset[str]:
        """The two, in no order."""
        return frozenset((self.kept.id, self.lesser.id))


@dataclass(frozen=True, slots=True)
class Group:
    """Files of one picture. ``members`` begin with the suggested keeper; ``reason`` says why it is that."""

    id: str
    kind: Kind
    members: tuple[Print, ...]
    pairs: tuple[Pair, ...]
    reason: str

    @property
    def keeper(self) -> Print:
        """The file to keep."""
        return self.members[0]


class State(StrEnum):
    """What people made of a group: nothing yet, all are kept, all but one are merged, or some of both."""

    OPEN = "open"
    KEPT = "kept"
    MERGED = "merged"
    DECIDED = "decided"


def paired(one: Print, other: Print, likeness: Likeness) -> Pair:
    """Return the pair with the better file first; a likeness reads from the lesser to the better one.

    ``likeness`` is what ``other`` is of ``one``.
    """
    if better(other, one):
        return Pair(other, one, likeness.reversed())
    return Pair(one, other, likeness)


def better(one: Print, other: Print) -> bool:
    """Return whether ``one`` is the file to keep: named by a catalogue, linked, large, old."""
    return _rank(one) > _rank(other)


def _rank(one: Print) -> tuple[bool, bool, int, float, str]:
    return (bool(one.skus), one.linked, one.pixels, -one.made.timestamp() if one.made else -math.inf, one.id)


def reason_for(keeper: Print, others: Sequence[Print]) -> str:
    """Return why a file is the one to keep of several."""
    if bool(keeper.skus) and not all(one.skus for one in others):
        return "a catalogue names it"
    if keeper.linked and not all(one.linked for one in others):
        return "it is linked to a product"
    most = max((one.pixels for one in others), default=0)
    if keeper.pixels > most:
        return f"it has {keeper.pixels / most:.1f} times the pixels" if most else "it has the most pixels"
    moments = [one.made for one in others if one.made]
    if keeper.made and moments and keeper.made < min(moments):
        return "it was there first"
    return "nothing speaks for another"


def groups_of(pairs: Iterable[Pair], known: Mapping[str, str] | None = None) -> Iterator[Group]:
    """Yield the groups that pairs make, transitively; a group keeps the id under which ``known`` has one."""
    found: dict[frozenset[str], Pair] = {}
    for pair in pairs:
        held = found.get(pair.ids)
        if held is None or pair.likeness.degree > held.likeness.degree:
            found[pair.ids] = pair
    leaders: dict[str, str] = {}

    def leader(ident: str) -> str:
        while leaders.setdefault(ident, ident) != ident:
            leaders[ident] = leaders[leaders[ident]]
            ident = leaders[ident]
        return ident

    prints: dict[str, Print] = {}
    for pair in found.values():
        for one in (pair.kept, pair.lesser):
            prints[one.id] = one
        first, second = sorted((leader(pair.kept.id), leader(pair.lesser.id)))
        leaders[second] = first
    together: dict[str, list[Pair]] = defaultdict(list)
    for pair in found.values():
        together[leader(pair.kept.id)].append(pair)
    taken: set[str] = set()
    for head, some in sorted(together.items()):
        ids = dict.fromkeys(one.id for pair in some for one in (pair.kept, pair.lesser))
        members = tuple(sorted((prints[ident] for ident in ids), key=_rank, reverse=True))
        olds = sorted({(known or {})[ident] for ident in ids if ident in (known or {})} - taken)
        named = olds[0] if olds else group_id(head)
        taken.add(named)
        ordered = tuple(sorted(some, key=lambda pair: (-pair.likeness.degree, pair.lesser.id, pair.kept.id)))
        kind = max((pair.likeness.kind for pair in some), key=list(Kind).index)
        yield Group(named, kind, members, ordered, reason_for(members[0], members[1:]))


def group_id(asset: str) -> str:
    """Return the id of a group that is found for the first time, with this asset in it."""
    return hashlib.blake2b(f"duplicates\0{asset}".encode(), digest_size=12).hexdigest()


def state_of(
    pairs: Sequence[frozenset[str]], kept: Collection[frozenset[str]], merged: Collection[str]
) -> State:
    """Return what people made of the pairs of a group.

    ``kept`` are the pairs that they said are both meant, ``merged`` the files that they merged into others.
    """
    gone = frozenset(merged)
    left = [pair for pair in pairs if not pair & gone]
    if any(pair not in kept for pair in left):
        return State.OPEN
    if len(left) == len(pairs):
        return State.KEPT
    return State.DECIDED if left else State.MERGED
