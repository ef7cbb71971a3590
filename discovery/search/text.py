"""Words: what a query's words match, how strongly, and what is marked in a hit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from discovery.search.clauses import Clause, refused
from discovery.search.identifiers import looks_like_identifier
from mappings.fields import LANGUAGES, SEARCHED, SPELLING, Searched, Side

SIGNAL = "text"

SATURATION = 8.0
"""``k`` of the saturation s / (s + k): a sum of BM25 scores of this size counts half.

Seen on 1,012 sportswear products with the starter model: a word in a title scores 15 to 30, in a
description only about 6. So with equal weights a hit by words has 0.21 to 0.39, and a hit by its picture
alone seldom more than 0.2: words lead, and pictures order what they find alike."""

MOST_WORDS = 100
"""Words of one query at most; each is one lookup or more, and the engine refuses more than 1,024."""

WEIGHED_WORDS = 12
"""A longer query is a text, not a question: its words count alike, wherever they stand."""

ENOUGH = "2<75%"
"""One or two words must all be there; of more, three quarters."""

# Words without which a question means the same. Taken out of what must match, and only while others remain.
_FILLERS = frozenset(
    ("a", "an", "and", "any", "are", "as", "at", "be", "by", "for", "from", "i", "in", "is", "it", "me", "my",
     "of", "on", "or", "our", "some", "that", "the", "their", "this", "to", "we", "which", "with", "your")
)  # fmt: skip
_MARKED: dict[Side, dict[str, str]] = {
    "assets": {
        "title": "source.title.stem",
        "description": "source.description.stem",
        "alt_text": "source.alt_text.stem",
        "filename": "source.filename.stem",
        "keyword": "source.keywords.stem",
        "category": "source.categories.stem",
        "creator": "source.creator.stem",
        "product.name": "product.name.stem",
        "product.brand": "product.brand.stem",
        "product.family": "product.family.stem",
        "product.category": "product.category_paths.stem",
        "product.attribute": "product.attribute_text.stem",
    },
    "products": {
        "title": "source.title.stem",
        "description": "source.description.stem",
        "attribute": "source.attribute_text.stem",
        "brand": "source.brand.stem",
        "category": "source.categories.stem",
        "family": "source.family.stem",
    },
}
_STEM = ".stem"


def _phrased(side: Side) -> list[str]:
    """Return the fields that phrases are looked for in: of each text its exact words, where it has them."""
    exact = [field.path for field in SEARCHED[side] if field.kind == "exact"]
    bases = {path.removesuffix(".text") for path in exact}
    stems = (field.path for field in SEARCHED[side] if field.kind == "stem")
    return [*exact, *(path for path in stems if path.removesuffix(_STEM) not in bases)]


_PHRASED: dict[Side, list[str]] = {side: _phrased(side) for side in SEARCHED}
_NAMES: dict[Side, tuple[str, ...]] = {
    "assets": ("source.title.stem", "product.name.stem"),
    "products": ("source.title.stem",),
}
_FRAGMENT = 160
_LONGEST_WORD = 40
_SPELLINGS = 5
_SHORT, _LONG = 5, 8
_LONGEST_MARKED = 100_000


def normalise(q: str, most_characters: int) -> str:
    """Return the query as it is searched for: NFC, without control characters, single spaces.

    Raises:
        InputInvalid: naming ``q``, when it is longer than a query may be.
    """
    if len(q) > most_characters:
        raise refused("q", f"expected at most {most_characters} characters, found {len(q)}")
    composed = unicodedata.normalize("NFC", q)
    visible = (" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in composed)
    cleaned = " ".join("".join(visible).split())
    if _count_words(cleaned) > MOST_WORDS:
        raise refused("q", f"expected at most {MOST_WORDS} words")
    return cleaned


def named_clause(side: Side, q: str) -> Clause:
    """Return which items have every word of ``q`` in one name: their title, or a product's that they show."""
    names = [
        {"match": {path: {"query": q, "operator": "and", "auto_generate_synonyms_phrase_query": False}}}
        for path in _NAMES[side]
    ]
    return {"dis_max": {"queries": names}}


def has_words(q: str) -> bool:
    """Return whether there is anything to look for: letters, digits or symbols that stand for words."""
    return any(c.isalnum() for c in q)


def matching_clause(q: str, others: Sequence[str] = (), languages: Sequence[str] = ()) -> Clause:
    """Return which items have the words of ``q``, in whatever field and inflection.

    One field holds the words of all the others, so the words of a query may lie scattered over title,
    keywords, attributes and the other side. Short words that any text has are not asked for. ``others``
    are the same question in other words (synonyms): an item that answers one of them answers it. The forms
    of words of ``languages`` are looked for beside English ones.
    """
    paths = _stems(languages)
    if others or len(paths) > 1:
        asked = [_matching(one, path) for one in (q, *others) for path in paths]
        return {"dis_max": {"queries": asked}}
    return _matching(q, paths[0])


def _stems(languages: Sequence[str]) -> list[str]:
    codes = dict.fromkeys(("en", *(code for code in languages if code in LANGUAGES)))
    return [f"{SPELLING}.{LANGUAGES[code]}" for code in codes]


def phrase_clause(side: Side, phrase: str) -> Clause:
    """Return which items have these words side by side, as they stand, within one text."""
    return {"multi_match": {"query": phrase, "type": "phrase", "fields": _PHRASED[side]}}


def whole_clause(words: str, languages: Sequence[str] = ()) -> Clause:
    """Return which items have all of ``words``, in whatever inflection."""
    asked: list[Clause] = [
        {"match": {path: {"query": words, "operator": "and", "auto_generate_synonyms_phrase_query": False}}}
        for path in _stems(languages)
    ]
    return asked[0] if len(asked) == 1 else {"dis_max": {"queries": asked}}


def _matching(q: str, path: str) -> Clause:
    clause: Clause = {
        "match": {
            path: {
                "query": _asked_for(q),
                "minimum_should_match": ENOUGH,
                "auto_generate_synonyms_phrase_query": False,
            }
        }
    }
    return _or_parts(clause, q)


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a question: ``q`` as asked, ``others`` the same in other words.

    ``required`` are the words that must be there where those are not all of them: words that became filters
    need not be found, and still say what comes first. The empty text requires nothing. ``languages`` are
    those of the sources.
    """

    q: str
    others: tuple[str, ...] = ()
    required: str | None = None
    required_others: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def matching(self) -> Clause:
        """Return which items have the words that must be there."""
        if self.required is None:
            return matching_clause(self.q, self.others, self.languages)
        if not self.required:
            return {"match_all": {}}
        return matching_clause(self.required, self.required_others, self.languages)


def text_clause(side: Side, wording: Wording) -> Clause:
    """Return the scored clause of a question's words: who matches, and how strongly by which field.

    ``cross_fields`` takes each word from the field where it counts most and adds the words up, so
    "purple jacket" is found with the colour in an attribute and the noun in the title; exact words
    count beside their stems.
    """
    strengths: list[Clause] = [{"bool": {"should": _strengths(side, one)}} for one in wording.others]
    if strengths:
        strengths = [
            {"dis_max": {"queries": [{"bool": {"should": _strengths(side, wording.q)}}, *strengths]}}
        ]
    else:
        strengths = _strengths(side, wording.q)
    if wording.required is None:
        return {"bool": {"must": [wording.matching()], "should": strengths}}
    scored = matching_clause(wording.q, wording.others, wording.languages)
    return {"bool": {"filter": [wording.matching()], "should": [scored, *strengths]}}


def _strengths(side: Side, q: str) -> list[Clause]:
    weighed = SEARCHED[side] if _count_words(q) <= WEIGHED_WORDS else ()
    return [
        {
            "multi_match": {
                "query": q,
                "type": "cross_fields",
                "fields": _fields(weighed, kind),
                "auto_generate_synonyms_phrase_query": False,
            }
        }
        for kind in ("exact", "stem")
        if _fields(weighed, kind)
    ]


def text_signal(side: Side, wording: Wording, weight: float) -> Clause:
    """Return the words' share of a score: ``weight * s / (s + k)``, from 0 to ``weight``."""
    return {
        "script_score": {
            "query": text_clause(side, wording),
            "script": {
                "source": "params.w * _score / (_score + params.k)",
                "params": {"w": weight, "k": SATURATION},
            },
            "_name": SIGNAL,
        }
    }


def highlight(side: Side, q: str, others: Sequence[str] = ()) -> Clause:
    """Return what marks the words of ``q`` with ``<mark>`` in the hits; all other markup is escaped.

    ``others`` are the same in other words, which are marked too. The encoder escapes the stored text, so a
    title that holds markup of its own cannot bring it along.
    """
    marked = _MARKED[side]
    return {
        "encoder": "html",
        "pre_tags": ["<mark>"],
        "post_tags": ["</mark>"],
        "require_field_match": False,
        "max_analyzer_offset": _LONGEST_MARKED,
        "highlight_query": {
            "multi_match": {
                "query": " ".join(_asked_for(one) for one in (q, *others)),
                "fields": list(marked.values()),
                "auto_generate_synonyms_phrase_query": False,
            }
        },
        "fields": {
            path: {"number_of_fragments": 1, "fragment_size": _FRAGMENT}
            if name == "description"
            else {"number_of_fragments": 0}
            for name, path in marked.items()
        },
    }


def read_highlight(side: Side, marked: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """Return the engine's marked texts under public names; of many values only those with a mark."""
    found: dict[str, tuple[str, ...]] = {}
    for name, path in _MARKED[side].items():
        fragments = tuple(text for text in marked.get(path, ()) if "<mark>" in text)
        if fragments:
            found[name] = fragments
    return found


def can_be_respelt(q: str) -> bool:
    """Return whether a better spelling is looked for: in a question, not in a text or a heap of letters."""
    return _count_words(q) <= WEIGHED_WORDS and all(len(word) <= _LONGEST_WORD for word in q.split())


def spelling(q: str) -> Clause:
    """Return the suggester that knows, for each word that no item has, the likeliest that some item has."""
    return {
        "spelling": {
            "text": q,
            "term": {
                "field": SPELLING,
                "suggest_mode": "missing",
                "size": _SPELLINGS,
                "sort": "score",
                "min_word_length": 4,
                "prefix_length": 1,
                "max_edits": 2,
            },
        }
    }


def corrected(q: str, suggest: dict[str, Any] | None) -> str | None:
    """Return ``q`` with each unknown word replaced by its likeliest spelling, ``None`` if there is none.

    Only what a slip of the hand explains counts (:func:`is_slip`): a word that the catalogue does not
    have is more often another word than a misspelt one.
    """
    text = q
    entries = (suggest or {}).get("spelling", [])
    for entry in sorted(entries, key=lambda entry: -int(entry["offset"])):
        start, end = entry["offset"], entry["offset"] + entry["length"]
        spellings = (str(option["text"]) for option in entry["options"])
        likeliest = next((word for word in spellings if is_slip(entry["text"], word)), None)
        if likeliest is not None:
            text = text[:start] + likeliest + text[end:]
    return text if text != q else None


def is_slip(typed: str, meant: str) -> bool:
    """Return whether ``typed`` is ``meant`` with one letter left out, doubled, swapped or mistaken.

    Of eight letters and more two may be wrong; of five and fewer none may be mistaken for another, for that
    makes "short" of "shirt".
    """
    edits = _edits(typed, meant)
    mistaken = len(typed) == len(meant) and sorted(typed) != sorted(meant)
    return edits <= (2 if len(typed) >= _LONG else 1) and not (mistaken and len(typed) <= _SHORT)


def _edits(one: str, other: str) -> int:
    """Return the edits between two words, two neighbours swapped counting once (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        earlier, before, row = before, row, [i]
        for j, against in enumerate(other, start=1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                best = min(best, earlier[j - 2] + 1)
            row.append(best)
    return row[-1]


def _fields(searched: tuple[Searched, ...], kind: str) -> list[str]:
    return [f"{field.path}^{field.weight:g}" for field in searched if field.kind == kind]


def _or_parts(clause: Clause, q: str) -> Clause:
    """Let the beginning of an identifier match too, where that is what ``q`` looks like.

    Not otherwise: "car" would find the file "carton-01.jpg".
    """
    if not looks_like_identifier(q):
        return clause
    paths = {
        field.path: field.weight for side in SEARCHED for field in SEARCHED[side] if field.kind == "parts"
    }
    parts = [
        {"match": {path: {"query": q, "operator": "and", "boost": boost}}} for path, boost in paths.items()
    ]
    return {"dis_max": {"queries": [clause, *parts]}}


def telling_words(q: str) -> str:
    """Return the words of ``q`` without those that any question has."""
    return " ".join(word for word in q.split() if word.lower() not in _FILLERS)


def _asked_for(q: str) -> str:
    return telling_words(q) or q


def _count_words(q: str) -> int:
    # Scripts without spaces are cut into single characters by some analysers; count them so.
    return len(re.findall(r"[^\W\u2e80-\U0003ffff]+|[\u2e80-\U0003ffff]", q))
