"""Addresses that mean the same as JSON bodies: parameters in, the body that they stand for out.

``filter.colour=red&filter.colour=orange`` is any-of, ``filter.width.gte=800`` a range,
``filter.keyword.all=a``, ``filter.creator.exists=true``, ``not.keyword=studio`` none-of, and
``or.1.product.family=Top&or.2.linked=false`` one level of alternatives, grouped by the label.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import parse_qsl

from discovery.errors import FieldProblem, InputInvalid, MalformedRequest
from discovery.web.conditions import ALTERNATIVES, OPERATORS, RANGES, known_field
from mappings.fields import FIELDS, Kind, Side

MOST_PARAMETERS = 1000
_NUMBER = re.compile(r"-?[0-9]{1,20}(?P<fraction>\.[0-9]{1,20})?(?P<exponent>[eE][+-]?[0-9]{1,3})?")
_LABEL = re.compile(r"[0-9A-Za-z_-]{1,20}")
_FLAGS = {"true": True, "false": False}
_SEPARATED = ("facets", "region", "as_words", "palette", "searches")
_FLAGGED = ("understand",)
_NUMBERS = ("size", "min_similarity", "min_probability", "tolerance")

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A body, and by which parameter each of its parts was given, so that problems can name it."""

    body: dict[str, Any]
    names: Mapping[str, str]

    def rename(self, problems: Iterable[FieldProblem]) -> tuple[FieldProblem, ...]:
        """Return the problems with the names of parameters in place of the body's."""
        return tuple(FieldProblem(self._name(problem.field), problem.message) for problem in problems)

    def _name(self, path: str) -> str:
        longest = max((p for p in self.names if path == p or path.startswith(f"{p}.")), key=len, default=None)
        return path if longest is None else self.names[longest]


def pairs_of(query_string: bytes) -> Pairs:
    """Split the query string of an address.

    Raises:
        MalformedRequest: for bytes that are not UTF-8 and for more parameters than anyone needs.
    """
    try:
        return parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except UnicodeDecodeError as error:
        raise MalformedRequest("the parameters are not percent-encoded UTF-8") from error
    except ValueError as error:
        raise MalformedRequest(f"more than {MOST_PARAMETERS} parameters") from error


def parse(pairs: Pairs, allowed: Collection[str]) -> Parsed:
    """Return the body that the parameters stand for. ``allowed`` are its keys beside ``filters``.

    Values are converted where their field says what they are; what cannot be converted stays a text,
    and the schema refuses it by name. A blank plain parameter counts as not given.

    Raises:
        InputInvalid: for unknown and repeated parameters, each named.
    """
    reader = _Reader(_side(pairs), allowed)
    for name, value in pairs:
        reader.take(name, value)
    if reader.problems:
        problems = tuple(reader.problems)
        raise InputInvalid("; ".join(f"{p.field}: {p.message}" for p in problems[:5]), problems)
    return Parsed(reader.finished(), reader.names)


def parse_plain(pairs: Pairs, allowed: Collection[str]) -> dict[str, Any]:
    """Return the body of an address that takes no filters.

    Raises:
        InputInvalid: for unknown and repeated parameters, each named.
    """
    unknown = [name for name, _ in pairs if name not in allowed]
    if unknown:
        message = f"unknown parameter; expected {', '.join(sorted(allowed)) or 'none'}"
        raise InputInvalid(f"{unknown[0]}: {message}", tuple(FieldProblem(name, message) for name in unknown))
    return parse(pairs, allowed).body


def pairs_for(body: Mapping[str, Any]) -> Pairs:
    """Return the parameters that :func:`parse` reads as this sound body, but for ``after``."""
    pairs: Pairs = []
    for name, value in body.items():
        if name in ("filters", "after") or value is None:
            continue
        pairs.append((name, ",".join(map(_written, value)) if isinstance(value, list) else _written(value)))
    filters = body.get("filters") or {}
    pairs += _conditions("filter", {field: said for field, said in filters.items() if field != ALTERNATIVES})
    for number, group in enumerate(filters.get(ALTERNATIVES, ())):
        pairs += _conditions(f"{ALTERNATIVES}.{number}", group)
    return pairs


def _conditions(prefix: str, filters: Mapping[str, Mapping[str, Any]]) -> Pairs:
    found: Pairs = []
    for field, operators in filters.items():
        for operator, given in operators.items():
            name = f"{prefix}.{field}" if operator == "any" else f"{prefix}.{field}.{operator}"
            if operator == "none" and prefix == "filter":
                name = f"not.{field}"
            found += [(name, _written(one)) for one in (given if isinstance(given, list) else [given])]
    return found


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def refuse_parameters(query_string: bytes) -> None:
    """Refuse parameters at an address that takes none, rather than leave them unread."""
    parse_plain(pairs_of(query_string), ())


def _side(pairs: Pairs) -> Side:
    named = [value for name, value in pairs if name == "in"]
    return "products" if named and named[-1] == "products" else get_args(Side)[0]


class _Reader:
    def __init__(self, side: Side, allowed: Collection[str]) -> None:
        self.side = side
        self.allowed = allowed
        self.body: dict[str, Any] = {}
        self.filters: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, dict[str, Any]]] = {}
        self.names: dict[str, str] = {}
        self.problems: list[FieldProblem] = []

    def take(self, name: str, value: str) -> None:
        prefix, _, rest = name.partition(".")
        if prefix == "filter" and rest:
            self._filter(self.filters, "filters", name, rest, value)
        elif prefix == "not" and rest:
            self._operate(self.filters, "filters", name, rest, "none", value)
        elif prefix == ALTERNATIVES and rest:
            label, _, field = rest.partition(".")
            if not _LABEL.fullmatch(label) or not field:
                self._problem(name, "expected or.<group>.<field>")
                return
            group = self.groups.setdefault(label, {})
            number = list(self.groups).index(label)
            self._filter(group, f"filters.or.{number}", name, field, value)
        elif name in self.allowed:
            self._plain(name, value)
        else:
            expected = ", ".join(sorted(self.allowed))
            self._problem(name, f"unknown parameter; expected one of {expected}, filter.…, not.…, or.…")

    def finished(self) -> dict[str, Any]:
        filters: dict[str, Any] = dict(self.filters)
        if self.groups:
            filters[ALTERNATIVES] = list(self.groups.values())
        return self.body | ({"filters": filters} if filters else {})

    def _plain(self, name: str, value: str) -> None:
        if name in _SEPARATED:
            if value:
                parts: list[Any] = [part.strip() for part in value.split(",")]
                given = [_number(part) for part in parts] if name == "region" else parts
                self.body.setdefault(name, []).extend(given)
        elif name in self.body:
            self._problem(name, "given more than once")
        elif value or name == "q":
            self.body[name] = _plain_value(name, value)

    def _filter(self, into: dict[str, dict[str, Any]], at: str, name: str, rest: str, value: str) -> None:
        field, dot, last = rest.rpartition(".")
        if rest not in FIELDS[self.side] and dot and last in OPERATORS and known_field(self.side, field):
            self._operate(into, at, name, field, last, value)
        else:
            self._operate(into, at, name, rest, "any", value)

    def _operate(
        self, into: dict[str, dict[str, Any]], at: str, name: str, field: str, operator: str, value: str
    ) -> None:
        operators = into.setdefault(field, {})
        self.names.setdefault(f"{at}.{field}", name)
        self.names[f"{at}.{field}.{operator}"] = name
        known = known_field(self.side, field)
        kind = Kind.FLAG if operator == "exists" else known.kind if known else Kind.KEYWORD
        read = _typed(kind, value)
        if operator not in RANGES and operator != "exists":
            operators.setdefault(operator, []).append(read)
        elif operator in operators:
            self._problem(name, "given more than once")
        else:
            operators[operator] = read

    def _problem(self, name: str, message: str) -> None:
        self.problems.append(FieldProblem(name, message))


def _plain_value(name: str, value: str) -> Any:
    if name in _FLAGGED:
        return _FLAGS.get(value, value)
    return _number(value) if name in _NUMBERS else value


def _typed(kind: Kind, value: str) -> Any:
    if kind is Kind.NUMBER:
        return _number(value)
    if kind is Kind.FLAG:
        return _FLAGS.get(value, value)
    return value


def _number(value: str) -> Any:
    match = _NUMBER.fullmatch(value)
    if match is None:
        return value
    return float(value) if match["fraction"] or match["exponent"] else int(value)
