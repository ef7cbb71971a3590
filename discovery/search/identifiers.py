"""Whole identifiers: a SKU, EAN or file name that is typed or pasted as it is comes first, always."""

from __future__ import annotations

import re

from discovery.search.clauses import Clause
from mappings.fields import IDENTIFIERS, Side

SIGNAL = "identifier"

VERBATIM, OWN, RELATED = 12.0, 8.0, 4.0
"""Scores of an item whose id is the query character by character, of one whose own identifier it is, and
of one that it is related to (a product's picture, a parent's variant). Words and pictures together reach
1 at most, a rule's boost 1 more and a pin 3 in place of both, so the steps of this ladder can never be
crossed."""

MOST_WORDS = 5
LONGEST = 256

_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")


def has_identifier(q: str) -> bool:
    """Return whether ``q`` has anything that an identifier is compared by: letters or digits."""
    return any(character.isalnum() for character in q) and len(q) <= LONGEST


def looks_like_identifier(q: str) -> bool:
    """Return whether ``q`` has the shape of a SKU, EAN or file name rather than of words.

    It has a digit, an underscore or a file's ending, and few words. Only what happens first hangs on
    this, never whether an identifier is found.
    """
    if not has_identifier(q) or len(q.split()) > MOST_WORDS:
        return False
    return any(character.isdigit() or character == "_" for character in q) or bool(_ENDING.search(q))


def identifier_signal(side: Side, q: str) -> Clause:
    """Return the clause that scores items by a whole identifier; case and punctuation do not count.

    The engine's normaliser squeezes both sides, so ``wj-01 red`` is ``WJ01-Red``.
    """
    own, *related = IDENTIFIERS[side]
    rungs = [
        _constant({"term": {"id": {"value": q}}}, VERBATIM),
        _constant({"term": {own: {"value": q}}}, OWN),
        *(_constant({"term": {path: {"value": q}}}, RELATED) for path in related),
    ]
    return {"dis_max": {"queries": rungs, "_name": SIGNAL}}


def _constant(clause: Clause, score: float) -> Clause:
    return {"constant_score": {"filter": clause, "boost": score}}
