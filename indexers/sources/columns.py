"""Which column means what: options and obvious names, worked out once for each table."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from discovery.errors import FieldProblem, InputInvalid
from indexers.sources.options import bad_option
from indexers.sources.rows import Cell
from indexers.sources.values import listed
from mappings.documents import attribute_code

REQUIRED = ("sku", "name")

OBVIOUS: Mapping[str, tuple[str, ...]] = {
    "sku": (
        "sku",
        "productsku",
        "variantsku",
        "articlenumber",
        "itemnumber",
        "productcode",
        "productid",
        "id",
    ),
    "name": ("name", "productname", "title", "producttitle", "productdisplayname", "displayname"),
    "description": ("description", "productdescription", "longdescription", "bodyhtml", "shortdescription"),
    "brand": ("brand", "brandname", "manufacturer", "vendor"),
    "family": ("family", "productfamily", "attributeset", "attributesetcode", "producttype"),
    "category": ("categories", "category", "categorypath", "productcategory"),
    "price": ("price", "regularprice", "unitprice", "listprice", "retailprice", "variantprice"),
    "currency": ("currency", "currencycode", "pricecurrency"),
    "status": ("status", "lifecycle", "lifecyclestatus"),
    "parent": ("parent", "parentsku", "parentid", "parentproduct"),
    "identifiers": ("identifiers", "ean", "ean13", "gtin", "gtin13", "upc", "isbn", "barcode", "mpn", "asin"),
    "created": ("created", "createdat", "datecreated", "launched", "launchdate", "releasedate"),
    "modified": (
        "modified",
        "modifiedat",
        "datemodified",
        "updated",
        "updatedat",
        "dateupdated",
        "lastmodified",
    ),
    "images": ("images", "image", "imagepath", "imagepaths", "imagefile", "pictures", "picture", "imagesurl"),
}
"""Column names that are recognised without an option, compared without case, spaces and punctuation."""

MANY = ("identifiers", "category", "images")
"""Fields that hold several values; all obvious columns of identifiers count, of the others the first."""

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Expression:
    """Where a field's text comes from: columns by position, a pattern over columns, or a constant.

    ``parts`` alternates literal texts and column positions.
    """

    parts: tuple[str | int, ...]
    told: str

    @property
    def column(self) -> int | None:
        """The position of the one column that is the whole of it, if it is one."""
        only = self.parts[0] if len(self.parts) == 1 else None
        return only if isinstance(only, int) else None

    def one(self, cells: Sequence[Cell]) -> str:
        """Return the text; empty where a column of a pattern is."""
        if len(self.parts) == 1:
            return _text(cells, self.parts[0])
        texts = [_text(cells, part) for part in self.parts]
        return "".join(texts) if all(texts) else ""

    def many(self, cells: Sequence[Cell], separator: str) -> tuple[str, ...]:
        """Return every text: one for each combination of the values of its columns."""
        if len(self.parts) == 1:
            return _values(cells, self.parts[0], separator)
        combined = itertools.product(*(_values(cells, part, separator) for part in self.parts))
        return tuple(dict.fromkeys("".join(texts) for texts in itertools.islice(combined, 1000)))

    def path(self, cells: Sequence[Cell]) -> str:
        """Return the text as a category path; empty columns leave out their level."""
        joined = "".join(_text(cells, part) for part in self.parts)
        return "/".join(level for part in joined.split("/") if (level := part.strip()))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is read from a table with certain columns.

    ``attributes`` pairs codes with positions; ``pairs`` are columns of names beside columns of values;
    ``key`` is the column by which rows continue the one before.
    """

    columns: tuple[str, ...]
    fields: Mapping[str, tuple[Expression, ...]]
    attributes: tuple[tuple[str, int], ...]
    facets: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]
    key: int | None
    unnamed: tuple[str, ...]

    def told(self, field: str) -> str:
        """Return the column of ``field`` for messages."""
        expressions = self.fields.get(field)
        return expressions[0].told if expressions else field


def plan_columns(columns: tuple[str, ...], options: Mapping[str, str], file: str) -> Plan:
    """Work out what each column means.

    A field's option names a column, or is a pattern (``images/{id}.jpg``), a constant (``=Luma``), or, for
    fields of several values, a list by commas of those. Fields without an option take the first obvious
    column. ``attributes`` is a list of columns, ``code=column`` to rename, ``*`` for all the others,
    ``-column`` to leave one out.

    Raises:
        InputInvalid: for a column that is not there, naming it and those that are, all at once.
    """
    finder = _Finder(columns)
    fields: dict[str, tuple[Expression, ...]] = {}
    for name in OBVIOUS:
        if name in options:
            fields[name] = finder.expressions(name, options[name])
        elif found := finder.obvious(name):
            fields[name] = found
    for name in REQUIRED:
        if name not in fields and name not in options:
            finder.problem(name, f"no column is obvious; name one by the option {name}=COLUMN")
    facets = finder.positions("facets", options.get("facets", ""))
    pairs = finder.pairs(options.get("pairs", ""))
    key = finder.key(options.get("continue", ""), fields.get("name"))
    used = (
        {e.column for given in fields.values() for e in given}
        | set(facets)
        | {p for pair in pairs for p in pair}
    )
    attributes, unnamed = finder.attributes(options.get("attributes", "*"), used)
    if finder.problems:
        details = "; ".join(f"{p.field.removeprefix('options.')}: {p.message}" for p in finder.problems)
        listing = ", ".join(columns)
        raise InputInvalid(f"{file}: {details}; the columns are {listing}", tuple(finder.problems))
    return Plan(columns, fields, attributes, facets, pairs, key, unnamed)


class _Finder:
    """Finds columns by name, and gathers what is not found."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self._columns = columns
        self._exact = {name: position for position, name in enumerate(columns)}
        self._loose: dict[str, int] = {}
        for name, position in self._exact.items():
            self._loose.setdefault(_loosely(name), position)
        self.problems: list[FieldProblem] = []

    def problem(self, option: str, message: str) -> None:
        self.problems.append(FieldProblem(f"options.{option}", message))

    def obvious(self, field: str) -> tuple[Expression, ...]:
        found = [self._loose[name] for name in OBVIOUS[field] if name in self._loose]
        if field != "identifiers":
            found = found[:1]
        return tuple(Expression((position,), self._columns[position]) for position in found)

    def expressions(self, field: str, text: str) -> tuple[Expression, ...]:
        if not text.strip():
            return ()
        if field in MANY and not text.startswith("=") and self._position(text) is None:
            parts = [part.strip() for part in text.split(",") if part.strip()]
        else:
            parts = [text.strip()]
        found = (self._expression(field, part) for part in parts)
        return tuple(expression for expression in found if expression is not None)

    def _expression(self, field: str, text: str) -> Expression | None:
        if text.startswith("="):
            return Expression((text[1:].strip(),), field)
        position = self._position(text)
        if position is not None:
            return Expression((position,), self._columns[position])
        if "{" not in text:
            self.problem(field, f"there is no column {text!r}")
            return None
        parts: list[str | int] = []
        for number, piece in enumerate(_PLACEHOLDER.split(text)):
            if number % 2 == 0:
                parts += [piece] if piece else []
                continue
            place = self._position(piece)
            if place is None:
                self.problem(field, f"there is no column {piece!r}, which {text!r} names")
                return None
            parts.append(place)
        return Expression(tuple(parts), text)

    def positions(self, option: str, text: str) -> tuple[int, ...]:
        found = []
        for name in [part.strip() for part in text.split(",") if part.strip()]:
            position = self._position(name)
            if position is None:
                self.problem(option, f"there is no column {name!r}")
            else:
                found.append(position)
        return tuple(found)

    def pairs(self, text: str) -> tuple[tuple[int, int], ...]:
        found = []
        for part in [part.strip() for part in text.split(",") if part.strip()]:
            names, separator, values = part.partition("=")
            if not separator:
                self.problem("pairs", f"expected NAMES=VALUES, two columns, found {part!r}")
                continue
            both = self.positions("pairs", f"{names},{values}")
            if len(both) == 2:
                found.append((both[0], both[1]))
        return tuple(found)

    def key(self, text: str, name: tuple[Expression, ...] | None) -> int | None:
        answer = text.strip().lower()
        if not answer or answer in ("false", "no"):
            return None
        if answer in ("true", "yes") and self._position(text) is None:
            column = name[0].column if name else None
            if column is None:
                self.problem("continue", "needs the column by which rows belong together")
            return column
        found = self.positions("continue", text)
        return found[0] if found else None

    def attributes(
        self, text: str, used: set[int | None]
    ) -> tuple[tuple[tuple[str, int], ...], tuple[str, ...]]:
        """Return code and position of each attribute, and the columns whose names give no code."""
        named: dict[int, str] = {}
        left_out: set[int] = set()
        others = False
        for part in [part.strip() for part in text.split(",") if part.strip()]:
            if part == "*":
                others = True
                continue
            if part.startswith("-") and self._position(part) is None:
                # What is not there is left out already; of several files some may lack it.
                position = self._position(part[1:])
                left_out.update(() if position is None else (position,))
                continue
            code, separator, column = part.partition("=")
            if self._position(part) is not None or not separator:
                code, column = "", part
            for position in self.positions("attributes", column):
                named[position] = code.strip() or self._columns[position]
        if others:
            for position, column in enumerate(self._columns):
                if position not in used and position not in left_out:
                    named.setdefault(position, column.removeprefix("attributes."))
        codes = {position: attribute_code(name) for position, name in sorted(named.items())}
        unnamed = tuple(self._columns[position] for position, code in codes.items() if not code)
        return tuple((code, position) for position, code in codes.items() if code), unnamed

    def _position(self, name: str) -> int | None:
        name = " ".join(name.split())
        if name in self._exact:
            return self._exact[name]
        matches = [p for column, p in self._exact.items() if column.lower() == name.lower()]
        return matches[0] if len(matches) == 1 else None


def separator_option(options: Mapping[str, str], name: str, default: str) -> str:
    r"""Return a separator; ``\n`` and ``\t`` may be written as two characters.

    Raises:
        InputInvalid: for an empty one.
    """
    text = options.get(name, default)
    text = text.replace("\\n", "\n").replace("\\t", "\t")
    if not text:
        raise bad_option(name, "expected at least one character, as in separator=|")
    return text


def _loosely(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def _text(cells: Sequence[Cell], part: str | int) -> str:
    if isinstance(part, str):
        return part
    cell = cells[part]
    return cell if isinstance(cell, str) else next(iter(cell), "")


def _values(cells: Sequence[Cell], part: str | int, separator: str) -> tuple[str, ...]:
    if isinstance(part, str):
        return (part,)
    cell = cells[part]
    return listed(cell, separator) if isinstance(cell, str) else cell
