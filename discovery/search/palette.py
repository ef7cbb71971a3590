"""Colours as a query: a palette of hexadecimal or named colours, looked for among those of pictures.

Two colours are as different as CIE94 says for graphic arts (CIE 116-1995): 1 is what a trained eye just sees,
10 are clearly two shades of one colour, 25 two colours. A picture passes where each colour of the palette is
within the tolerance of one of its own; it scores by how near those are, and how much they cover. A colour
that is asked for by name must be what the picture's own is called: black lies near navy, and is none.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

from discovery.search.clauses import Clause, refused
from discovery.search.vectors import SMALLEST
from discovery.vision.colours import NAMES, lab_of
from mappings.fields import NAMED_COLOURS, PALETTES, Side

SIGNAL = "colour"
MOST_COLOURS = 5
TOLERANCE, LEAST_TOLERANCE, MOST_TOLERANCE = 12.0, 1.0, 50.0
LEAST_SHARE = 0.1
"""Of a picture's subject that a colour covers, to be one of the picture's here."""

NAMED_SHARE = 0.25
"""The same where a colour is named: "blue" is asked of the thing, not of a seam of it."""

_HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")

# What people call by one word is several names of pictures' colours; other words for one name.
_WIDER = {
    "blue": ("blue", "light blue", "navy"),
    "green": ("green", "olive", "lime", "mint", "teal"),
    "red": ("red", "burgundy"),
    "pink": ("pink", "magenta"),
    "purple": ("purple", "lavender", "plum"),
    "brown": ("brown", "tan"),
    "grey": ("grey", "charcoal"),
    "yellow": ("yellow", "mustard"),
    "orange": ("orange", "coral"),
    "white": ("white", "cream"),
}
_ALIASES = {
    "anthracite": "charcoal",
    "aqua": "turquoise",
    "camel": "tan",
    "gold": "mustard",
    "gray": "grey",
    "ivory": "cream",
    "lilac": "lavender",
    "maroon": "burgundy",
    "sand": "beige",
    "violet": "purple",
}

Lab = tuple[float, float, float]

_DIFFERENCE = """
long packed = (long) value;
double share = ((packed >> 24) & 255) / 255.0;
if (share < params.share) { continue; }
double l = ((packed >> 16) & 255) / 2.55, a = ((packed >> 8) & 255) - 128, b = (packed & 255) - 128;
for (def one : wanted) {
  double dl = one[0] - l, da = one[1] - a, db = one[2] - b;
  double c1 = Math.sqrt(one[1] * one[1] + one[2] * one[2]), c2 = Math.sqrt(a * a + b * b);
  double dc = c1 - c2, dh = Math.max(0, da * da + db * db - dc * dc);
  double sc = 1 + 0.045 * c1, sh = 1 + 0.015 * c1;
  double d = Math.sqrt(dl * dl + dc * dc / (sc * sc) + dh / (sh * sh));
  if (d <= params.tolerance) {
    best = Math.max(best, Math.sqrt(share) * (1 - 0.5 * d / params.tolerance));
  }
}
"""
_CLOSENESS = f"""
double sum = 0;
for (def wanted : params.wanted) {{
  double best = 0;
  for (def value : doc[params.path]) {{ {_DIFFERENCE} }}
  if (best == 0) {{ return 0; }}
  sum += best;
}}
return params.weight * sum / params.wanted.length;
"""
_PASSES = f"""
for (def wanted : params.wanted) {{
  double best = 0;
  for (def value : doc[params.path]) {{ {_DIFFERENCE} }}
  if (best == 0) {{ return false; }}
}}
return true;
"""


@dataclass(frozen=True, slots=True)
class Sought:
    """A colour that is looked for, by the places in CIELAB that it may have, and the names if it has some."""

    places: tuple[Lab, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours that are looked for.

    ``tolerance`` is a difference by CIE94, ``share`` the part of the subject that a colour must cover.
    """

    colours: tuple[Sought, ...]
    tolerance: float = TOLERANCE
    share: float = LEAST_SHARE

    def passes(self, side: Side) -> Clause:
        """Return which items have all of these colours, without scores."""
        conditions = [self._given(side), {"script": {"script": self._script(side, _PASSES)}}]
        return {"bool": {"filter": conditions}}

    def closeness(self, side: Side, weight: float) -> Clause:
        """Return how well an item has these colours: up to ``weight``."""
        script = self._script(side, _CLOSENESS)
        script["params"]["weight"] = weight
        return {
            "script_score": {
                "query": self._given(side),
                "script": script,
                "min_score": SMALLEST,
                "_name": SIGNAL,
            }
        }

    def _script(self, side: Side, source: str) -> dict[str, Any]:
        wanted = [[list(place) for place in colour.places] for colour in self.colours]
        params = {
            "wanted": wanted,
            "tolerance": self.tolerance,
            "share": self.share,
            "path": PALETTES[side],
        }
        return {"source": " ".join(source.split()), "params": params}

    def _given(self, side: Side) -> Clause:
        there: Clause = {"exists": {"field": PALETTES[side]}}
        named = [{"terms": {NAMED_COLOURS[side]: list(one.names)}} for one in self.colours if one.names]
        return {"bool": {"filter": [there, *named]}} if named else there


@functools.lru_cache(maxsize=256)
def palette_of(given: tuple[str, ...], tolerance: float | None = None) -> Palette | None:
    """Return the palette of colours such as ``#1d3557`` and ``navy``; ``None`` where none is given.

    Raises:
        InputInvalid: naming the colour that is none, or the tolerance.
    """
    if not given:
        if tolerance is not None:
            raise refused("tolerance", "is of a palette, and none is given")
        return None
    if len(given) > MOST_COLOURS:
        raise refused("palette", f"expected at most {MOST_COLOURS} colours, found {len(given)}")
    allowed = TOLERANCE if tolerance is None else tolerance
    if isinstance(allowed, bool) or not LEAST_TOLERANCE <= allowed <= MOST_TOLERANCE:
        raise refused("tolerance", f"expected a number from {LEAST_TOLERANCE:g} to {MOST_TOLERANCE:g}")
    return Palette(
        tuple(_colour(position, text) for position, text in enumerate(given)), round(float(allowed), 3)
    )


def _colour(position: int, text: str) -> Sought:
    found = _HEX.fullmatch(text.strip())
    if found is not None:
        digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
        return Sought((_rounded(lab_of(f"#{digits.lower()}")),))
    named = named_colour(text)
    if named is None:
        expected = "expected six hexadecimal digits such as #1d3557, or a name such as blue"
        raise refused(f"palette.{position}", f"{text[:40]!r} is no colour; {expected}")
    return named


def named_colour(word: str) -> Sought | None:
    """Return what people call by that word, ``None`` for what is no colour's name."""
    name = " ".join(word.lower().split())
    name = _ALIASES.get(name, name)
    names = _WIDER.get(name, (name,) if name in NAMES else ())
    places = tuple(_rounded(lab_of(shade)) for one in names for shade in NAMES[one])
    return Sought(places, names) if names else None


def colours_said(words: str) -> tuple[tuple[Sought, ...], str]:
    """Return the colours that ``words`` name, and the words that are left."""
    typed = words.split()
    found: list[Sought] = []
    left: list[str] = []
    place = 0
    while place < len(typed):
        for length in (2, 1):
            named = named_colour(" ".join(typed[place : place + length]).strip(",.;"))
            if named is not None and place + length <= len(typed):
                found.append(named)
                place += length
                break
        else:
            left.append(typed[place])
            place += 1
    return tuple(found[:MOST_COLOURS]), " ".join(left)


def _rounded(lab: Lab) -> Lab:
    light, a, b = (round(part, 2) for part in lab)
    return light, a, b
