"""The filter grammar: from JSON, or from the parameters of an address, to ``Filters``.

Both ways meet in the same reader, so they cannot mean different things. A bad filter is an error that
names it; none is ever dropped.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from discovery.errors import FieldProblem
from discovery.search.request import Condition, Filters, Value
from mappings.fields import FIELDS, Field, Kind, Side, find_field

LISTS = ("any", "all", "none")
RANGES = ("gt", "gte", "lt", "lte")
OPERATORS = (*LISTS, *RANGES, "exists")
ALTERNATIVES = "or"

MOST_CONDITIONS = 64
MOST_GROUPS = 32
MOST_VALUES = 500
MOST_CHARACTERS = 1000
# Whole numbers up to here are exact in JSON's doubles.
LARGEST_NUMBER = 2**53

_YEAR_OR_MONTH = re.compile(r"[0-9]{4}(-[0-9]{2})?")

_EXPECTED = {
    Kind.KEYWORD: "a text",
    Kind.IDENTIFIER: "a text",
    Kind.NUMBER: "a number",
    Kind.DATE: 'a date such as "2025-03-31" or "2025-03-31T12:00:00Z"',
    Kind.FLAG: "true or false",
}


def known_field(side: Side, name: str) -> Field | None:
    """Return the field of that public name, or ``None``; an attribute's code holds no further dots."""
    found = find_field(side, name)
    if found is not None and found.attribute is not None and name.count(".") != 1:
        return None
    return found


def unknown_field(side: Side, name: str) -> str:
    """Return what is said of a field that does not exist, or of an operator that its field does not know."""
    prefix = "product" if side == "assets" else "attribute"
    before, _, last = name.rpartition(".")
    if known_field(side, before) is not None:
        return f"unknown operator {last!r} of {before}; expected one of {', '.join(OPERATORS)}"
    near = difflib.get_close_matches(name, FIELDS[side], 1)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    others: Side = "products" if side == "assets" else "assets"
    if not near and known_field(others, name) is not None:
        hint = f"; it is a field of {others}"
    return f"unknown field of {side}{hint} (see /api/v1/docs#fields, or {prefix}.<attribute>)"


def is_text(value: object) -> bool:
    """Return whether ``value`` is a text that can be written as UTF-8 (no lone surrogates)."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(slots=True)
class FilterReader:
    """Reads the ``filters`` of one request; ``problems`` collects all that is wrong with them."""

    side: Side
    problems: list[FieldProblem] = field(default_factory=list)

    def read(self, raw: Mapping[str, Any], at: str = "filters") -> Filters:
        """Return the filters of one JSON object, ``or`` included."""
        conditions = self._conditions({k: v for k, v in raw.items() if k != ALTERNATIVES}, at)
        groups = raw.get(ALTERNATIVES, [])
        alternatives: list[tuple[Condition, ...]] = []
        if not isinstance(groups, list):
            self._problem(f"{at}.or", "expected a list of groups of conditions")
        elif ALTERNATIVES in raw and not 1 <= len(groups) <= MOST_GROUPS:
            self._problem(f"{at}.or", f"expected 1 to {MOST_GROUPS} groups of conditions")
        else:
            for number, group in enumerate(groups):
                alternatives.append(self._group(group, f"{at}.or.{number}"))
        return Filters(conditions, tuple(alternatives))

    def _group(self, group: Any, at: str) -> tuple[Condition, ...]:
        if not isinstance(group, dict) or not group:
            self._problem(at, "expected an object with at least one field")
            return ()
        if ALTERNATIVES in group:
            self._problem(f"{at}.or", "only one level of or is possible")
            return ()
        return self._conditions(group, at)

    def _conditions(self, raw: Mapping[str, Any], at: str) -> tuple[Condition, ...]:
        if len(raw) > MOST_CONDITIONS:
            self._problem(at, f"at most {MOST_CONDITIONS} fields")
            return ()
        # In one order whatever the order of the request, so that equal questions are equal requests.
        named = sorted(raw.items(), key=lambda item: item[0])
        read = (self._condition(name, given, f"{at}.{name}") for name, given in named)
        return tuple(condition for condition in read if condition is not None)

    def _condition(self, name: str, given: Any, at: str) -> Condition | None:
        known = known_field(self.side, name) if is_text(name) else None
        if known is None:
            self._problem(at, unknown_field(self.side, name))
            return None
        if not isinstance(given, dict) or not given:
            self._problem(at, f"expected an object with at least one of {', '.join(OPERATORS)}")
            return None
        operands: dict[str, Any] = {}
        for operator, operand in given.items():
            read = self._operand(known, operator, operand, f"{at}.{operator}")
            if read is not None:
                operands[operator] = read
        return Condition(name, **operands)

    def _operand(self, known: Field, operator: str, operand: Any, at: str) -> Any:
        if operator not in OPERATORS:
            return self._problem(at, f"unknown operator; expected one of {', '.join(OPERATORS)}")
        if operator == "exists":
            return operand if isinstance(operand, bool) else self._problem(at, "expected true or false")
        if operator in RANGES:
            if known.kind not in (Kind.NUMBER, Kind.DATE):
                return self._problem(at, "ranges are for numbers and dates; use any, all, none or exists")
            return self._value(known, operand, at)
        if not isinstance(operand, list):
            return self._problem(at, f"expected a list of values, each {_EXPECTED[known.kind]}")
        if not 1 <= len(operand) <= MOST_VALUES:
            return self._problem(at, f"expected 1 to {MOST_VALUES} values")
        values = [self._value(known, value, f"{at}.{n}") for n, value in enumerate(operand)]
        return tuple(dict.fromkeys(value for value in values if value is not None))

    def _value(self, known: Field, value: Any, at: str) -> Value | None:
        read = _READ[known.kind](value)
        if read is None:
            self._problem(at, f"expected {_EXPECTED[known.kind]}")
        return read

    def _problem(self, at: str, message: str) -> None:
        self.problems.append(FieldProblem(at, message))


def _text(value: Any) -> Value | None:
    return value if is_text(value) and value.strip() and len(value) <= MOST_CHARACTERS else None


def _number(value: Any) -> Value | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) and abs(value) <= LARGEST_NUMBER else None


def _flag(value: Any) -> Value | None:
    return value if isinstance(value, bool) else None


def _date(value: Any) -> Value | None:
    if not isinstance(value, str):
        return None
    try:
        if _YEAR_OR_MONTH.fullmatch(value):
            date.fromisoformat(f"{value}-01-01"[: len("2025-03-31")])
            return value
        if len(value) == len("2025-03-31"):
            return date.fromisoformat(value).isoformat()
        if len(value) < len("2025-03-31"):
            return None
        moment = datetime.fromisoformat(value)
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return None


_READ: dict[Kind, Callable[[Any], Value | None]] = {
    Kind.KEYWORD: _text,
    Kind.IDENTIFIER: _text,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.FLAG: _flag,
}
