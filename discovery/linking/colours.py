"""What retail calls a colour, in the names that pictures are described by."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from discovery.linking.words import words
from mappings.documents import Colour

ENOUGH = 0.3
"""Share of a picture's subject that settles its colour: people wear garments, and things have grounds."""

# A colour is taken for any name beside it here, for light and shade move a thing between neighbours.
_ALIKE = {
    "black": "black charcoal",
    "charcoal": "charcoal black grey",
    "grey": "grey charcoal white",
    "white": "white cream grey",
    "cream": "cream white beige",
    "beige": "beige cream tan khaki",
    "tan": "tan beige brown khaki",
    "brown": "brown tan burgundy khaki olive",
    "khaki": "khaki olive beige tan",
    "olive": "olive khaki green brown",
    "red": "red burgundy coral pink",
    "burgundy": "burgundy red plum brown",
    "pink": "pink magenta coral peach lavender",
    "magenta": "magenta pink purple plum",
    "coral": "coral red orange peach pink",
    "orange": "orange coral peach mustard red",
    "peach": "peach coral orange pink beige",
    "yellow": "yellow mustard lime cream",
    "mustard": "mustard yellow orange olive",
    "lime": "lime green yellow",
    "green": "green olive lime mint teal khaki turquoise",
    "mint": "mint green turquoise",
    "teal": "teal turquoise green blue",
    "turquoise": "turquoise teal mint light-blue",
    "light blue": "light-blue blue turquoise lavender",
    "blue": "blue navy light-blue turquoise teal",
    "navy": "navy blue black charcoal",
    "lavender": "lavender purple pink light-blue",
    "purple": "purple lavender plum magenta navy",
    "plum": "plum purple burgundy magenta",
}
_NEAR = {name: frozenset(n.replace("-", " ") for n in near.split()) for name, near in _ALIKE.items()}

# Words for each name; a word under two names may mean either.
_SAID = {
    "black": "black bk blk noir schwarz jet onyx ebony soot ink nero",
    "charcoal": "charcoal anthracite graphite slate gunmetal smoke lead",
    "grey": "grey gray gr gry grau gris silver ash stone cement concrete dove steel pewter slate heather "
    "travertine smoke metal",
    "white": "white wht weiss blanc bianco ivory chalk snow porcelain marble milk clear pearl",
    "cream": "cream ecru ivory eggshell vanilla oatmeal offwhite champagne oak pearl bone marble",
    "beige": "beige sand nude oatmeal linen natural oak ash rattan travertine champagne skin "
    "taupe fawn birch",
    "tan": "tan camel cognac caramel oak rattan natural bronze copper biscuit brass cork gold",
    "brown": "brown br brn braun marron chocolate coffee walnut mocha espresso chestnut terracotta rust "
    "mahogany bronze copper mushroom taupe teak",
    "khaki": "khaki sage moss taupe army fatigue brass celadon",
    "olive": "olive moss army forest bottle",
    "red": "red rd rot rouge rosso scarlet crimson ruby poppy cherry brick tomato rust",
    "burgundy": "burgundy maroon wine bordeaux oxblood claret brick",
    "pink": "pink pk rosa rose blush fuchsia salmon nude",
    "magenta": "magenta fuchsia cerise rose",
    "coral": "coral salmon terracotta brick poppy",
    "orange": "orange or tangerine amber terracotta rust pumpkin copper ochre",
    "peach": "peach apricot blush salmon skin",
    "yellow": "yellow ylw gelb jaune lemon sun gold mustard",
    "mustard": "mustard ochre amber gold brass bronze saffron",
    "lime": "lime chartreuse neon fluorescent",
    "green": "green gn grn vert verde gruen grün emerald forest bottle moss sage jade celadon",
    "mint": "mint celadon sage seafoam aqua sea",
    "teal": "teal petrol peacock sea",
    "turquoise": "turquoise aqua cyan",
    "light blue": "sky baby powder ice denim",
    "blue": "blue bl blu blau bleu cobalt royal denim azure indigo sea sky",
    "navy": "navy midnight ink marine indigo",
    "lavender": "lavender lilac mauve",
    "purple": "purple violet lila aubergine mauve",
    "plum": "plum aubergine mulberry wine",
}
_MEANS: dict[str, frozenset[str]] = {}
for _name, _words in _SAID.items():
    for _word in _words.split():
        _MEANS[_word] = _MEANS.get(_word, frozenset()) | {_name}

_DARKER = {"blue": "navy", "red": "burgundy", "grey": "charcoal", "green": "olive", "purple": "plum"}
_LIGHTER = {"blue": "light blue", "purple": "lavender", "green": "mint", "red": "pink", "orange": "peach"}


@functools.lru_cache(maxsize=4096)
def names_of(colour: str) -> frozenset[str]:
    """Return the names a picture of a thing called ``colour`` may have; none where the word is not known.

    ``"Ink Blue"`` and ``"navy"`` are navy, blue and what light makes of them. The last word decides where it
    is a plain colour: ``"Bottle Green"`` is green, not bottle.
    """
    return frozenset().union(*(_NEAR[name] for name in meaning(colour)))


@functools.lru_cache(maxsize=4096)
def meaning(colour: str) -> frozenset[str]:
    """Return what a colour's words mean themselves, without what light makes of it."""
    said = words(colour)
    if not said:
        return frozenset()
    meant = _MEANS.get(said[-1], frozenset())
    if said[-1] not in _SAID and said[-1] != "gray":
        meant = frozenset().union(*(_MEANS.get(word, frozenset()) for word in said))
    shifted = _DARKER if {"dark", "deep", "ink"} & set(said) else _LIGHTER if "light" in said else {}
    return meant | {shifted[name] for name in meant if name in shifted}


def may_be_colour(word: str) -> bool:
    """Return whether ``word`` is a colour's where a colour is expected; elsewhere it may be a flower."""
    return len(word) >= 4 and word in _MEANS


def is_colour_word(word: str) -> bool:
    """Return whether ``word`` alone is a colour's plain name, which which means nothing else."""
    return word in _PLAIN


_PLAIN_WORDS = (
    "black white grey gray red blue green yellow orange purple pink brown beige navy teal turquoise olive "
    "khaki burgundy maroon cream lavender violet magenta charcoal silver gold"
)
_PLAIN = frozenset(_PLAIN_WORDS.split())


def agreement(colours: Iterable[Colour], colour: str) -> float | None:
    """Return how far a picture's colours are those of a thing called ``colour``: 0 to 1.

    1 where :data:`ENOUGH` of the subject has them. ``None`` where that cannot be said: the colour's word is
    not known, or the picture's colours are not.
    """
    expected = names_of(colour)
    found = list(colours)
    if not expected or not found:
        return None
    share = sum(one.share for one in found if one.name in expected)
    return min(1.0, share / ENOUGH)
