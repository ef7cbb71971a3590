"""What is written about products and their pictures: descriptions, captions, keywords, alternative text."""

from __future__ import annotations

from typing import Final

from discovery.demo.render.product import BRAND, Product
from discovery.demo.render.shots import Shot

NOUNS: Final = {
    "Mugs": "mug",
    "Bowls": "bowl",
    "Bottles": "bottle",
    "Vases": "vase",
    "Lamps": "lamp",
    "Chairs": "chair",
    "Stools": "stool",
    "Tables": "table",
}
ROOMS: Final = {
    "Mugs": ("kitchen", "tableware"),
    "Bowls": ("kitchen", "tableware"),
    "Bottles": ("kitchen", "glassware"),
    "Vases": ("living room", "decoration", "flowers"),
    "Lamps": ("living room", "lighting"),
    "Chairs": ("dining room", "furniture", "seating"),
    "Stools": ("furniture", "seating"),
    "Tables": ("dining room", "furniture"),
}
PLAIN_COLOURS: Final[dict[str, tuple[str, ...]]] = {
    "Chalk White": ("white", "off-white"),
    "Porcelain White": ("white",),
    "Oatmeal": ("beige", "cream"),
    "Sand": ("beige", "sand"),
    "Ochre": ("yellow", "ochre"),
    "Mustard": ("yellow", "mustard"),
    "Terracotta": ("orange", "terracotta"),
    "Rust": ("rust", "orange"),
    "Brick Red": ("red",),
    "Poppy Red": ("red",),
    "Blush Pink": ("pink",),
    "Rose": ("pink", "rose"),
    "Plum": ("purple",),
    "Cobalt Blue": ("blue", "cobalt"),
    "Ink Blue": ("blue", "navy"),
    "Sky Blue": ("blue", "light blue"),
    "Denim Blue": ("blue",),
    "Celadon": ("green", "celadon"),
    "Sage Green": ("green", "sage"),
    "Moss Green": ("green", "olive green"),
    "Forest Green": ("green", "dark green"),
    "Charcoal": ("grey", "dark grey"),
    "Soot Black": ("black",),
    "Dove Grey": ("grey",),
    "Amber": ("amber", "brown"),
    "Smoke": ("grey", "brown"),
    "Clear": ("transparent",),
    "Bottle Green": ("green",),
    "Sea Blue": ("blue", "teal"),
    "Natural Oak": ("wood", "light wood"),
    "Walnut": ("wood", "brown"),
    "Ash": ("wood", "pale wood"),
    "Black Ash": ("black", "wood"),
    "Brass": ("gold", "metallic"),
    "Brushed Steel": ("silver", "metallic"),
    "White Marble": ("white", "stone"),
    "Terrazzo": ("multicoloured", "stone"),
    "Natural Rattan": ("natural", "brown"),
    "Travertine": ("beige", "stone"),
}
CARE: Final[dict[str, str]] = {
    "Stoneware": "Fired at 1,240 °C; safe in the dishwasher and the microwave.",
    "Porcelain": "Vitrified porcelain, safe in the dishwasher.",
    "Earthenware": "Earthenware with a lead-free glaze; wash by hand to keep its shine.",
    "Enamelled steel": "Enamel on steel: fine over a flame, not in the microwave.",
    "Walnut wood": "Wipe clean, and oil once or twice a year.",
    "Terracotta": "Bare clay breathes: expect it to mark and mellow.",
    "Brass": "Unlacquered, so it will darken; polish it or let it be.",
    "Glass": "Blown glass, each piece a little different. Wash by hand.",
    "Stainless steel": "18/8 stainless steel, free of BPA.",
    "Concrete": "Sealed against water; stand it on felt.",
    "Linen": "Covers come off for dry cleaning.",
    "Oak": "European oak, finished with hard wax oil.",
    "Walnut": "American walnut, finished with hard wax oil.",
    "Ash": "Steam-bent and turned from European ash.",
    "Travertine": "Honed and sealed; use coasters.",
    "Rattan": "Woven by hand over a rattan frame; for indoors.",
}

_PLACES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "window": ("on an oak table in low window light", ("morning light", "oak table", "still life", "warm")),
    "breakfast": (
        "on a linen runner with fruit, seen from above",
        ("breakfast", "tabletop", "fruit", "linen", "from above"),
    ),
    "shelf": ("on a wooden shelf between books and a green plant", ("shelf", "books", "plant", "study")),
    "counter": ("on a marble counter before glazed tiles", ("kitchen counter", "marble", "tiles", "fresh")),
    "sideboard": (
        "on a walnut sideboard beside candles and a framed print",
        ("sideboard", "candles", "art print", "living room"),
    ),
    "paper": ("on a plinth in a tonal paper set", ("studio set", "tonal", "arch", "still life", "minimal")),
    "sunny": (
        "in a sunlit corner with a rug and a tall plant",
        ("sunlight", "rug", "plant", "window shadow", "interior"),
    ),
    "dining": (
        "in a dining room with long light across the floor",
        ("dining room", "curtain", "sunlight", "interior"),
    ),
    "reading": (
        "by a wall of framed prints on a round rug",
        ("gallery wall", "rug", "books", "living room", "calm"),
    ),
    "hall": (
        "in a panelled hall beside a rattan basket",
        ("hallway", "panelling", "basket", "wooden floor", "interior"),
    ),
    "set": ("on a colour-washed studio set with an arch", ("studio set", "colour block", "shadow", "bold")),
}
_VIEWS: Final[dict[str, tuple[str, ...]]] = {
    "front": (
        "seen straight from the front on a white background",
        "packshot from the front, soft shadow on white",
    ),
    "angle": (
        "turned a little to the side on a white background",
        "three-quarter view on white with a soft shadow",
    ),
    "detail": ("close up, showing surface and edge", "a closer look at the material and the finish"),
    "back": ("seen from behind on a white background", "the back, on white"),
    "top": ("seen from above on a white background", "from above, to show the inside and the proportions"),
    "below": (
        "seen from slightly below on a white background",
        "from below, as you would see it at the table",
    ),
}


def product_description(product: Product, size: tuple[float, float, float]) -> str:
    """The text of the product page; ``size`` is width, depth, height in cm."""
    material = CARE.get(product.material, "")
    if not material:
        first = product.material.split(" and ")[0]
        care = CARE.get(first, "Made to be mended.")
        material = f"Made of {product.material[0].lower()}{product.material[1:]}. {care}"
    width, depth, height = size
    return f"{product.story} {material} {width:g} by {depth:g} by {height:g} cm."


def title(product: Product, shot: Shot) -> str:
    """The title of a picture."""
    name = f"{product.name} in {product.colour}" if product.colour not in product.name else product.name
    if shot.view == "lifestyle":
        return f"{name} {_place(product)[0].split(' with ')[0].split(' beside ')[0].split(' before ')[0]}"
    return f"{name}, {shot.view}"


def description(product: Product, shot: Shot) -> str:
    """The caption of a picture: what it is, where, and a word about the product."""
    if shot.view == "lifestyle":
        lit = ", switched on at dusk" if product.family == "Lamps" else ""
        opening = (
            f"The {product.name} in {product.colour.lower()} {_place(product)[0]}{lit}.",
            f"{product.name}, {product.colour.lower()}, {_place(product)[0]}{lit}.",
        )[shot.seed % 2]
        return f"{opening} {product.story}"
    words = _VIEWS[shot.view][shot.seed % 2]
    return f"{product.name} by {BRAND}, {_stuff(product)}, {words}. {product.story}"


def alt_text(product: Product, shot: Shot) -> str:
    """What someone who cannot see the picture needs to know."""
    noun = NOUNS[product.family]
    said = set(product.material.lower().split()) & set(product.colour.lower().split())
    thing = (
        f"{noun} of {product.material.lower()}"
        if said
        else f"{product.colour.lower()} {noun} of {product.material.lower()}"
    )
    article = "An" if thing[0] in "aeio" else "A"
    if shot.view == "lifestyle":
        return f"{article} {thing} {_place(product)[0]}."
    return f"{article} {thing}, {_VIEWS[shot.view][0]}."


def keywords(product: Product, shot: Shot) -> tuple[str, ...]:
    """Keywords, without repeats, the most particular first."""
    words = [NOUNS[product.family], *PLAIN_COLOURS[product.colour], product.colour.lower()]
    words += product.material.lower().split(" and ")
    words += [*product.words, *ROOMS[product.family]]
    if shot.view == "lifestyle":
        words += [*_place(product)[1], "lifestyle"]
        words += ["evening", "light on"] if product.family == "Lamps" else []
    else:
        words += ["packshot", "white background", shot.view]
    if product.season != "All year":
        words.append(product.season.lower())
    return tuple(dict.fromkeys(words))


def _stuff(product: Product) -> str:
    """Colour and material without saying a word twice: "brass", not "brass brass"."""
    colour, material = product.colour.lower(), product.material.lower()
    if set(material.split()) & set(colour.split()):
        return material if colour in material else f"{material} ({colour})"
    return f"{colour} {material}"


def _place(product: Product) -> tuple[str, tuple[str, ...]]:
    return _PLACES[product.setting]
