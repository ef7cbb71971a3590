"""At the door: whether the pictures that a run brought in are there already, under other names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from discovery.duplicates.groups import Pair
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
        """Return what is there already, by id of the new asset; those that are new indeed are left out."""
        found: dict[str, list[Alike]] = {}
        kept = self.kept()
        for start in range(0, len(ids), AT_ONCE):
            there = self.lookup.indexed(ids[start : start + AT_ONCE])
            prints = {ident: one for ident, one in there.items() if not one.merged}
            for ident, every in self.lookup.of(list(prints.values())).items():
                alike = [one for one in every if frozenset((ident, one.print.id)) not in kept]
                if alike:
                    found[ident] = alike
            self.tell([pair for ident in prints for pair in pairs_with(prints[ident], found.get(ident, ()))])
        return found


def told(alike: Sequence[Alike]) -> str:
    """Say what is there already."""
    named = [f"{one.likeness.how} {one.print.source}: {one.print.name}" for one in alike[:NAMED]]
    more = f", and {len(alike) - NAMED} more" if len(alike) > NAMED else ""
    return f"this is already here: it is {'; '.join(named)}{more}"
