"""What the search page shows, as plain values: from the API's replies to cards, facets, chips and addresses.

The page's address holds its whole state, in the API's own grammar, and three parameters of its own:
``asset`` and ``product`` for "similar to this one", ``variants=show`` for products unfolded.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from discovery.web.grammar import Pairs, pairs_for
from discovery.web.language import amount, counted, message, translated
from mappings.fields import SORTS, Side

SHOWN_VALUES = 8
FOLDED = ("filter.variant", "false")

_REFINING = ("filter.", "not.", "or.")
_FORM = ("q", "sort")
PICTURED = ("asset", "product", "region")
"""Parameters that say which picture is asked about, and of which part of it."""

_MARKED = re.compile(r"<mark>(.*?)</mark>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FacetChoice:
    """A facet of the page; ``group`` is the side that it tells of, ``tree`` for paths.

    ``folded`` shows its name alone until somebody opens it or chooses a value.
    """

    field: str
    label: str
    group: str
    tree: bool = False
    colours: bool = False
    folded: bool = False


FACETS: dict[Side, tuple[FacetChoice, ...]] = {
    "assets": (
        FacetChoice("colour", message("Colour"), message("Picture"), colours=True),
        FacetChoice("orientation", message("Orientation"), message("Picture")),
        FacetChoice("product.category", message("Category"), message("Product"), tree=True),
        FacetChoice("product.family", message("Family"), message("Product")),
        FacetChoice("product.colour", message("Colour"), message("Product"), colours=True),
        FacetChoice("product.material", message("Material"), message("Product")),
        FacetChoice("product.brand", message("Brand"), message("Product")),
        FacetChoice("linked", message("Link"), message("Product")),
        FacetChoice("product.role", message("Role"), message("Product")),
        FacetChoice("category", message("Folder"), message("File"), tree=True),
        FacetChoice("keyword", message("Keyword"), message("File")),
        FacetChoice("format", message("Format"), message("File")),
        FacetChoice("status", message("Approval"), message("File")),
        FacetChoice("source", message("Source"), message("File")),
    ),
    "products": (
        FacetChoice("category", message("Category"), message("Product"), tree=True),
        FacetChoice("family", message("Family"), message("Product")),
        FacetChoice("attribute.colour", message("Colour"), message("Product"), colours=True),
        FacetChoice("attribute.material", message("Material"), message("Product")),
        FacetChoice("brand", message("Brand"), message("Product")),
        FacetChoice("status", message("Status"), message("Product")),
        FacetChoice("source", message("Catalogue"), message("Product")),
        FacetChoice("has_asset", message("Pictures"), message("Pictures")),
        FacetChoice("completeness", message("Complete, in %"), message("Pictures")),
        FacetChoice("lacking", message("Lacking"), message("Pictures")),
        FacetChoice("hero_usable", message("Main picture"), message("Pictures")),
        FacetChoice("hero_problem", message("Main picture is"), message("Pictures")),
        FacetChoice("asset.role", message("Role"), message("Pictures")),
        FacetChoice("asset.colour", message("Colour"), message("Pictures"), colours=True),
        FacetChoice("asset.status", message("Approval"), message("Pictures")),
    ),
}

MOST_ATTRIBUTES = 12
"""Attributes of the catalogue that the page counts too; each costs the engine a count of all hits."""

Choices = Mapping[Side, tuple[FacetChoice, ...]]
"""The facets of a page, by side."""

FLAGS: dict[str, dict[str, str]] = {
    "linked": {"true": message("Shows a product"), "false": message("Shows no product")},
    "has_asset": {"true": message("Has pictures"), "false": message("Has none")},
    "hero_usable": {"true": message("Can be shown"), "false": message("Cannot be shown")},
    "variant": {"true": message("Variants"), "false": message("Without variants")},
}

SIDES: dict[Side, str] = {"assets": message("Assets"), "products": message("Products")}

VIEWS = {"grid": message("Grid"), "dense": message("Small pictures"), "list": message("List")}

RANGES: dict[Side, dict[str, str]] = {
    "assets": {"width": message("Width, px"), "height": message("Height, px")},
    "products": {"price": message("Price")},
}
"""Numbers that are asked for from and to, beside the facets."""

SORT_LABELS = {
    "relevance": message("Best match"),
    "newest": message("Newest"),
    "oldest": message("Oldest"),
    "name": message("Name"),
    "size": message("Largest file"),
    "most_used": message("Most used"),
    "price": message("Price"),
}

MODE_LABELS = {
    "text": message("by words"),
    "visual": message("by look"),
    "hybrid": message("by words and look"),
}

OPERATOR_SIGNS = {
    "gt": ">",
    "gte": "≥",
    "lt": "<",
    "lte": "≤",
    "all": "+",
    "any": "",
    "exists": message("given:"),
}


def nouns() -> dict[Side, tuple[str, str]]:
    """Return what one item of each side is called, and many."""
    return {
        "assets": (translated("asset"), translated("assets")),
        "products": (translated("product"), translated("products")),
    }


def side_of(pairs: Pairs) -> Side:
    """Return the side that the address shows."""
    return "products" if ("in", "products") in pairs else "assets"


def value_of(pairs: Pairs, name: str) -> str | None:
    """Return the first value of a parameter, ``None`` when it is not given or blank."""
    return next((value for key, value in pairs if key == name and value), None)


def address(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the page's address in that state."""
    kept = [(name, value) for name, value in pairs if value and (name, value) != ("in", "assets")]
    return "/?" + urlencode(kept) if kept else "/"


def kept_address(asked: Mapping[str, Any]) -> str:
    """Return the page's address for a search as the API takes it."""
    pairs = [pair for pair in pairs_for(asked) if pair[0] not in ("facets", "size")]
    if side_of(pairs) == "products":
        folded = FOLDED in pairs
        pairs = [pair for pair in pairs if pair != FOLDED] + ([] if folded else [("variants", "show")])
    return address(pairs)


def without(pairs: Pairs, *names: str) -> Pairs:
    """Return the state without some parameters, and on its first page."""
    return [(name, value) for name, value in pairs if name not in names and name != "after"]


def is_similar(pairs: Pairs) -> bool:
    """Return whether the address asks for what looks like an item."""
    return value_of(pairs, "asset") is not None or value_of(pairs, "product") is not None


def choices_of(attributes: Mapping[Side, Sequence[str]]) -> Choices:
    """Return the facets of the page with the catalogue's own, which ``attributes`` names, folded."""
    return {side: (*fixed, *_own(fixed, attributes.get(side, ()))) for side, fixed in FACETS.items()}


def _own(fixed: tuple[FacetChoice, ...], attributes: Sequence[str]) -> list[FacetChoice]:
    known = {choice.field for choice in fixed}
    # A column of the export may say again, as attribute.brand, what a field of its own says already.
    new = [name for name in attributes if name not in known and name.removeprefix("attribute.") not in known]
    return [
        FacetChoice(name, _spoken(name), message("Product"), folded=True) for name in new[:MOST_ATTRIBUTES]
    ]


def api_pairs(pairs: Pairs, choices: Choices) -> Pairs:
    """Return the parameters of the API call that fills the page."""
    side = side_of(pairs)
    similar = is_similar(pairs)
    own = ("variants", "facets", "view", *([] if similar else ["region"]))
    dropped = (*own, "q", "sort", "mode", "as_words") if similar else own
    asked = [(name, value) for name, value in pairs if name not in dropped and (value or name == "q")]
    if side == "products" and ("variants", "show") not in pairs:
        asked.append(FOLDED)
    return [*asked, ("facets", ",".join(choice.field for choice in choices[side]))]


def sides(pairs: Pairs) -> list[dict[str, Any]]:
    """Return the switch between the sides; refinements of one side mean nothing on the other."""
    kept = [(name, value) for name, value in pairs if name in ("q", *PICTURED, "view")]
    current = side_of(pairs)
    return [
        {
            "side": side,
            "label": translated(SIDES[side]),
            "href": address([*kept, ("in", side)]),
            "current": side == current,
        }
        for side in FACETS
    ]


def sorts(pairs: Pairs) -> list[dict[str, Any]]:
    """Return the orders of the current side."""
    chosen = value_of(pairs, "sort") or "relevance"
    names = SORTS[side_of(pairs)]
    return [
        {"name": name, "label": translated(SORT_LABELS[name]), "selected": name == chosen} for name in names
    ]


def views(pairs: Pairs) -> list[dict[str, Any]]:
    """Return the ways in which hits are laid out."""
    chosen = view_of(pairs)
    return [
        {
            "name": name,
            "label": translated(label),
            "href": address([*without(pairs, "view"), *([("view", name)] if name != "grid" else [])]),
            "current": name == chosen,
        }
        for name, label in VIEWS.items()
    ]


def view_of(pairs: Pairs) -> str:
    """Return how hits are laid out; what is no such way is the usual one."""
    asked = value_of(pairs, "view") or "grid"
    return asked if asked in VIEWS else "grid"


def ranges(pairs: Pairs) -> list[dict[str, Any]]:
    """Return the ranges of both sides, each with its bounds and what its form carries along unseen."""
    current = side_of(pairs)
    found = []
    for side, fields in RANGES.items():
        for field, label in fields.items():
            names = (f"filter.{field}.gte", f"filter.{field}.lte")
            found.append(
                {
                    "side": side,
                    "field": field,
                    "label": translated(label),
                    "least": value_of(pairs, names[0]) or "",
                    "most": value_of(pairs, names[1]) or "",
                    "shown": side == current,
                    "carried": [pair for pair in without(pairs, *names) if pair[1]],
                }
            )
    return found


def hidden(pairs: Pairs) -> Pairs:
    """Return what the search form carries along unseen."""
    return [(name, value) for name, value in without(pairs, *_FORM, *PICTURED) if value]


def chip_labels(side: Side) -> dict[str, str]:
    """Return what each facet is called outside its group: with the group where two share a label."""
    seen = Counter(choice.label for choice in FACETS[side])
    return {
        choice.field: translated(choice.label)
        if seen[choice.label] == 1
        else f"{translated(choice.group)}: {translated(choice.label)}"
        for choice in FACETS[side]
    }


def field_label(side: Side, field: str) -> str:
    """Return what a field is called where it stands alone; an attribute without a facet, by its code."""
    told = chip_labels(side).get(field) or translated(RANGES[side].get(field, ""))
    return told or _spoken(field)


def _spoken(field: str) -> str:
    code = field.rpartition(".")[2].replace("_", " ")
    return code[:1].upper() + code[1:]


def chips(pairs: Pairs) -> list[dict[str, str]]:
    """Return the current refinements, each with the address without it."""
    found = []
    for position, (name, value) in enumerate(pairs):
        if not name.startswith(_REFINING):
            continue
        rest = [pair for number, pair in enumerate(pairs) if number != position]
        kind, _, field = name.partition(".")
        base, _, operator = field.rpartition(".")
        sign = translated("not") if kind == "not" else ""
        if operator in OPERATOR_SIGNS and base:
            field, sign = base, translated(OPERATOR_SIGNS[operator])
        told = _flag(field, value) or value.rpartition("/")[2] or value
        label = field_label(side_of(pairs), field)
        found.append(
            {"label": label, "value": f"{sign} {told}".strip(), "href": address(without(rest)), "name": name}
        )
    return found


def understood(pairs: Pairs, parts: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the words that became filters, each with the address that takes it as a word."""
    return [
        {
            "label": f"{field_label(side_of(pairs), one['field'])}:",
            "value": one["text"],
            "href": address([*without(pairs), ("as_words", one["text"])]),
            "name": "understood",
        }
        for one in parts
        if one["applied"]
    ]


def cleared(pairs: Pairs) -> str:
    """Return the address without any refinement."""
    return address([pair for pair in without(pairs) if not pair[0].startswith(_REFINING)])


def facets(
    pairs: Pairs, choices: Choices, answered: dict[str, list[dict[str, Any]]], total: int
) -> list[dict[str, Any]]:
    """Return the facets that can tell hits apart, in groups by the side they tell of."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for choice in choices[side_of(pairs)]:
        values = answered.get(choice.field, [])
        if is_telling(values, total):
            groups.setdefault(translated(choice.group), []).append(_facet(pairs, choice, values))
    return [{"label": label, "facets": found} for label, found in groups.items()]


def is_telling(values: list[dict[str, Any]], total: int) -> bool:
    """Return whether a facet is worth its place: something is chosen, or some hits would go."""
    return any(v["selected"] for v in values) or any(v["count"] < total for v in values)


def _facet(pairs: Pairs, choice: FacetChoice, values: list[dict[str, Any]]) -> dict[str, Any]:
    if choice.tree:
        values = sorted(values, key=lambda one: str(one["value"]).split("/"))
    shown = [_value(pairs, choice, one) for one in values]
    if choice.tree and shown:
        top = min(one["depth"] for one in shown)
        for one in shown:
            one["depth"] = min(one["depth"] - top, 3)
    limit = len(shown) if len(shown) <= SHOWN_VALUES + 2 else SHOWN_VALUES
    return {
        "field": choice.field,
        "label": translated(choice.label),
        "values": shown[:limit],
        "more": shown[limit:],
        "colours": choice.colours,
        "folded": choice.folded and not any(one["selected"] for one in values),
    }


def _value(pairs: Pairs, choice: FacetChoice, one: dict[str, Any]) -> dict[str, Any]:
    given = str(one["value"]).lower() if isinstance(one["value"], bool) else str(one["value"])
    name = f"filter.{choice.field}"
    rest = [pair for pair in without(pairs) if pair != (name, given)]
    href = address(rest if one["selected"] else [*rest, (name, given)])
    label = _flag(choice.field, given) or str(one["label"])
    return {
        "value": given,
        "label": label.rpartition("/")[2] if choice.tree else label,
        "depth": given.count("/") if choice.tree else 0,
        "colour": given.lower() if choice.colours else "",
        "count": one["count"],
        "selected": one["selected"],
        "href": href,
    }


def _flag(field: str, value: str) -> str:
    return translated(FLAGS.get(field, {}).get(value, ""))


def card(hit: dict[str, Any], sizes: tuple[int, ...]) -> dict[str, Any]:
    """Return one hit as a card."""
    return _asset_card(hit, sizes) if hit["kind"] == "asset" else _product_card(hit, sizes)


def _asset_card(hit: dict[str, Any], sizes: tuple[int, ...]) -> dict[str, Any]:
    asset = hit["asset"]
    media = asset["media"]
    title = asset["title"] or asset["filename"]
    dimensions = f"{media['width']} \N{MULTIPLICATION SIGN} {media['height']}" if media["width"] else ""
    return {
        "kind": "asset",
        "id": asset["id"],
        "href": f"/assets/{quote(asset['id'], safe='')}",
        "title": marked(hit, title),
        "plain": title,
        "meta": " · ".join(part for part in (media["format"].upper(), dimensions) if part),
        "note": ", ".join(dict.fromkeys(link["sku"] for link in asset["products"][:2])),
        "image": picture(
            asset["links"]["thumbnail"], sizes, asset["alt_text"] or title, media["width"], media["height"]
        ),
        "placeholder": media["format"] or media["type"],
        "similar": address([("asset", asset["id"])]) if asset["links"]["similar"] else None,
    }


def _product_card(hit: dict[str, Any], sizes: tuple[int, ...]) -> dict[str, Any]:
    product = hit["product"]
    count = product["completeness"]["asset_count"]
    return {
        "kind": "product",
        "id": product["sku"],
        "href": f"/products/{quote(product['sku'], safe='')}",
        "title": marked(hit, product["name"]),
        "plain": product["name"],
        "meta": " · ".join(part for part in (product["sku"], product["brand"] or "") if part),
        "note": price(product) or counted("%(num)s picture", "%(num)s pictures", count),
        "image": picture(product["links"]["thumbnail"], sizes, product["name"], None, None),
        "placeholder": translated("no picture"),
        "similar": address([("product", product["sku"]), ("in", "products")])
        if product["links"]["similar"]
        else None,
    }


def price(product: dict[str, Any]) -> str:
    """Return a price as it is written, empty when there is none."""
    if product["price"] is None:
        return ""
    return f"{amount(product['price'])} {product['currency'] or ''}".strip()


def picture(
    link: str | None, sizes: tuple[int, ...], alt: str, width: int | None, height: int | None
) -> dict[str, Any] | None:
    """Return the parts of an ``img`` whose room is known before it is there."""
    if link is None:
        return None
    width, height = width or 4, height or 5
    longest = max(width, height)
    joined = f"{link}{'&' if '?' in link else '?'}size="
    sources = [f"{joined}{size} {max(1, round(size * width / longest))}w" for size in sorted(sizes)]
    return {
        "src": f"{joined}{min(sizes)}",
        "large": f"{joined}{max(sizes)}",
        "srcset": ", ".join(sources),
        "width": width,
        "height": height,
        "alt": alt,
    }


def marked(hit: dict[str, Any], title: str) -> list[tuple[str, bool]]:
    """Return the title in parts, those that match marked, if the reply says which."""
    for fragments in hit["highlight"].values():
        for fragment in fragments:
            parts = [
                (html.unescape(text), number % 2 == 1)
                for number, text in enumerate(_MARKED.split(fragment))
                if text
            ]
            if "".join(text for text, _ in parts) == title:
                return parts
    return [(title, False)]
