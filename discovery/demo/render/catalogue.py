"""Writes the catalogue from the rendered negatives: JPEGs with metadata, the table, the list of troubles."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from discovery.demo.render import scenes, troubles, words
from discovery.demo.render.metadata import Caption, embed
from discovery.demo.render.product import BRAND, Product
from discovery.demo.render.products import CATEGORIES, PRODUCTS, by_sku
from discovery.demo.render.shots import Shot, shot_list

TOTAL_LIMIT: Final = 12_000_000
# Bytes a picture may take before its quality is lowered: rooms have more to show than white.
PACKSHOT_BYTES: Final = 50_000
SETTING_BYTES: Final = 80_000
QUALITIES: Final = (93, 90, 86, 81, 75, 68)
STUDIOS: Final = ("Vessbrook Studio", "Harbour Light Pictures", "North Room Studio")
COLUMNS: Final = (
    "sku", "parent", "ean", "name", "description", "family", "category", "brand", "price",
    "currency", "colour", "material", "height_cm", "width_cm", "depth_cm", "season",
    "status", "launched", "tags", "images",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the catalogue: where it goes, what it shows, what it says."""

    path: str
    shot: Shot
    caption: Caption
    linked: bool


def write(negatives: Path, output: Path) -> None:
    """Write the whole catalogue into ``output``; FileNotFoundError names what was not rendered yet."""
    missing = [shot.key for shot in shot_list() if not (negatives / f"{shot.key}.png").exists()]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} pictures are not rendered yet, such as {missing[0]}: run without --no-render"
        )
    assets = output / "assets"
    shutil.rmtree(assets, ignore_errors=True)
    plan = {asset.shot.key: asset for asset in _plan()}
    for asset in plan.values():
        _save(assets / asset.path, _picture(asset.shot, negatives), asset)
    found = _troubles(assets, plan, negatives)
    _table(output / "products.csv", plan)
    (output / "troubles.json").write_text(
        json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    total = sum(path.stat().st_size for path in assets.rglob("*") if path.is_file())
    if total > TOTAL_LIMIT:
        raise ValueError(
            f"the assets take {total} bytes: expected at most {TOTAL_LIMIT}, lower the limits of a picture"
        )


def _plan() -> Iterator[Asset]:
    for shot in shot_list():
        yield Asset(_path(shot), shot, _caption(shot), shot.key not in troubles.UNLINKED)


def _path(shot: Shot) -> str:
    special = troubles.UNLINKED.get(shot.key) or troubles.CAMPAIGNS.get(shot.key)
    if special:
        return special
    version = "_v1" if shot.key in troubles.SUPERSEDED else ""
    return _name(shot, version)


def _name(shot: Shot, version: str = "") -> str:
    product = by_sku(shot.sku)
    colour = product.colour.lower().replace(" ", "-")
    return f"{product.family.lower()}/{shot.sku.lower()}-{colour}_{shot.view}{version}.jpg"


def _caption(shot: Shot) -> Caption:
    product = by_sku(shot.sku)
    launched = date.fromisoformat(product.launched)
    lifestyle = shot.view == "lifestyle"
    studio = STUDIOS[1 + shot.seed % 2] if lifestyle else STUDIOS[0]
    taken = (
        min(launched, date(2026, 10, 30))
        - timedelta(days=14 + shot.seed % 40)
        + timedelta(days=45 if lifestyle else 0)
    )
    key = shot.key
    end = troubles.EXPIRED.get(key) or troubles.EXPIRING.get(key) or troubles.RUNNING.get(key)
    terms = (
        f"Web, print and retail, worldwide, until {end:%d %B %Y}."
        if end
        else "Unlimited use by Vessbrook and its retailers."
    )
    caption = Caption(
        title=words.title(product, shot),
        description=words.description(product, shot),
        keywords=words.keywords(product, shot),
        creator=studio,
        rights=f"© {taken.year} {studio if end else BRAND}",
        created=taken,
        alt_text=words.alt_text(product, shot),
        licence_end=end,
        usage_terms=terms,
        status=troubles.DRAFTS.get(key, "approved"),
    )
    blank: dict[str, Any] = {
        field: () if field == "keywords" else "" for field in troubles.WITHOUT.get(key, ())
    }
    return replace(caption, **blank)


def _picture(shot: Shot, negatives: Path) -> Image.Image:
    with Image.open(negatives / f"{shot.key}.png") as opened:
        picture = opened.convert("RGB")
    if shot.key in troubles.SUPERSEDED:  # version 1 had not been through retouching
        picture = ImageEnhance.Color(ImageEnhance.Brightness(picture).enhance(0.86)).enhance(0.8)
    side = troubles.LOW_RESOLUTION.get(shot.key)
    if side is not None:
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return picture


def _save(path: Path, picture: Image.Image, asset: Asset, quality: int | None = None) -> None:
    limit = SETTING_BYTES if asset.shot.view == "lifestyle" else PACKSHOT_BYTES
    path.parent.mkdir(parents=True, exist_ok=True)
    data = b""
    for attempt in QUALITIES if quality is None else (quality,):
        buffer = io.BytesIO()
        picture.save(
            buffer, format="JPEG", quality=attempt, optimize=True, progressive=True, subsampling="4:2:0"
        )
        data = buffer.getvalue()
        if len(data) <= limit:
            break
    path.write_bytes(data if asset.caption == Caption() else embed(data, asset.caption))


def _troubles(assets: Path, plan: dict[str, Asset], negatives: Path) -> dict[str, Any]:
    """Put in the troubles that are files of their own, and list them all."""

    def path(key: str) -> str:
        return plan[key].path

    def sku(key: str) -> str:
        return plan[key].shot.sku

    superseded, copies = [], []
    for key in troubles.SUPERSEDED:
        shot = plan[key].shot
        newer = _name(shot, "_v2")
        with Image.open(negatives / f"{key}.png") as opened:
            _save(assets / newer, opened.convert("RGB"), plan[key])
        superseded.append({"asset": path(key), "newer": newer, "sku": sku(key)})
    for copy in troubles.COPIES:
        original = plan[copy.of]
        picture = _picture(original.shot, negatives)
        entry: dict[str, Any] = {"asset": copy.path, "original": original.path, "kind": copy.kind}
        if copy.kind == "resized":
            picture.thumbnail((troubles.RESIZED_SIDE, troubles.RESIZED_SIDE), Image.Resampling.LANCZOS)
        elif copy.kind == "cropped":
            left, top, right, bottom = troubles.CROP
            picture = picture.crop(
                (
                    int(left * picture.width),
                    int(top * picture.height),
                    int(right * picture.width),
                    int(bottom * picture.height),
                )
            )
            entry["box"] = list(troubles.CROP)
        elif copy.kind == "mirrored":
            picture = ImageOps.mirror(picture)
        bare = replace(
            original, caption=replace(original.caption, alt_text="", keywords=original.caption.keywords[:3])
        )
        _save(assets / copy.path, picture, bare, 55 if copy.kind == "recompressed" else None)
        copies.append(entry)
    of, broken, broken_sku = troubles.BROKEN
    whole = (assets / path(of)).read_bytes()
    (assets / broken).write_bytes(whole[: len(whole) * 2 // 5])
    lying = assets / troubles.LYING
    lying.parent.mkdir(parents=True, exist_ok=True)
    lying.write_text(
        "<!doctype html>\n<title>404 Not Found</title>\n<h1>The picture has moved</h1>\n", encoding="utf-8"
    )
    small = []
    for key in troubles.LOW_RESOLUTION:
        with Image.open(assets / path(key)) as opened:
            small.append(
                {
                    "asset": path(key),
                    "sku": sku(key),
                    "width": opened.width,
                    "height": opened.height,
                    "least_long_edge": troubles.LEAST_SIDE,
                }
            )
    photographed = [product for product in PRODUCTS if product.views]
    return {
        "as_of": troubles.AS_OF.isoformat(),
        "soon_days": troubles.SOON_DAYS,
        "expired_licence": [
            {"asset": path(k), "sku": sku(k), "licence_end": d.isoformat()}
            for k, d in troubles.EXPIRED.items()
        ],
        "expiring_licence": [
            {"asset": path(k), "sku": sku(k), "licence_end": d.isoformat()}
            for k, d in troubles.EXPIRING.items()
        ],
        "superseded_in_use": superseded,
        "unlinked": [{"asset": path(k), "shows": sku(k)} for k in troubles.UNLINKED],
        "product_without_pictures": [{"sku": product.sku} for product in PRODUCTS if not product.views],
        "near_duplicate": copies,
        "low_resolution": small,
        "missing_metadata": [
            {"asset": path(k), "sku": sku(k), "missing": list(m)} for k, m in troubles.WITHOUT.items()
        ],
        "broken_file": [{"asset": broken, "sku": broken_sku}],
        "lying_file": [{"asset": troubles.LYING, "is": "text/html"}],
        "dead_link": [{"sku": s, "path": p} for s, p in troubles.DEAD_LINKS.items()],
        "discontinued_in_use": [
            {
                "sku": product.sku,
                "assets": [plan[f"{product.sku.lower()}-{view}"].path for view in product.views],
            }
            for product in photographed
            if product.status == "discontinued"
        ],
        "missing_role": [
            {"sku": product.sku, "missing": ["front"]}
            for product in photographed
            if "front" not in product.views
        ],
        "colour_conflict": [
            {
                "sku": s,
                "says": colour,
                "shows": by_sku(s).colour,
                "assets": [a.path for a in plan.values() if a.shot.sku == s and a.linked],
            }
            for s, colour in troubles.COLOUR_CONFLICTS.items()
        ],
        "link_conflict": [
            {"sku": s, "asset": path(k), "belongs_to": sku(k)} for s, k in troubles.LINK_CONFLICTS.items()
        ],
        "unapproved_in_use": [
            {"asset": path(k), "sku": sku(k), "status": status} for k, status in troubles.DRAFTS.items()
        ],
        "incomplete_product": [
            {"sku": s, "missing": list(fields)} for s, fields in troubles.INCOMPLETE.items()
        ],
    }


def _table(path: Path, plan: dict[str, Asset]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for number, product in enumerate(PRODUCTS):
            writer.writerow(_row(number, product, plan))


def _row(number: int, product: Product, plan: dict[str, Asset]) -> dict[str, str]:
    size = _size(product)
    images = [plan[f"{product.sku.lower()}-{view}"] for view in product.views]
    paths = [asset.path for asset in images if asset.linked]
    paths += [troubles.DEAD_LINKS[product.sku]] if product.sku in troubles.DEAD_LINKS else []
    paths += (
        [plan[troubles.LINK_CONFLICTS[product.sku]].path] if product.sku in troubles.LINK_CONFLICTS else []
    )
    paths += [troubles.BROKEN[1]] if product.sku == troubles.BROKEN[2] else []
    row = {
        "sku": product.sku,
        "parent": product.parent,
        "ean": ean13(f"2{10 + number // 10:02d}{4711 * (number + 3):09d}"),
        "name": product.name,
        "description": words.product_description(product, size),
        "family": product.family,
        "category": CATEGORIES[product.family],
        "brand": BRAND,
        "price": f"{product.price:.2f}",
        "currency": "EUR",
        "colour": troubles.COLOUR_CONFLICTS.get(product.sku, product.colour),
        "material": product.material,
        "width_cm": f"{size[0]:g}",
        "depth_cm": f"{size[1]:g}",
        "height_cm": f"{size[2]:g}",
        "season": product.season,
        "status": product.status,
        "launched": product.launched,
        "tags": "|".join(product.words),
        "images": "|".join(paths),
    }
    return {**row, **dict.fromkeys(troubles.INCOMPLETE.get(product.sku, ()), "")}


def _size(product: Product) -> tuple[float, float, float]:
    """Width, depth and height in cm, as the mesh has them, without a hanging lamp's cable."""
    points = scenes.cloud(product.make(False))
    if product.hanging:
        points = scenes.shade_only(points)
    width, depth, height = np.round(points.max(axis=0) - points.min(axis=0), 1)
    return float(width), float(depth), float(height)


def ean13(digits: str) -> str:
    """Twelve digits with their GTIN-13 check digit (GS1 General Specifications, section 7.9)."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
