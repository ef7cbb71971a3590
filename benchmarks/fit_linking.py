"""``python -m benchmarks.fit_linking`` fits the weights of links: ``discovery/linking/weights.json``.

The truth is which pictures three real catalogues name for which products (a sportswear shop, a fashion shop,
a gadget shop). No picture of theirs carries metadata and all names of one shop follow one habit, so each
picture is judged in several made-up situations: its file named in one of several habits or at random, an
identifier, caption, barcode or declaration planted in some, a share of them wrong (:data:`WRONG`), and
whole groups of evidence left out at random so that each has a meaning alone. Likeness and colours are
real, from the starter model. Products are split into those fitted on and those held out; all figures printed
are of the latter. The rates at which things are planted and wrong are assumptions, not measurements.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import random
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks import data
from benchmarks.scenes import Scene, halves, nearest, renamed, scene
from discovery.config import (
    AssetSourceSettings,
    LinkingSettings,
    ModelSettings,
    ProductSourceSettings,
    default_home,
)
from discovery.linking.book import ProductBook
from discovery.linking.evidence import AGAINST, FEATURES, GROUPS
from discovery.linking.fusion import FILE
from discovery.linking.gtin import check_digit
from discovery.linking.linker import Candidate, Linker
from discovery.linking.sightings import Declared
from discovery.linking.words import NOISE, words
from discovery.vision.loading import load_embedder
from mappings.documents import AssetDocument, ProductDocument

SITUATIONS = 6
FASHION_PICTURES = 500
HOLDOUT = 0.3
WRONG = 0.015
"""Share of what is planted that names another product than the picture shows."""

WRONG_BARCODE = 0.003
"""The same of barcodes: what is read has a right check digit, but the box may be that of another product."""

PLANTED = {"metadata": 0.25, "caption": 0.35, "declared": 0.2, "barcode": 0.2}
LEFT_OUT = {
    "name": 0.35,
    "path": 0.3,
    "metadata": 0.3,
    "caption": 0.3,
    "visual": 0.35,
    "colour": 0.3,
    "declared": 0.3,
    "barcode": 0.3,
}
RIDGE = 0.5
STEPS = 3000
BINS = 10

Matrix = NDArray[np.float64]

GADGETS_COLUMNS: Mapping[str, str] = {
    "continue": "name",
    "images": "assets, variantAssets",
    "facets": "facets, variantFacets",
    "pairs": "optionGroups=optionValues",
    "attributes": "",
    "currency": "=USD",
    "assets": "gadgets",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """One picture as it was judged: its candidates, which of them it shows, and whether it is held out."""

    candidates: tuple[Candidate, ...]
    shows: Mapping[str, frozenset[str]]
    """Families by key, each with the looks that show it."""
    held_out: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """Rows of a conditional logit: features [n, c, f], which candidates exist and truth's shares [n, c]."""

    features: Matrix
    exists: NDArray[np.bool_]
    truth: Matrix


def main() -> None:
    """Fit, print how good the weights are on what was held out, and write them."""
    home = default_home(os.environ) / "benchmarks"
    cache = home / "looks"
    embedder = load_embedder(ModelSettings(), home)
    gadgets = data.folder("gadgets")
    scenes = [
        scene(data.luma_pictures(), data.luma_products(), embedder, cache),
        scene(data.fashion_pictures(), data.fashion_products(), embedder, cache, limit=FASHION_PICTURES),
        scene(
            AssetSourceSettings(name="gadgets", uri=str(gadgets / "media")),
            ProductSourceSettings(
                name="gadgets", path=str(gadgets / "products.csv"), options=GADGETS_COLUMNS
            ),
            embedder,
            cache,
        ),
    ]
    situations = [one for each in scenes for one in _situations(each)]
    fitted = [one for one in situations if not one.held_out]
    held = [one for one in situations if one.held_out]
    print(f"{len(fitted)} situations to fit on, {len(held)} held out")
    models = {}
    for name, made in (("family", _family_choices), ("look", _look_choices)):
        bias, weights = fit(made(fitted))
        models[name] = {"bias": bias, "weights": weights}
        print(f"\n{name}: bias {bias:.2f}")
        for feature, weight in weights.items():
            print(f"  {feature:24} {weight:6.2f}")
        for label, among in (("fitted on", fitted), ("held out", held)):
            print(f"  {label}: {report(made(among), bias, weights)}")
    _describe_alone(held, models["family"])
    text = {"data": " ".join((__doc__ or "").split()), **models}
    FILE.write_text(json.dumps(text, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"\nwrote {FILE.name}")


def _situations(given: Scene) -> Iterator[Situation]:
    chance = random.Random(f"situations of {given.name}")
    products = tuple(_with_eans(given.products, chance))
    linker = Linker(ProductBook(products), LinkingSettings())
    by_sku = {product.source.sku: product for product in products}
    skus = sorted(by_sku)
    for turn in range(SITUATIONS):
        linked = halves(given, turn)
        for place, asset in enumerate(given.assets):
            truth = sorted(sku for sku in given.truth.get(asset.source.key, {}) if sku in by_sku)
            held_out = _is_held_out(given.family(truth[0]) if truth else asset.source.key)
            shown = [by_sku[sku] for sku in truth]
            named = _named(asset, shown, turn, chance, skus)
            judged, declared, barcodes = _planted(named, shown, by_sku, skus, chance)
            without = frozenset(g for g in GROUPS if chance.random() < LEFT_OUT[g])
            candidates = linker.candidates(
                judged,
                declared=declared,
                neighbours=nearest(given, place, linked),
                barcodes=barcodes,
                without=without,
            )
            shows: dict[str, set[str]] = {}
            for sku in truth:
                place_of = linker.book.named(sku)
                if place_of is not None:
                    looks = shows.setdefault(place_of.family, set())
                    if place_of.look is not None:
                        looks.add(place_of.look)
            yield Situation(candidates, {key: frozenset(looks) for key, looks in shows.items()}, held_out)


def _is_held_out(key: str) -> bool:
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % 1000 < HOLDOUT * 1000


def _with_eans(products: Sequence[ProductDocument], chance: random.Random) -> Iterator[ProductDocument]:
    """Yield the products, each with a GTIN-13 of the range for internal use."""
    for number, product in enumerate(products):
        payload = f"2{chance.randrange(10**5):05d}{number:06d}"
        ean = payload + str(check_digit(payload))
        source = dataclasses.replace(product.source, identifiers=(*product.source.identifiers, ean))
        yield dataclasses.replace(product, source=source)


def _ean(product: ProductDocument) -> str:
    return product.source.identifiers[-1]


def _named(
    asset: AssetDocument,
    shown: Sequence[ProductDocument],
    turn: int,
    chance: random.Random,
    skus: Sequence[str],
) -> AssetDocument:
    """Return the picture under its own name in the first turn, then under names by other habits."""
    if turn == 0:
        return asset
    noise = "".join(chance.choices(string.ascii_lowercase + string.digits, k=10))
    view = chance.choice(["front", "back", "detail", "side", "lifestyle", "01", "2", ""])
    if not shown:
        stems = [
            f"DSC_{chance.randrange(10000):04d}",
            f"banner-{noise}",
            f"session-{chance.randrange(60000)}",
            noise,
        ]
        stems.append(f"{chance.choice(['sale', 'press', 'holiday'])} {chance.randrange(20000)}")
        return renamed(asset, f"pool/{chance.choice(stems)}.jpg")
    product = chance.choice(shown)
    said = product.source
    colours = _colours(shown)
    colour = "-".join(words(colours[0])) if colours else ""
    name = "-".join(words(said.title)[:6])
    habits = [
        f"{said.sku}_{view}",
        f"{said.sku.lower()}-{colour}_{view}",
        f"shoot-{chance.randrange(99)}_{said.sku.lower()}_{view}_final",
        f"{said.parent or said.sku}-{colour}-{view}",
        f"{_ean(product)}_{view}",
        f"{name}-{colour}-{view}",
        f"{name}",
        f"DSC_{chance.randrange(10000):04d}",
        f"session-{chance.randrange(60000)}",
        noise,
    ]
    if chance.random() < WRONG:
        habits = [f"{chance.choice(skus).lower()}-{colour}_{view}"]
    folder = chance.choice(["pool", "pool", "pool", f"shoots/{said.sku}", f"shoots/{name}"])
    return renamed(asset, f"{folder}/{chance.choice(habits).strip('-_ ')}.jpg")


def _planted(
    asset: AssetDocument,
    shown: Sequence[ProductDocument],
    by_sku: Mapping[str, ProductDocument],
    skus: Sequence[str],
    chance: random.Random,
) -> tuple[AssetDocument, tuple[Declared, ...], tuple[str, ...]]:
    """Return the picture with metadata planted in some, and what is declared and read as a barcode."""

    def subject(rate: float, wrong: float = WRONG) -> ProductDocument | None:
        if not shown:
            return by_sku[chance.choice(skus)] if chance.random() < rate * wrong else None
        if chance.random() >= rate:
            return None
        return by_sku[chance.choice(skus)] if chance.random() < wrong else chance.choice(shown)

    source = asset.source
    tagged = subject(PLANTED["metadata"])
    if tagged is not None:
        said = tagged.source
        tag = chance.choice([said.sku, said.sku, said.parent or said.sku, _ean(tagged)])
        if chance.random() < 0.5:
            source = dataclasses.replace(source, keywords=(*source.keywords, tag))
        else:
            source = dataclasses.replace(source, identifiers=(*source.identifiers, tag))
    captioned = subject(PLANTED["caption"])
    if captioned is not None:
        source = dataclasses.replace(source, title=_caption(captioned, shown, chance))
    declared = subject(PLANTED["declared"])
    barcode = subject(PLANTED["barcode"], WRONG_BARCODE)
    return (
        dataclasses.replace(asset, source=source),
        (Declared(declared.source.sku, "hero"),) if declared is not None else (),
        (_ean(barcode),) if barcode is not None else (),
    )


def _colours(shown: Sequence[ProductDocument]) -> tuple[str, ...]:
    """Return the one colour that all products of a picture come in, or none."""
    held = {one.source.attribute_values.get("colour", ()) for one in shown}
    single = {colours for colours in held if len(colours) == 1}
    return next(iter(single)) if len(single) == 1 else ()


def _caption(product: ProductDocument, shown: Sequence[ProductDocument], chance: random.Random) -> str:
    """Return a title as people write it: most words of the name, sometimes the colour, and the scene."""
    said = [word for word in words(product.source.title) if word not in NOISE]
    kept = [word for word in said if chance.random() > 0.12] or said
    colours = _colours(shown) or product.source.attribute_values.get("colour", ())[:1]
    colour = f" in {colours[0]}" if colours and chance.random() < 0.5 else ""
    scene_said = chance.choice(["", "", " on a white background", " by the sea", ", studio", ", detail"])
    return " ".join(kept) + colour + scene_said


def _family_choices(situations: Sequence[Situation]) -> Choices:
    rows = [
        [(one.values, float(one.family.key in each.shows)) for one in each.candidates]
        for each in situations
        if each.candidates
    ]
    return _choices(rows)


def _look_choices(situations: Sequence[Situation]) -> Choices:
    rows = []
    for each in situations:
        for one in each.candidates:
            if len(one.family.looks) > 1 and one.family.key in each.shows and one.looks:
                shown = each.shows[one.family.key]
                single = shown if len(shown) == 1 else frozenset()
                rows.append([(values, float(key in single)) for key, values in sorted(one.looks.items())])
    return _choices(rows)


def _choices(rows: Sequence[Sequence[tuple[Mapping[str, float], float]]]) -> Choices:
    width = max((len(row) for row in rows), default=1)
    features = np.zeros((len(rows), width, len(FEATURES)))
    exists = np.zeros((len(rows), width), dtype=bool)
    truth = np.zeros((len(rows), width))
    place = {feature: number for number, feature in enumerate(FEATURES)}
    for number, row in enumerate(rows):
        for candidate, (values, right) in enumerate(row):
            exists[number, candidate] = True
            truth[number, candidate] = right
            for feature, value in values.items():
                features[number, candidate, place[feature]] = value
        total = truth[number].sum()
        if total > 1:
            truth[number] /= total
    return Choices(features, exists, truth)


def chances(choices: Choices, bias: float, weights: Matrix) -> Matrix:
    """Return each candidate's probability; what is left of one is that of none."""
    scores = np.where(choices.exists, choices.features @ weights + bias, -np.inf)
    top = np.maximum(0.0, scores.max(axis=1, initial=0.0))
    risen = np.exp(scores - top[:, None])
    whole: Matrix = risen / (np.exp(-top) + risen.sum(axis=1))[:, None]
    return whole


def fit(choices: Choices) -> tuple[float, dict[str, float]]:
    """Return bias and weights of greatest likelihood less a ridge, no sign turned: projected Adam."""
    used = choices.features.any(axis=(0, 1))
    sign = np.array([-1.0 if feature in AGAINST else 1.0 for feature in FEATURES])
    weights, bias = np.where(used, sign, 0.0), -1.0
    first, second = np.zeros(len(FEATURES) + 1), np.zeros(len(FEATURES) + 1)
    for step in range(1, STEPS + 1):
        wrong = chances(choices, bias, weights) - choices.truth
        slope = np.append(np.einsum("nc,ncf->f", wrong, choices.features) + RIDGE * weights, wrong.sum())
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        change = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-9)
        rate = 0.05 * (1 - step / (STEPS + 1))
        moved = weights - rate * change[:-1]
        weights = np.where(used & (moved * sign > 0), moved, 0.0)
        bias -= rate * float(change[-1])
    kept = {f: round(float(w), 3) for f, w in zip(FEATURES, weights, strict=True) if round(float(w), 3)}
    return round(bias, 3), kept


def report(choices: Choices, bias: float, weights: Mapping[str, float]) -> str:
    """Return Brier score, expected calibration error and the reliability of the best candidates."""
    found = chances(choices, bias, np.array([weights.get(feature, 0.0) for feature in FEATURES]))
    best = np.argmax(found, axis=1)
    rows = np.arange(len(found))
    said, right = found[rows, best], (choices.truth[rows, best] > 0).astype(float)
    brier = float(np.mean((said - right) ** 2))
    places = np.minimum((said * BINS).astype(int), BINS - 1)
    bins = [
        (float(said[places == b].mean()), float(right[places == b].mean()), int((places == b).sum()))
        for b in range(BINS)
        if (places == b).any()
    ]
    error = sum(abs(s - r) * n for s, r, n in bins) / len(said)
    sure = said >= LinkingSettings().auto
    precision = float(right[sure].mean()) if sure.any() else 1.0
    shown = ", ".join(f"{s:.2f}→{r:.2f} ({n})" for s, r, n in bins)
    return (
        f"n {len(said)}, Brier {brier:.4f}, calibration error {error:.4f}, "
        f"sure {int(sure.sum())} with precision {precision:.4f}; said→came true: {shown}"
    )


def _describe_alone(situations: Sequence[Situation], model: Mapping[str, object]) -> None:
    """Print how good each kind of evidence is where it is the only one that speaks."""
    bias, weights = model["bias"], model["weights"]
    assert isinstance(bias, float)
    assert isinstance(weights, dict)
    print("\nwhere one kind of evidence speaks alone (colours apart), held out:")
    for group, features in GROUPS.items():
        only = [
            each
            for each in situations
            if each.candidates
            and all(set(one.values) <= {*features, *GROUPS["colour"]} for one in each.candidates)
        ]
        if only:
            print(f"  {group}: {report(_family_choices(only), bias, weights)}")


if __name__ == "__main__":
    main()
