"""Evidence from what is seen: pictures that are linked already, colours, barcodes; and what is declared."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from discovery.linking.book import Family, ProductBook
from discovery.linking.colours import agreement
from discovery.linking.evidence import Evidence
from discovery.linking.gtin import gtin
from discovery.linking.words import squeezed
from mappings.documents import Colour

SIMILAR = 0.45
"""Least similarity that counts."""

SAME = 0.95
"""Similarity from which two pictures are probably one."""

COPY = 0.9
"""Similarity from which two pictures may be the same one, resized, cropped or mirrored."""

WIDE_LEAD = 0.08
"""Lead of the nearest product's pictures over the next product's that settles which it is."""

FAR, NEAR = 0.5, 0.9
"""How near, from 0 (the model's floor) to 1 (the same), a lead begins to count, and counts in full.

In a shop of things that look alike one of them always leads, so a lead counts by how near it is: of 1,200
fashion pictures whose product has no other picture, 4 in 100 lead by half of :data:`WIDE_LEAD` at 0.8 or
nearer, all wrongly; of the sportswear pictures, 45 in 100 do, and 99 in 100 of those rightly.
"""


@dataclass(frozen=True, slots=True)
class LookScale:
    """Where, among the cosines of a model's looks, likeness begins and two pictures are probably one."""

    similar: float = SIMILAR
    same: float = SAME

    def similarity(self, cosine: float) -> float:
        """Return a cosine on the scale that evidence is weighed on, whatever model or fit it is of."""
        given, meant = (-1.0, self.similar, self.same, 1.0), (-1.0, SIMILAR, SAME, 1.0)
        place = min(bisect_right(given, cosine, lo=1), 3) - 1
        span = max(given[place + 1] - given[place], 1e-6)
        return meant[place] + (cosine - given[place]) / span * (meant[place + 1] - meant[place])


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A picture like the asset that is linked already; one for each product it is linked to.

    ``similarity`` is how like the two look, on the scale of :class:`LookScale`.
    """

    asset: str
    sku: str
    similarity: float
    role: str


@dataclass(frozen=True, slots=True)
class Declared:
    """A product whose catalogue names the asset, and the role it gives it."""

    sku: str
    role: str


def declared_evidence(declared: Iterable[Declared], book: ProductBook) -> Iterator[Evidence]:
    """Yield the products whose catalogue names the asset."""
    for one in declared:
        named = book.named(one.sku)
        if named:
            yield Evidence(
                "declared",
                named.family,
                1.0,
                f"the catalogue names this file for {one.sku}",
                named.look,
                one.sku,
            )


def barcode_evidence(codes: Iterable[str], book: ProductBook) -> Iterator[Evidence]:
    """Yield the products whose EAN, or other identifier, was read from the picture."""
    for text in codes:
        digits = gtin(text)
        for named in (book.by_gtin(digits) if digits else ()) or book.by_code(squeezed(text)):
            shown = named.sku or named.family
            yield Evidence(
                "barcode",
                named.family,
                1.0,
                f"the picture shows the barcode {text[:60]} of {shown}",
                named.look,
                named.sku,
            )


def visual_evidence(neighbours: Sequence[Neighbour], book: ProductBook) -> Iterator[Evidence]:
    """Yield how close each product's pictures come."""
    near: dict[tuple[str, str | None], Neighbour] = {}
    families: dict[str, float] = {}
    pictures: dict[str, dict[str, float]] = {}
    for one in sorted(neighbours, key=lambda one: (-one.similarity, one.asset, one.sku)):
        named = book.named(one.sku)
        if named is None or one.similarity <= SIMILAR:
            continue
        near.setdefault((named.family, named.look), one)
        families.setdefault(named.family, one.similarity)
        pictures.setdefault(named.family, {}).setdefault(one.asset, one.similarity)
    span = 1 - SIMILAR
    total = sum(similarity - SIMILAR for held in pictures.values() for similarity in held.values())
    for (family, look), one in near.items():
        shown = f"a picture of {one.sku} is {one.similarity:.0%} alike"
        yield Evidence("visual_near", family, _unit((one.similarity - SIMILAR) / span), shown, look)
        if one.similarity > COPY:
            yield Evidence(
                "visual_copy",
                family,
                _unit((one.similarity - COPY) / (1 - COPY)),
                f"a picture of {one.sku} looks the same",
                look,
            )
    for family, held in pictures.items():
        share = sum(similarity - SIMILAR for similarity in held.values()) / total
        yield Evidence(
            "visual_share",
            family,
            _unit(share),
            f"{len(held)} of the {sum(map(len, pictures.values()))} pictures most like it show {family}",
        )
        others = [similarity for key, similarity in families.items() if key != family]
        lead = families[family] - max(others, default=SIMILAR)
        closeness = _unit(((families[family] - SIMILAR) / span - FAR) / (NEAR - FAR))
        if lead > 0 and closeness > 0:
            yield Evidence(
                "visual_lead",
                family,
                _unit(lead / WIDE_LEAD) * closeness,
                f"no other product's pictures come as close as those of {family}",
            )


def colour_evidence(colours: Sequence[Colour], family: Family) -> Iterator[Evidence]:
    """Yield which of a family's looks have the picture's colours, and which have not."""
    for look in family.looks.values():
        agrees = agreement(colours, look.colour) if look.colour else None
        if agrees is None:
            continue
        found = ", ".join(colour.name for colour in colours[:3])
        if agrees > 0:
            yield Evidence(
                "colour_agrees",
                family.key,
                agrees,
                f"the picture's colours ({found}) fit {look.colour}",
                look.key,
            )
        else:
            yield Evidence(
                "colour_differs",
                family.key,
                1.0,
                f"the picture's colours ({found}) do not fit {look.colour}",
                look.key,
            )


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))
