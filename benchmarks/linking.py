"""Links: how many that need nobody's word are right, with names and without, and how long judging takes."""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks import data
from benchmarks.measured import Measured, Target
from benchmarks.scenes import (
    Scene,
    bare_asset,
    bare_product,
    halves,
    main_roles,
    nearest,
    renamed,
    scene,
    shares,
)
from benchmarks.stand import Stand
from discovery.config import LinkingSettings
from discovery.linking.book import ProductBook
from discovery.linking.linker import Linker
from discovery.linking.sightings import Neighbour
from discovery.linking.verdict import State, Verdict
from mappings.documents import AssetDocument, ProductDocument

WORKLOAD = "linking"
SEED = 11
ASSETS, PRODUCTS, QUICK_ASSETS = 20_000, 20_000, 4_000

ADJECTIVES = ("Amber", "Brisk", "Calm", "Dusky", "Early", "Fabled", "Gentle", "Hollow", "Jolly", "Lunar")
NOUNS = ("Jacket", "Kettle", "Lamp", "Mug", "Notebook", "Parka", "Quilt", "Rug", "Stool", "Table", "Vase")

# What is promised without names; set below what was measured, by what another seed may take.
BLIND_PRECISION = 0.95
BLIND_RECALL = 0.4
BLIND_PROPOSED = 0.7


@dataclass(frozen=True, slots=True)
class Judged:
    """A picture under its own key in the truth, and what was said of it."""

    key: str
    verdict: Verdict


def measure(stand: Stand) -> Iterator[Measured]:
    """Yield the sportswear shop with names and with names by chance, then the time of one judgement."""
    given = scene(data.luma_pictures(), data.luma_products(), stand.embedder(), stand.home.parent / "looks")
    settings = LinkingSettings()
    hidden = Linker(ProductBook(without_pictures(given.products)), settings)
    yield from named(given, hidden, settings)
    yield from blind(given, hidden, settings)
    yield from _speed(stand, settings)


def without_pictures(products: Sequence[ProductDocument]) -> list[ProductDocument]:
    """Return the products as if their catalogue named no pictures."""
    return [
        dataclasses.replace(one, source=dataclasses.replace(one.source, images=(), image_paths=()))
        for one in products
    ]


def named(given: Scene, linker: Linker, settings: LinkingSettings) -> Iterator[Measured]:
    """Judge every picture by its own name."""
    judged = [Judged(asset.source.key, linker.judge(asset)) for asset in given.assets]
    yield from _quality(given, judged, settings, "by names", precision=0.99, recall=0.95, roles=0.95)


def blind(given: Scene, linker: Linker, settings: LinkingSettings) -> Iterator[Measured]:
    """Rename every picture; half of each product's are linked, and the other half is judged."""
    linked = halves(given, SEED)
    chance = random.Random(SEED)
    judged = []
    for place, asset in enumerate(given.assets):
        if not linked[place]:
            name = f"{chance.randrange(16**12):012x}.jpg"
            verdict = linker.judge(renamed(asset, name), neighbours=nearest(given, place, linked))
            judged.append(Judged(asset.source.key, verdict))
    yield from _quality(
        given, judged, settings, "names by chance", precision=BLIND_PRECISION, recall=BLIND_RECALL, roles=0.85
    )
    known = {
        given.family(sku)
        for p, a in enumerate(given.assets)
        if linked[p]
        for sku in given.truth.get(a.source.key, {})
    }
    reachable = [
        one
        for one in judged
        if one.key in given.truth and {given.family(s) for s in given.truth[one.key]} & known
    ]
    found, count = shares(_has_main(given, one) for one in reachable)
    yield Measured(
        WORKLOAD,
        "names by chance: main product among the proposals",
        found,
        Target(least=BLIND_PROPOSED),
        f"{count} pictures of products that have other pictures linked",
    )
    first, _ = shares(_is_first(given, one) for one in reachable)
    yield Measured(
        WORKLOAD, "names by chance: main product is the first proposal", first, None, f"{count} pictures"
    )


def _quality(
    given: Scene,
    judged: Sequence[Judged],
    settings: LinkingSettings,
    which: str,
    *,
    precision: float | None,
    recall: float | None,
    roles: float | None,
) -> Iterator[Measured]:
    states = {state: sum(one.verdict.state is state for one in judged) for state in State}
    said = ", ".join(f"{count} {state.value}" for state, count in states.items())
    auto = [
        (one, link)
        for one in judged
        if one.verdict.state is State.AUTO
        for link in one.verdict.links
        if link.probability >= settings.auto
    ]
    right, count = shares(link.sku in given.truth.get(one.key, {}) for one, link in auto)
    yield Measured(
        WORKLOAD,
        f"{which}: precision of links that need nobody's word",
        right,
        None if precision is None else Target(least=precision),
        f"{count} links; of {len(judged)} pictures {said}",
    )
    shown = [one for one in judged if one.key in given.truth]
    asked = (State.AUTO, State.REVIEW, State.CONFLICT)
    found, count = shares(one.verdict.state in asked and _has_main(given, one) for one in shown)
    yield Measured(
        WORKLOAD,
        f"{which}: recall of main products over auto and review",
        found,
        None if recall is None else Target(least=recall),
        f"{count} pictures that the catalogue names",
    )
    told = [one for one in shown if one.verdict.state in asked and _is_first(given, one)]
    agree, count = shares(one.verdict.proposals[0].role in main_roles(given, one.key) for one in told)
    yield Measured(
        WORKLOAD,
        f"{which}: roles right",
        agree,
        None if roles is None else Target(least=roles),
        f"{count} pictures with the right product",
    )


def _has_main(given: Scene, one: Judged) -> bool:
    """Return whether the product, or for a variant its parent, is among the proposals."""
    families = {given.family(sku) for sku in given.truth[one.key]}
    return any(given.family(proposal.sku) in families for proposal in one.verdict.proposals)


def _is_first(given: Scene, one: Judged) -> bool:
    best = one.verdict.proposals[:1]
    return bool(best) and best[0].sku in given.truth[one.key]


def _speed(stand: Stand, settings: LinkingSettings) -> Iterator[Measured]:
    count = QUICK_ASSETS if stand.quick else ASSETS
    products, assets = crowd(PRODUCTS, count)
    began = time.perf_counter()
    book = ProductBook(products)
    built = time.perf_counter() - began
    linker = Linker(book, settings)
    plain = _seconds(linker, assets, lambda _asset: ())
    near = [Neighbour(f"n{n}", products[n].source.sku, 0.9 - n / 40, "hero") for n in range(10)]
    seen = _seconds(linker, assets, lambda _asset: near)
    yield Measured(
        WORKLOAD,
        "one judgement with ten neighbours ÷ without",
        seen / plain,
        Target(most=4.0),
        f"{plain / count * 1e6:.0f} µs without, {seen / count * 1e6:.0f} µs with; {count:,} assets against "
        f"{len(products):,} products, whose book took {built:.2f} s",
    )


def _seconds(
    linker: Linker, assets: Sequence[AssetDocument], near: Callable[[AssetDocument], Sequence[Neighbour]]
) -> float:
    began = time.perf_counter()
    for asset in assets:
        linker.judge(asset, neighbours=near(asset))
    return time.perf_counter() - began


def crowd(products: int, assets: int) -> tuple[list[ProductDocument], list[AssetDocument]]:
    """Return products in families of ten variants, and assets of which most carry a code of one."""
    chance = random.Random(SEED)
    colours = ("Red", "Ink Blue", "Sage Green", "Black", "White")
    documents: list[ProductDocument] = []
    for number in range(products // 11 + 1):
        style = f"ST{number:05d}"
        name = (
            f"{chance.choice(ADJECTIVES)} {chance.choice(ADJECTIVES)} {chance.choice(NOUNS)} {number % 977}"
        )
        documents.append(bare_product(style, name, colours=colours))
        documents += [
            bare_product(
                f"{style}-{size}-{colour.replace(' ', '')}",
                f"{name} {colour}",
                parent=style,
                colours=(colour,),
            )
            for size in ("S", "M")
            for colour in colours
        ]
    documents = documents[:products]
    keys = []
    for number in range(assets):
        style = f"st{chance.randrange(products // 11):05d}"
        colour = chance.choice(colours).lower().replace(" ", "-")
        keys.append(
            f"shoot/{number:06d}/DSC_{number % 10000:04d}.jpg"
            if number % 4 == 0
            else f"w/{style[:2]}/{style}-{colour}_{chance.choice(['main', 'back', 'alt1'])}-{number}.jpg"
        )
    title = "Calm Lunar Jacket in Ink Blue on a white background, worn by a model in a studio"
    return documents, [bare_asset(key, title=title if n % 3 == 0 else None) for n, key in enumerate(keys)]
