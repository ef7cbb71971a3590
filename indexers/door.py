"""At the door: whether the pictures that a run brought in are there already, under other names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from discovery.duplicates.groups import Pair, better
from discovery.duplicates.lookup import Alike, Lookup, pairs_with
from discovery.duplicates.sweep import Kept

AT_ONCE = 200
NAMED = 3


@dataclass(frozen=True, slots=True)
class Door:
    """Looks up at most ``most`` new pictures of a run; ``tell`` is given the pairs that were found.

    ``kept`` returns the pairs that people said are both meant.
    """

    lookup: Lookup
    most: int
    kept: Callable[[], Kept]
    tell: Callable[[Sequence[Pair]], object]

    def look(self, ids: Sequence[str]) -> dict[str, list[Alike]]:
        """Return what is there already, by id of the new asset; those that are new indeed are left out.

        Of two that are both new, only the one is told that would give way to the other.
        """
        found: dict[str, list[Alike]] = {}
        kept, new = self.kept(), frozenset(ids)
        for start in range(0, len(ids), AT_ONCE):
            there = self.lookup.indexed(ids[start : start + AT_ONCE])
            prints = {ident: one for ident, one in there.items() if not one.merged}
            pairs: list[Pair] = []
            for ident, every in self.lookup.of(list(prints.values())).items():
                alike = [one for one in every if frozenset((ident, one.print.id)) not in kept]
                pairs += pairs_with(prints[ident], alike)
                there_first = [
                    one for one in alike if one.print.id not in new or better(one.print, prints[ident])
                ]
                if there_first:
                    found[ident] = there_first
            self.tell(pairs)
        return found


def told(alike: Sequence[Alike]) -> str:
    """Say what is there already."""
    named = [f"{one.likeness.how} {one.print.source}: {one.print.name}" for one in alike[:NAMED]]
    more = f", and {len(alike) - NAMED} more" if len(alike) > NAMED else ""
    return f"this is already here: it is {'; '.join(named)}{more}"
