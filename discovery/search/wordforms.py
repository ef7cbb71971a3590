"""Words as rules and the catalogue's vocabulary compare them: without case, accents, plural or possessive.

The engine's analysers know inflection far better, but only while they search. This is for what must be
decided before: whether a query is the one that a rule names, and its words values of the catalogue.
"""

from __future__ import annotations

import re

from discovery.search.facets import folded

_APART = re.compile(r"[^\w&]+|_")
_LEAST = 4
_ENDINGS = (("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"), ("ies", "y"))

Form = tuple[str, ...]
"""The forms of the words of a text, in their order."""


def form(text: str) -> Form:
    """Return the words of a text as they are compared."""
    plain = re.sub(r"['\u2019]s?(?!\w)", "", folded(text))
    return tuple(_singular(word) for word in _APART.split(plain) if word)


def found_at(part: Form, whole: Form) -> int | None:
    """Return where the words of ``part`` stand side by side in ``whole``, ``None`` where they do not."""
    places = range(len(whole) - len(part) + 1) if part else ()
    return next((place for place in places if whole[place : place + len(part)] == part), None)


def _singular(word: str) -> str:
    if len(word) < _LEAST:
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + instead
    return word.removesuffix("s") if not word.endswith(("ss", "us", "is")) else word
