"""The query language: phrases, words that must not be there, and ``field:value``, read from what is typed.

What is pasted is no query: a mark that does not stand where the language has it, a name that is no field and
a value that its field cannot have are words like any other. So no text is refused for its marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from discovery.search.clauses import Clause, none_of
from discovery.search.filters import LARGEST_NUMBER
from discovery.search.request import Condition, Value
from discovery.search.text import phrase_clause, whole_clause
from mappings.fields import Field, Kind, Side, find_field

_CURLY = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_PART = re.compile(
    r'(?<!\S)(?P<no>-(?=[^\W\d_]|")|NOT\ +(?=\S))?'
    r"(?:(?P<field>[A-Za-z][\w.]*):(?=\S))?"
    r'(?:"(?P<phrase>[^"]*)"(?!\S)|(?P<word>\S+))'
)
_NUMBER = r"-?\d{1,15}(?:\.\d{1,6})?"
_DAY = r"\d{4}-\d{2}-\d{2}"
_WITHIN = re.compile(rf"(?P<low>{_DAY}|{_NUMBER})?\.\.(?P<high>{_DAY}|{_NUMBER})?")
_BOUND = re.compile(rf"(?P<sign>[<>]=?)?(?P<value>{_DAY}|{_NUMBER})")
_BOUNDS = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_FLAGS = {"true": True, "yes": True, "false": False, "no": False}
_ANY_VALUE = "*"


@dataclass(frozen=True, slots=True)
class Reading:
    """A query as its language has it.

    ``words`` are looked for freely, each of ``phrases`` as it stands; none of ``without`` may be there.
    ``marked`` is what was typed for all but the words.
    """

    words: str
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    marked: str = ""

    @property
    def text(self) -> str:
        """All that is looked for, without marks."""
        return " ".join(part for part in (self.words, *self.phrases) if part)

    def respelt(self, words: str) -> str:
        """Return what would be typed for the same with other words."""
        return f"{words} {self.marked}".strip()

    def clauses(self, side: Side, languages: Sequence[str] = ()) -> tuple[Clause, ...]:
        """Return what every hit must pass, however it is found."""
        asked = [phrase_clause(side, phrase) for phrase in self.phrases]
        barred = [
            phrase_clause(side, one) if " " in one else whole_clause(one, languages) for one in self.without
        ]
        return (*asked, *([none_of(barred)] if barred else ()))


def read(side: Side, q: str) -> Reading:
    """Return ``q`` as the language has it."""
    shouted = q.isupper()
    words: list[str] = []
    phrases: list[str] = []
    without: list[str] = []
    conditions: dict[tuple[str, str], Condition] = {}
    marked: list[str] = []
    for part in _PART.finditer(q.translate(_CURLY)):
        barred = part["no"] is not None and not (shouted and part["no"] != "-")
        condition = _condition(side, part["field"], part["phrase"], part["word"], barred=barred)
        if condition is not None:
            key = (condition.field, "none" if barred else "any")
            conditions[key] = _joined(conditions.get(key), condition)
            marked.append(part[0])
            continue
        text = part["phrase"] if part["field"] is None else None
        if text is not None and not text.strip():
            continue
        one = text.strip() if text is not None else part[0][len(part["no"] or "") :] if barred else part[0]
        if not any(character.isalnum() for character in one):
            words.append(part[0])
        elif barred:
            without.append(one.strip('"'))
            marked.append(part[0])
        elif text is not None:
            phrases.append(one)
            marked.append(part[0])
        else:
            words.append(one)
    return Reading(
        " ".join(words), tuple(phrases), tuple(without), tuple(conditions.values()), " ".join(marked)
    )


def literal(q: str) -> Reading:
    """Return ``q`` as nothing but words: what a whole identifier is."""
    return Reading(q)


def _condition(
    side: Side, name: str | None, phrase: str | None, word: str | None, *, barred: bool
) -> Condition | None:
    field = None if name is None else _named(side, name.lower())
    if field is None:
        return None
    given = phrase if phrase is not None else (word or "")
    if phrase is None and given == _ANY_VALUE:
        return Condition(field.name, exists=not barred)
    if barred:
        values = _value(field, given)
        return None if values is None else Condition(field.name, none=(values,))
    return _within(field, given)


def _named(side: Side, name: str) -> Field | None:
    found = find_field(side, name)
    # A collection that there is not is an error in a filter; what is typed is never one.
    if found is None or found.listed is not None:
        return None
    return None if found.attribute is not None and name.count(".") != 1 else found


def _within(field: Field, given: str) -> Condition | None:
    if field.kind in (Kind.NUMBER, Kind.DATE):
        span = _WITHIN.fullmatch(given)
        if span is not None and (span["low"] or span["high"]):
            bounds = dict(_read_bounds(field, (("gte", span["low"]), ("lte", span["high"]))))
            return None if None in bounds.values() else Condition(field.name, **bounds)
        bound = _BOUND.fullmatch(given)
        if bound is not None and bound["sign"]:
            value: Any = _value(field, bound["value"])
            bounds = {_BOUNDS[bound["sign"]]: value}
            return None if value is None else Condition(field.name, **bounds)
    value = _value(field, given)
    return None if value is None else Condition(field.name, any=(value,))


def _read_bounds(field: Field, given: tuple[tuple[str, str | None], ...]) -> Iterator[tuple[str, Any]]:
    for operator, text in given:
        if text:
            yield operator, _value(field, text)


def _value(field: Field, given: str) -> Value | None:
    """Return the value that a field takes, ``None`` where it takes none such."""
    if field.kind is Kind.NUMBER:
        return _number(given)
    if field.kind is Kind.DATE:
        return _day(given)
    if field.kind is Kind.FLAG:
        return _FLAGS.get(given.lower())
    return given if any(character.isalnum() for character in given) else None


def _number(given: str) -> Value | None:
    if not re.fullmatch(_NUMBER, given, re.ASCII):
        return None
    number = float(given)
    if abs(number) > LARGEST_NUMBER:
        return None
    return int(number) if number.is_integer() else number


def _day(given: str) -> Value | None:
    try:
        return date.fromisoformat(given).isoformat() if re.fullmatch(_DAY, given, re.ASCII) else None
    except ValueError:
        return None


def _joined(before: Condition | None, one: Condition) -> Condition:
    """Return both conditions on one field as one: any of its values, and every bound."""
    if before is None:
        return one
    bounds = {
        name: getattr(one, name) if getattr(one, name) is not None else getattr(before, name)
        for name in ("gt", "gte", "lt", "lte", "exists")
    }
    return Condition(one.field, any=(*before.any, *one.any), none=(*before.none, *one.none), **bounds)
