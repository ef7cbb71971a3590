"""Rows of a planned table become drafts; rows that continue the one before join or follow it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from indexers.sources.assembly import Draft
from indexers.sources.columns import Expression, Plan
from indexers.sources.rows import Cell, Fault, Row
from indexers.sources.values import Locale, listed, parse_moment, parse_price
from mappings.documents import attribute_code


class Drafter:
    """Makes a draft of each row of one table."""

    def __init__(
        self, file: str, plan: Plan, separator: str, category_separator: str, locale: Locale
    ) -> None:
        self._file = file
        self._plan = plan
        self._separator = separator
        self._category_separator = category_separator
        self._locale = locale
        single = ("sku", "name", "description", "brand", "family", "currency", "status", "parent")
        self._single = [(name, plan.fields[name][0]) for name in single if plan.fields.get(name)]
        self._price = next(iter(plan.fields.get("price", ())), None)
        self._moments = [
            (name, plan.fields[name][0]) for name in ("created", "modified") if plan.fields.get(name)
        ]
        self._identifiers = plan.fields.get("identifiers", ())
        self._categories = plan.fields.get("category", ())
        self._images = plan.fields.get("images", ())
        self._pair_names: dict[int, str] = {}

    def draft(self, row: Row) -> tuple[Draft, str]:
        """Return the draft, and the text of the column by which rows continue (empty without one)."""
        cells = row.cells
        draft = Draft(self._file, row.number, "", faults=list(row.faults))
        if not cells:
            return draft, ""
        for name, expression in self._single:
            setattr(draft, name, expression.one(cells))
        if row.faults and any(fault.fatal for fault in row.faults):
            self._doubt(draft)
            return draft, self.key(cells)
        if self._price is not None:
            self._take_price(draft, self._price, cells)
        for name, expression in self._moments:
            setattr(draft, name, self._moment(draft, expression, cells))
        if self._identifiers:
            draft.identifiers = self._many(self._identifiers, cells)
        if self._categories:
            draft.categories = self._category_paths(cells)
        if self._images:
            draft.images = self._many(self._images, cells)
        self._take_attributes(draft, cells)
        key = self.key(cells)
        self._take_facets(draft, cells)
        self._take_pairs(draft, cells, key)
        return draft, key

    def key(self, cells: Sequence[Cell]) -> str:
        """Return the text of the column by which rows continue."""
        if self._plan.key is None:
            return ""
        cell = cells[self._plan.key]
        return cell if isinstance(cell, str) else "".join(cell)

    def _doubt(self, draft: Draft) -> None:
        """Forget the SKU of a row whose own cell of it, or whose order of cells, is in doubt."""
        told = self._plan.told("sku")
        if any(fault.fatal and fault.column in (None, told) for fault in draft.faults):
            draft.sku = ""

    def _many(self, expressions: Iterable[Expression], cells: Sequence[Cell]) -> tuple[str, ...]:
        found = [text for expression in expressions for text in expression.many(cells, self._separator)]
        return tuple(dict.fromkeys(found))

    def _category_paths(self, cells: Sequence[Cell]) -> tuple[str, ...]:
        paths: dict[str, None] = {}
        for expression in self._categories:
            if expression.column is None:
                given: tuple[str, ...] = (expression.path(cells),)
            else:
                given = expression.many(cells, self._category_separator)
            for text in given:
                path = "/".join(
                    level for part in text.replace(" > ", "/").split("/") if (level := part.strip())
                )
                if path:
                    paths[path] = None
        return tuple(paths)

    def _take_price(self, draft: Draft, expression: Expression, cells: Sequence[Cell]) -> None:
        text = expression.one(cells)
        if not text:
            return
        try:
            draft.price, currency = parse_price(text, self._locale)
        except ValueError as error:
            draft.faults.append(Fault(str(error), expression.told, fatal=False))
        else:
            draft.currency = currency or draft.currency

    def _moment(self, draft: Draft, expression: Expression, cells: Sequence[Cell]) -> datetime | None:
        text = expression.one(cells)
        if not text:
            return None
        try:
            return parse_moment(text, self._locale)
        except ValueError as error:
            draft.faults.append(Fault(str(error), expression.told, fatal=False))
            return None

    def _take_attributes(self, draft: Draft, cells: Sequence[Cell]) -> None:
        separator, attributes = self._separator, draft.attributes
        for code, position in self._plan.attributes:
            cell = cells[position]
            if cell:
                values = listed(cell, separator) if isinstance(cell, str) else cell
                given = attributes.get(code)
                if given:
                    attributes[code] = tuple(dict.fromkeys((*given, *values)))
                elif values:
                    attributes[code] = values

    def _take_facets(self, draft: Draft, cells: Sequence[Cell]) -> None:
        for position in self._plan.facets:
            cell = cells[position]
            for facet in listed(cell, self._separator) if isinstance(cell, str) else cell:
                name, colon, value = (part.strip() for part in facet.partition(":"))
                code = attribute_code(name)
                if not colon or not code or not value:
                    reason = f"holds {facet[:40]!r}, expected name:value"
                    draft.faults.append(Fault(reason, self._plan.columns[position], fatal=False))
                elif code in ("category", "categories"):
                    draft.categories = tuple(dict.fromkeys((*draft.categories, value)))
                elif code == "brand":
                    draft.brand = draft.brand or value
                else:
                    add_values(draft, code, (value,))

    def _take_pairs(self, draft: Draft, cells: Sequence[Cell], key: str) -> None:
        for names_at, values_at in self._plan.pairs:
            told, given = cells[names_at], cells[values_at]
            names = told if isinstance(told, str) else self._separator.join(told)
            if names or key:
                # Rows that continue a product leave out the names that its first row gives.
                self._pair_names[names_at] = names
            codes = [
                attribute_code(name) for name in _parts(self._pair_names.get(names_at, ""), self._separator)
            ]
            values = _parts(given, self._separator) if isinstance(given, str) else list(given)
            if not values:
                continue
            if len(codes) != len(values):
                reason = f"holds {len(values)} values for {len(codes)} names"
                draft.faults.append(Fault(reason, self._plan.columns[values_at], fatal=False))
                continue
            for code, value in zip(codes, values, strict=True):
                if code and value:
                    add_values(draft, code, (value,))


def add_values(draft: Draft, code: str, values: tuple[str, ...]) -> None:
    """Add ``values`` to an attribute of ``draft``, each one once."""
    draft.attributes[code] = tuple(dict.fromkeys((*draft.attributes.get(code, ()), *values)))


def continued(drafts: Iterable[tuple[Draft, str]]) -> Iterator[tuple[Draft, str]]:
    """Join rows that continue a product: those whose key cell is empty, or the same as before.

    One without a SKU adds its pictures, categories, identifiers and attributes to the row before. One
    with a SKU becomes a variant of the product's first row, and takes from it what it leaves empty, but
    for pictures and identifiers.
    """
    leader: tuple[Draft, str] | None = None
    last: tuple[Draft, str] | None = None
    for draft, key in drafts:
        if leader is not None and key in ("", leader[1]):
            if _is_lost(leader[0]):
                reason = f"continues row {leader[0].row}, which was not taken"
                draft.faults.append(Fault(reason))
            elif not draft.sku and last is not None and not draft.faults:
                _join(last[0], draft)
                continue
            else:
                _inherit(draft, leader[0])
        else:
            leader = (draft, key)
        if last is not None:
            yield last
        last = (draft, key)
    if last is not None:
        yield last


def _is_lost(draft: Draft) -> bool:
    return any(fault.fatal for fault in draft.faults)


def _join(draft: Draft, more: Draft) -> None:
    draft.images += more.images
    draft.categories = tuple(dict.fromkeys((*draft.categories, *more.categories)))
    draft.identifiers = tuple(dict.fromkeys((*draft.identifiers, *more.identifiers)))
    for code, values in more.attributes.items():
        add_values(draft, code, values)


def _inherit(draft: Draft, leader: Draft) -> None:
    if leader.sku != draft.sku:
        draft.parent = draft.parent or leader.sku
    for name in ("name", "description", "brand", "family", "categories", "price", "currency", "status"):
        if getattr(draft, name) in (None, "", ()):
            setattr(draft, name, getattr(leader, name))
    for code, values in leader.attributes.items():
        draft.attributes.setdefault(code, values)


def _parts(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.split(separator)] if text else []
