"""The products as the linker looks them up: by identifiers, style codes, words of names, looks."""

from __future__ import annotations

import functools
import math
import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from discovery.linking.colours import names_of
from discovery.linking.gtin import gtin
from discovery.linking.words import NOISE, squeezed, words
from mappings.documents import ProductDocument

COLOUR = "colour"

SHORTEST_CODE = 3
"""Characters of an identifier that is looked for in names; shorter ones are everywhere."""

LEAST_MATES = 2
"""Products that must share a beginning of their SKUs before it is taken for a style code."""

_DIVIDERS = "-_. /:"


@dataclass(frozen=True, slots=True)
class Look:
    """The members of a family that look the same: one colour in all sizes. ``key`` is empty for no colour."""

    family: str
    key: str
    colour: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """A product with its variants.

    ``root`` is the parent, if it is known. It is the ``umbrella`` of all looks unless it is one of them.
    ``words`` are those of its name, ``mass`` the sum of their weights.
    """

    key: str
    name: str
    root: str | None
    umbrella: str | None
    looks: Mapping[str, Look]
    words: frozenset[str]
    mass: float

    @property
    def members(self) -> tuple[str, ...]:
        """Every SKU of the family, the umbrella first."""
        first = (self.umbrella,) if self.umbrella else ()
        return (*first, *(sku for look in self.looks.values() for sku in look.members))

    @property
    def only_look(self) -> Look | None:
        """The family's look, where it has just one."""
        return next(iter(self.looks.values())) if len(self.looks) == 1 else None


@dataclass(frozen=True, slots=True)
class Named:
    """What a code names: a family, and the one member that it belongs to, or none for a style code."""

    family: str
    sku: str | None
    look: str | None


@dataclass(slots=True)
class _Row:
    sku: str
    title: str
    parent: str | None
    number: tuple[str, int]
    colours: tuple[str, ...]
    identifiers: tuple[str, ...]


class ProductBook:
    """What the linker knows of the products, in memory; built once, then only read.

    About 0.5 kB a product beside its own texts (measured at 100,000).
    The order in which products come does not matter.
    """

    def __init__(self, products: Iterable[ProductDocument]) -> None:
        rows = sorted((_row(product) for product in products), key=lambda row: (row.number, row.sku))
        by_sku = {row.sku: row for row in rows}
        stems = _stems(row for row in rows if row.parent is None)
        grouped: dict[str, list[_Row]] = defaultdict(list)
        for row in by_sku.values():
            grouped[_root(row, by_sku, stems)].append(row)
        titles = {key: _title_words(key, members) for key, members in grouped.items()}
        self._counts = Counter(word for said in titles.values() for word in said)
        self._families_count = len(grouped)
        self._families: dict[str, Family] = {}
        self._place: dict[str, tuple[str, str | None]] = {}
        self._codes: dict[str, tuple[Named, ...]] = {}
        self._gtins: dict[str, tuple[Named, ...]] = {}
        postings: dict[str, list[str]] = defaultdict(list)
        for key, members in grouped.items():
            family = self._family(key, members, titles[key])
            self._families[key] = family
            for word in family.words:
                postings[word].append(key)
            self._learn(family, members)
        self._postings = {word: tuple(keys) for word, keys in postings.items()}
        self.longest_code = max((_segments(row) for row in rows), default=1)

    def __len__(self) -> int:
        return len(self._place)

    def __contains__(self, sku: str) -> bool:
        return sku in self._place

    def family(self, key: str) -> Family:
        """Return the family of that key."""
        return self._families[key]

    def named(self, sku: str) -> Named | None:
        """Return where the product with exactly this SKU belongs; ``None`` if there is none."""
        place = self._place.get(sku)
        return Named(place[0], sku, place[1]) if place else None

    def by_code(self, code: str) -> tuple[Named, ...]:
        """Return what a squeezed SKU, other identifier or style code names."""
        return self._codes.get(code, ())

    def by_gtin(self, digits: str) -> tuple[Named, ...]:
        """Return what fourteen digits name."""
        return self._gtins.get(digits, ())

    def with_word(self, word: str) -> tuple[str, ...]:
        """Return the families whose names have this word."""
        return self._postings.get(word, ())

    def weight(self, word: str) -> float:
        """Return how telling a word of a name is: the logarithm of families in all by those that have it."""
        return math.log1p(self._families_count / self._counts[word]) if word in self._counts else 0.0

    def _family(self, key: str, members: list[_Row], said: frozenset[str]) -> Family:
        root = next((row for row in members if row.sku == key), None)
        umbrella = _umbrella(root, [row for row in members if row is not root])
        grouped: dict[str, list[_Row]] = defaultdict(list)
        for row in members:
            if row is not umbrella:
                grouped[_look_key(row)].append(row)
        looks = {
            look: Look(key, look, ", ".join(rows[0].colours), tuple(row.sku for row in rows))
            for look, rows in sorted(grouped.items(), key=lambda pair: pair[1][0].number)
        }
        name = root.title if root is not None else members[0].title
        return Family(
            key,
            name,
            root.sku if root is not None else None,
            umbrella.sku if umbrella else None,
            looks,
            said,
            sum(self.weight(word) for word in said),
        )

    def _learn(self, family: Family, members: list[_Row]) -> None:
        for look in family.looks.values():
            for sku in look.members:
                self._place[sku] = (family.key, look.key)
        if family.umbrella:
            self._place[family.umbrella] = (family.key, None)
        for row in members:
            own = Named(family.key, row.sku, self._place[row.sku][1])
            for identifier in dict.fromkeys((row.sku, *row.identifiers)):
                digits = gtin(identifier)
                if digits:
                    _add(self._gtins, digits, own)
                code = squeezed(identifier)
                if len(code) >= SHORTEST_CODE:
                    _add(self._codes, code, own)
        style = squeezed(family.key)
        # A parent that is a colour of its own lends its SKU to nobody: MG-101 is the terracotta mug.
        if len(style) >= SHORTEST_CODE and family.key not in self._place:
            _add(self._codes, style, Named(family.key, None, None))


def code_strength(code: str) -> float:
    """Return how little a squeezed code may stand in a name by chance: 0 to 1.

    Letters and digits together are rarely anything else; few digits may be a date or a count, and letters
    alone a word.
    """
    digits = sum(character.isdigit() for character in code)
    if 0 < digits < len(code):
        return 1.0 if len(code) >= 4 else 0.6
    if digits:
        return 1.0 if len(code) >= 8 else {3: 0.1, 4: 0.3, 5: 0.6, 6: 0.7, 7: 0.8}.get(len(code), 0.0)
    return 0.5 if len(code) >= 8 else 0.15


@functools.lru_cache(maxsize=65_536)
def known_colour(colour: str) -> frozenset[str]:
    """Return the picture colours that a product's colour may show as."""
    return names_of(colour)


def _row(product: ProductDocument) -> _Row:
    said = product.source
    return _Row(
        said.sku,
        said.title,
        said.parent if said.parent and said.parent != said.sku else None,
        (said.name, said.row),
        tuple(said.attribute_values.get(COLOUR, ())),
        tuple(said.identifiers),
    )


def _root(row: _Row, by_sku: Mapping[str, _Row], stems: Mapping[str, str]) -> str:
    """Return the key of a product's family: its topmost parent, known or not, else its style code."""
    seen = {row.sku}
    key = row.sku
    parent = row.parent
    while parent is not None and parent not in seen:
        seen.add(parent)
        key = parent
        parent = by_sku[parent].parent if parent in by_sku else None
    return stems.get(key, key)


def _stems(rows: Iterable[_Row]) -> dict[str, str]:
    """Return the style code of each SKU that shares one: ``TS01-RED-M`` and ``TS01-BLUE-L`` share ``TS01``.

    Products that share it must also share the first word of their names, and one of them must not be a
    longer name of another's style.
    """
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        said = words(row.title)
        if not said:
            continue
        for stem in _beginnings(row.sku):
            groups[stem, said[0]].append(row.sku)
    style: dict[str, str] = {}
    for (stem, _), skus in sorted(groups.items(), key=lambda item: (-len(item[0][0]), item[0])):
        free = [sku for sku in skus if sku not in style]
        if len(free) >= LEAST_MATES:
            style.update(dict.fromkeys(free, stem))
    return style


def _beginnings(sku: str) -> list[str]:
    """Return the beginnings of a SKU at its dividers that are strong enough to be a style code."""
    cuts = [place for place, character in enumerate(sku) if character in _DIVIDERS]
    return [
        sku[:cut]
        for cut in cuts
        if len(code := squeezed(sku[:cut])) >= 4
        and any(character.isdigit() for character in code)
        and code_strength(code) >= 0.6
    ]


def _title_words(key: str, members: list[_Row]) -> frozenset[str]:
    """Return the words of a family's name: its root's title, else what the members' titles share."""
    root = next((row for row in members if row.sku == key), None)
    if root is not None:
        said = set(words(root.title))
    else:
        said = set.intersection(*(set(words(row.title)) for row in members))
    return frozenset(word for word in said - NOISE if len(word) > 1)


def _umbrella(root: _Row | None, others: Sequence[_Row]) -> _Row | None:
    """Return the root if it stands for all looks of its family; ``None`` if it is one of them, or alone.

    A catalogue copies the colours of variants onto their parent. What is left of the parent's without them is
    its own colour, which it keeps; variants without any take the parent's.
    """
    if root is None or not others:
        return None
    theirs = {colour for row in others for colour in row.colours}
    if not theirs:
        for row in others:
            row.colours = root.colours
        return root
    own = tuple(colour for colour in root.colours if colour not in theirs)
    if not own:
        return root
    root.colours = own
    return None


def _look_key(row: _Row) -> str:
    return "|".join(sorted({squeezed(colour) for colour in row.colours}))


def _add(table: dict[str, tuple[Named, ...]], code: str, named: Named) -> None:
    held = table.get(code, ())
    if named not in held:
        table[code] = (*held, named)


def _segments(row: _Row) -> int:
    return max(len(words(posixpath.basename(text))) for text in (row.sku, *row.identifiers))
