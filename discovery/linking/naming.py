"""Evidence from what a file is called and where it lies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from discovery.linking.book import Family, Named, ProductBook, code_strength
from discovery.linking.colours import is_colour_word, may_be_colour, meaning, names_of
from discovery.linking.evidence import Evidence
from discovery.linking.gtin import gtin
from discovery.linking.patterns import Patterns, Reading
from discovery.linking.roles import view_role
from discovery.linking.words import CAMERA, MOST_WORDS, NOISE, folders, squeezed, stem, words

LEAST_STRENGTH = 0.1


@dataclass(frozen=True, slots=True)
class Found:
    """A code in a name: its words' places, what it names, and how strong it is."""

    begin: int
    end: int
    text: str
    named: tuple[Named, ...]
    strength: float
    is_gtin: bool


def name_evidence(key: str, book: ProductBook, patterns: Patterns) -> list[Evidence]:
    """Return what a file's name tells: codes, their colour and view, and words nobody can place."""
    said = words(stem(key))[:MOST_WORDS]
    for reading in patterns.readings(key):
        found = _by_pattern(reading, book)
        if found:
            rest = [*words(reading.colour), *words(reading.view)]
            return [piece for code in found for piece in _told(code, rest, rest, book, "name")]
    found = codes(said, book)
    rest = [word for place, word in enumerate(said) if not any(c.begin <= place < c.end for c in found)]
    return [piece for code in found for piece in _told(code, rest, said, book, "name")]


def path_evidence(key: str, book: ProductBook) -> list[Evidence]:
    """Return what the folders tell: a folder named by a code holds pictures of that product."""
    parts = [part for part in folders(key).split("/") if part]
    evidence: list[Evidence] = []
    for part in parts[-4:]:
        for code in codes(words(part)[:MOST_WORDS], book):
            evidence += [
                Evidence(
                    "path_identifier",
                    named.family,
                    code.strength,
                    f"the folder “{_short(part)}” carries {_whose(named, code)}",
                    named.look,
                    named.sku,
                )
                for named in code.named
            ]
    return evidence


def codes(said: Sequence[str], book: ProductBook) -> list[Found]:
    """Return the identifiers, style codes and GTINs in a row of words; of two that overlap, the longer."""
    found: list[Found] = []
    for begin in range(len(said)):
        if said[begin].isdigit() and begin and said[begin - 1] in CAMERA:
            continue
        text = ""
        for end in range(begin + 1, min(len(said), begin + book.longest_code) + 1):
            text += said[end - 1]
            code = _code(begin, end, text, book)
            if code:
                found.append(code)
    found.sort(key=lambda code: (code.begin - code.end, -len(code.text), code.begin))
    kept: list[Found] = []
    for code in found:
        if all(code.end <= other.begin or other.end <= code.begin for other in kept):
            kept.append(code)
    return kept


def _code(begin: int, end: int, text: str, book: ProductBook) -> Found | None:
    named = book.by_code(text)
    digits = gtin(text) if text.isdigit() else None
    by_gtin = book.by_gtin(digits) if digits else ()
    if by_gtin:
        return Found(begin, end, text, by_gtin, 1.0, is_gtin=True)
    if named and (strength := code_strength(text)) >= LEAST_STRENGTH:
        return Found(begin, end, text, named, strength, is_gtin=False)
    return None


def _by_pattern(reading: Reading, book: ProductBook) -> list[Found]:
    digits = gtin(reading.ean) if reading.ean else None
    if digits and book.by_gtin(digits):
        return [Found(0, 0, digits, book.by_gtin(digits), 1.0, is_gtin=True)]
    for text in (squeezed(reading.sku), squeezed(reading.style)):
        named = book.by_code(text) if text else ()
        if named:
            # Who writes a pattern says what its group is, so even a short code is one.
            return [Found(0, 0, text, named, max(0.8, code_strength(text)), is_gtin=False)]
    return []


def _told(
    code: Found, rest: Sequence[str], said: Sequence[str], book: ProductBook, kind: str
) -> Iterable[Evidence]:
    """Yield what a code and the words around it say of each product it names."""
    views = [word for word in rest if view_role(word)]
    for named in code.named:
        family = book.family(named.family)
        colour = colour_of(rest, family, expected=rest[:1])
        feature = f"{kind}_gtin" if code.is_gtin else f"{kind}_identifier"
        if named.sku is None or named.sku == family.umbrella:
            feature = f"{kind}_style" if not code.is_gtin else feature
        with_colour = f" and the colour {colour.said}" if colour.said else ""
        reason = f"the file name carries {_whose(named, code)}"
        yield Evidence(feature, named.family, code.strength, reason, named.look, named.sku)
        if colour.look is not None:
            yield Evidence("name_colour", named.family, 1.0, reason + with_colour, colour.look, None)
        elif colour.said and _has_colours(family):
            yield Evidence(
                "name_colour_differs",
                named.family,
                1.0,
                f"the file name says {colour.said}, but {family.name} comes in {_comes_in(family)}",
            )
        if views:
            yield Evidence(
                "name_view", named.family, 1.0, f"the file name tells the view, “{_short(views[-1])}”"
            )
        strange = [word for word in rest if not _is_explained(word, colour.used, family)]
        if strange:
            yield Evidence(
                "name_unexplained",
                named.family,
                len(strange) / max(len(said), len(strange) + 1),
                f"the file name has words that say nothing known: {_short(', '.join(strange))}",
            )


@dataclass(frozen=True, slots=True)
class ColourSaid:
    """A colour in a name: its words, the look it means in the family, and the words it is made of."""

    said: str = ""
    look: str | None = None
    used: frozenset[str] = frozenset()


def colour_of(said: Sequence[str], family: Family, expected: Sequence[str] = ()) -> ColourSaid:
    """Return the colour that words tell, as a look of the family where one is called so.

    A look's own name counts first, the longest one; then a plain colour word that only one look can mean.
    ``expected`` are words where a colour is expected; there any colour's word is taken for one.
    """
    best = ColourSaid()
    present = set(said)
    joined = "".join(said)
    for look in family.looks.values():
        parts = words(look.colour)
        if not parts or len("".join(parts)) <= len(best.said.replace(" ", "")):
            continue
        if present.issuperset(parts) or (len(look.key) >= 5 and look.key in joined):
            best = ColourSaid(" ".join(parts), look.key, frozenset(parts))
    if best.said:
        return best
    plain = [word for word in said if is_colour_word(word)]
    plain = plain or [word for word in expected if may_be_colour(word) and word not in family.words]
    if not plain:
        return best
    meant = meaning(plain[-1])
    alike = [look for look in family.looks.values() if meant & meaning(look.colour)]
    exact = [look for look in alike if plain[-1] in words(look.colour)]
    fitting = exact or alike
    if len(fitting) == 1:
        return ColourSaid(plain[-1], fitting[0].key, frozenset(plain))
    if fitting:
        return ColourSaid("", None, frozenset(plain))
    return ColourSaid(" ".join(_around(said, plain[-1])), None, frozenset(plain))


def _around(said: Sequence[str], word: str) -> list[str]:
    place = list(said).index(word)
    before = said[place - 1 : place] if place and names_of(said[place - 1]) else ()
    return [*before, word]


def _has_colours(family: Family) -> bool:
    return any(names_of(look.colour) for look in family.looks.values())


def _comes_in(family: Family) -> str:
    colours = [look.colour for look in family.looks.values() if look.colour]
    shown = ", ".join(colours[:4])
    return shown + (" and more" if len(colours) > 4 else "")


def _is_explained(word: str, colour: frozenset[str], family: Family) -> bool:
    return (
        word in colour
        or word.isdigit()
        or (word[:1] == "v" and word[1:].isdigit())
        or word in NOISE
        or view_role(word) is not None
        or word in family.words
    )


def _whose(named: Named, code: Found) -> str:
    if code.is_gtin:
        return f"the EAN {code.text.lstrip('0')} of {named.sku}"
    if named.sku is None:
        return f"the style code {named.family}"
    if squeezed(named.sku) == code.text:
        return f"the SKU {named.sku}"
    return f"“{_short(code.text)}”, an identifier of {named.sku}"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
