"""Evidence from words: a product's name in a title, caption, alternative text, or a file's name."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator

from discovery.linking.book import Family, ProductBook
from discovery.linking.evidence import Evidence
from discovery.linking.naming import colour_of
from discovery.linking.words import CAMERA, MOST_WORDS, NOISE, folders, stem, words
from mappings.documents import AssetSource

LEAST_COVERAGE = 0.6
"""Share of a product's name, by the weight of its words, that a text must have to speak for it."""

MOST_FAMILIES = 8
MOST_POSTINGS = 600
_SUBSUMED = 0.5


def caption_evidence(source: AssetSource, book: ProductBook) -> Iterator[Evidence]:
    """Yield the products whose names stand in the title, description or alternative text."""
    said = {
        word for text in (source.title, source.description, source.alt_text) if text for word in words(text)
    }
    for family, value in named_in(said, book):
        yield Evidence("caption_words", family.key, value, f"title or caption name “{family.name[:60]}”")


def name_words_evidence(key: str, book: ProductBook) -> Iterator[Evidence]:
    """Yield the products whose names stand in the file's name, or in the folders it lies in."""
    name = {word for word in words(stem(key))[:MOST_WORDS] if word not in CAMERA}
    for family, value in named_in(name, book):
        yield Evidence("name_words", family.key, value, f"the file name spells “{family.name[:60]}”")
    for folder in folders(key).split("/")[-2:]:
        for family, value in named_in(set(words(folder)[:MOST_WORDS]), book):
            yield Evidence("path_words", family.key, value, f"the folder spells “{family.name[:60]}”")


def caption_colour_evidence(source: AssetSource, family: Family) -> Iterator[Evidence]:
    """Yield which look title, keywords or alternative text tell, or that the title tells none of them."""
    for place, text in (
        ("title", source.title),
        ("keywords", " ".join(source.keywords[:100])),
        ("alternative text", source.alt_text),
    ):
        if not text:
            continue
        told = words(text)
        after = [word for before, word in itertools.pairwise(told) if before == "in"]
        colour = colour_of(told, family, expected=after if place == "title" else ())
        if not colour.said:
            continue
        if colour.look is not None:
            yield Evidence(
                "caption_colour",
                family.key,
                1.0,
                f"{_in(place)} the colour “{colour.said}”",
                colour.look,
            )
            return
        if place == "title" and any(look.colour for look in family.looks.values()):
            yield Evidence(
                "caption_colour_differs",
                family.key,
                1.0,
                f"the title says {colour.said}, which {family.name} does not come in",
            )


def named_in(said: Iterable[str], book: ProductBook) -> list[tuple[Family, float]]:
    """Return the families whose names are among the words, with how well: coverage times rarity, 0 to 1.

    Rare words are looked up first and common ones only where few families have them, so that the work is
    bounded whatever the text.
    """
    posted = [(len(keys), word, keys) for word in set(said) - NOISE if (keys := book.with_word(word))]
    posted.sort(key=lambda item: item[:2])
    mass: dict[str, float] = {}
    visited = 0
    for count, word, keys in posted:
        weight = book.weight(word)
        visited += count
        if visited <= MOST_POSTINGS or not mass:
            for key in keys[:MOST_POSTINGS]:
                mass[key] = mass.get(key, 0.0) + weight
        else:
            for key in mass:
                if word in book.family(key).words:
                    mass[key] += weight
    rarity = math.log1p(len(book)) or 1.0
    scored: list[tuple[float, float, Family]] = []
    for key, held in mass.items():
        family = book.family(key)
        coverage = held / family.mass
        if coverage >= LEAST_COVERAGE:
            scored.append((coverage * (1 - math.exp(-held / rarity)), coverage, family))
    scored.sort(key=lambda item: (-round(item[0], 9), item[2].key))
    best = scored[:MOST_FAMILIES]
    return [
        (family, value * (_SUBSUMED if _is_subsumed(family, coverage, best) else 1.0))
        for value, coverage, family in best
    ]


def _is_subsumed(family: Family, coverage: float, among: list[tuple[float, float, Family]]) -> bool:
    """Return whether the text names a product whose longer name contains this family's."""
    return any(other.words > family.words and theirs >= coverage for _, theirs, other in among)


def _in(place: str) -> str:
    return "the title names" if place == "title" else f"the {place} name"
