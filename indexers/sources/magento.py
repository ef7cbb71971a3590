"""The product export of Magento 2 (System → Export → Products)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from discovery.errors import InputInvalid, SourceUnavailable
from indexers.records import Problem, ProductRecord
from indexers.sources.assembly import Draft, Ledger, with_gains
from indexers.sources.drafting import add_values
from indexers.sources.options import check_options
from indexers.sources.reading import Failures, layout_of, open_table_file
from indexers.sources.rows import Cell, Fault, Layout, Row, TableFile, table_files
from indexers.sources.values import Locale, listed, parse_locale, parse_moment, parse_price
from mappings.documents import attribute_code

MAGENTO_OPTIONS = {
    "assets": "name of the assets source that picture paths are relative to; any without",
    "brand": "attribute that holds the brand, or a constant such as =Luma; brand or manufacturer without",
    "currency": "currency of all prices, such as USD",
    "root_category": "category at the root of all paths, which is left out; Default Category without",
    "store_view": "code of the store view whose names and texts go before the default ones",
    "locale": "language of dates and prices, such as en-US; only the unambiguous are read without",
    "encoding": "the file's encoding, such as cp1252; UTF-8 and byte order marks are seen without",
    "delimiter": "comma, semicolon, tab, pipe or one character; found out from the header without",
}

REQUIRED = ("sku", "name")

_OWN = frozenset({"visibility", "special_price", "weight", "keywords"})
"""Attributes of the row itself: a parent does not gain them from its variants."""

_INTERNALS = frozenset(
    """
    allow_message allow_open_amount bundle_values_price custom_design custom_layout custom_layout_update
    email_template gift_message_available gift_wrapping_available has_options image_label is_recurring
    is_redeemable is_returnable lifetime links_exist links_purchased_separately links_title minimal_price
    msrp_display_actual_price_type open_amount_max open_amount_min options_container page_layout
    price_type price_view quantity_and_stock_status related_tgtr_position_behavior
    related_tgtr_position_limit required_options samples_title shipment_type sku_type small_image_label
    tax_class_id thumbnail_label ts_dimensions_height ts_dimensions_length ts_dimensions_width
    upsell_tgtr_position_behavior upsell_tgtr_position_limit url_path use_config_allow_message
    use_config_email_template use_config_is_redeemable use_config_lifetime weight_type
    """.split()  # noqa: SIM905 - a long list reads better as words
)
_IDENTIFIERS = frozenset({"ean", "ean13", "gtin", "gtin13", "upc", "isbn", "barcode", "mpn", "asin"})
_NO_PICTURE = frozenset({"", "no_selection"})
_PAIR = re.compile(r"\s*[A-Za-z][A-Za-z0-9_]*=")
_VARIATION_SKU = re.compile(r"(?:^|,)\s*sku=([^,]*)")


def open_magento(name: str, path: Path, options: Mapping[str, str]) -> MagentoSource:
    """Return the export at ``path``; nothing is read yet.

    Raises:
        InputInvalid: for an unknown option, or a value that cannot be used.
    """
    check_options(options, MAGENTO_OPTIONS, "magento sources")
    return MagentoSource(name, path, options, layout_of(options), parse_locale(options.get("locale", "")))


@dataclass(slots=True)
class _Relations:
    """What rows say of other rows: the parent of each variation, and the texts of the chosen store view."""

    parents: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MagentoSource:
    """An export in one or several files, read twice: variations stand before the product that lists them."""

    name: str
    path: Path
    options: Mapping[str, str]
    layout: Layout
    locale: Locale

    def items(self) -> Iterator[ProductRecord | Problem]:
        """Yield every product and variant, and what is wrong; see ``ProductSource``.

        Rows of a store view repeat products in another language; they are taken only for the view that
        the options name.
        """
        files = table_files(self.path)
        failures = Failures(self.name, len(files))
        opened: list[tuple[str, TableFile]] = []
        relations = _Relations()
        for name, path in files:
            try:
                table = open_table_file(path, self.layout)
                self._check_header(name, table.columns)
                self._relate(table, relations)
            except (SourceUnavailable, InputInvalid) as error:
                yield failures.add(name, error)
            else:
                opened.append((name, table))
        ledger = Ledger(self.name, self.options.get("assets") or None, {"parent": "configurable_variations"})
        rows = self._rows(opened, relations, ledger, failures)
        yield from with_gains(rows, _OWN, ledger.missing_parent)
        for variant, parent in relations.parents.items():
            place = ledger.place(parent)
            if place is not None and ledger.place(variant) is None:
                fault = Fault(
                    f"lists {variant!r}, which is not in the export", "configurable_variations", False
                )
                yield ledger.problem(place, fault, parent)
        failures.check()

    def _check_header(self, name: str, columns: tuple[str, ...]) -> None:
        missing = [column for column in REQUIRED if column not in columns]
        if missing:
            listing = ", ".join(columns)
            raise InputInvalid(f"{name}: there is no column {', '.join(missing)}; the columns are {listing}")

    def _relate(self, table: TableFile, relations: _Relations) -> None:
        cell = _cells(table.columns)
        view = self.options.get("store_view", "")
        for row in table.rows():
            if not row.cells:
                continue
            sku = cell(row.cells, "sku")
            for variation in listed(cell(row.cells, "configurable_variations"), "|"):
                match = _VARIATION_SKU.search(variation)
                if match and match[1].strip():
                    relations.parents.setdefault(match[1].strip(), sku)
            if view and cell(row.cells, "store_view_code") == view:
                told = zip(table.columns, row.cells, strict=True)
                relations.overrides[sku] = {name: str(text) for name, text in told if text}

    def _rows(
        self,
        opened: Sequence[tuple[str, TableFile]],
        relations: _Relations,
        ledger: Ledger,
        failures: Failures,
    ) -> Iterator[ProductRecord | Problem]:
        for name, table in opened:
            cell = _cells(table.columns)
            try:
                for row in table.rows():
                    if row.cells and cell(row.cells, "store_view_code"):
                        continue
                    yield from ledger.take(self._draft(name, row, cell, relations))
            except SourceUnavailable as error:
                yield failures.add(name, error)

    def _draft(
        self,
        file: str,
        row: Row,
        cell: Callable[[Sequence[Cell], str], str],
        relations: _Relations,
    ) -> Draft:
        draft = Draft(file, row.number, "", faults=list(row.faults))
        if not row.cells:
            return draft
        sku = cell(row.cells, "sku")
        doubted = any(fault.fatal and fault.column in (None, "sku") for fault in row.faults)
        draft.sku = "" if doubted else sku
        if any(fault.fatal for fault in row.faults):
            return draft
        instead = relations.overrides.get(sku, {})

        def told(column: str) -> str:
            return instead.get(column) or cell(row.cells, column)

        draft.name = told("name")
        draft.description = told("description") or told("short_description")
        draft.family = told("attribute_set_code")
        draft.categories = self._categories(told("categories"))
        draft.currency = self.options.get("currency", "").removeprefix("=")
        draft.status = {"1": "active", "0": "inactive", "2": "inactive"}.get(told("product_online"), "")
        draft.parent = relations.parents.get(sku, "")
        draft.price = self._price(draft, "price", told("price"))
        draft.created = self._moment(draft, "created_at", told("created_at"))
        draft.modified = self._moment(draft, "updated_at", told("updated_at"))
        if told("base_image") not in _NO_PICTURE:
            draft.hero = told("base_image")
        draft.images = tuple(p for p in listed(told("additional_images"), ",") if p not in _NO_PICTURE)
        self._take_attributes(draft, told)
        return draft

    def _categories(self, text: str) -> tuple[str, ...]:
        root = self.options.get("root_category", "Default Category")
        paths = []
        for path in listed(text, ","):
            # Magento writes a slash inside a name as "\/"; a path here has no such escape, so it
            # becomes U+2215, which looks the same.
            levels = [level.strip().replace("\\/", "\u2215") for level in re.split(r"(?<!\\)/", path)]
            levels = [level for level in levels if level]
            paths.append("/".join(levels[1:] if levels[:1] == [root] else levels))
        return tuple(dict.fromkeys(path for path in paths if path))

    def _take_attributes(self, draft: Draft, told: Callable[[str], str]) -> None:
        brand = self.options.get("brand", "")
        brands = (brand,) if brand else ("brand", "manufacturer")
        if brand.startswith("="):
            draft.brand = brand[1:].strip()
        pairs, strays = additional_attributes(told("additional_attributes"))
        for stray in strays:
            reason = f"holds {stray[:40]!r}, expected code=value"
            draft.faults.append(Fault(reason, "additional_attributes", fatal=False))
        for name, value in pairs:
            values = listed(value, "|")
            if name in _INTERNALS or not values:
                continue
            if name in brands and not draft.brand:
                draft.brand = values[0]
            elif name in _IDENTIFIERS:
                draft.identifiers += values
            else:
                add_values(draft, attribute_code(name), values)
        for column, code in (
            ("visibility", "visibility"),
            ("weight", "weight"),
            ("country_of_manufacture", "country_of_manufacture"),
        ):
            if told(column):
                add_values(draft, code, (told(column),))
        special = self._price(draft, "special_price", told("special_price"))
        if special is not None:
            add_values(draft, "special_price", (f"{special:.2f}",))
        if told("meta_keywords"):
            add_values(draft, "keywords", listed(told("meta_keywords"), ","))

    def _price(self, draft: Draft, column: str, text: str) -> float | None:
        if not text:
            return None
        try:
            amount, currency = parse_price(text, self.locale)
        except ValueError as error:
            draft.faults.append(Fault(str(error), column, fatal=False))
            return None
        draft.currency = currency or draft.currency
        return amount

    def _moment(self, draft: Draft, column: str, text: str) -> datetime | None:
        if not text:
            return None
        try:
            return parse_moment(text, self.locale)
        except ValueError as error:
            draft.faults.append(Fault(str(error), column, fatal=False))
            return None


def additional_attributes(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the pairs of ``code=value,code=value``, and the parts that are none.

    A value or a whole pair may stand in double quotes, doubled inside. What follows a comma without
    being a pair belongs to the value before, as in Magento's own import: ``finish=matt, oiled,size=XS``.
    """
    pairs: list[tuple[str, str]] = []
    strays: list[str] = []
    for part in _unquoted_parts(text):
        if _PAIR.match(part):
            code, _, value = part.partition("=")
            pairs.append((code.strip(), _unquoted(value.strip())))
        elif pairs and part.strip():
            code, value = pairs[-1]
            pairs[-1] = (code, f"{value},{part.rstrip()}")
        elif part.strip():
            strays.append(part.strip())
    return pairs, strays


def _unquoted_parts(text: str) -> Iterator[str]:
    start, quoted = 0, False
    for position, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            yield _unquoted(text[start:position])
            start = position + 1
    if quoted:
        # A lone quote, such as an inch sign, quotes nothing.
        yield from text[start:].split(",")
    else:
        yield _unquoted(text[start:])


def _unquoted(text: str) -> str:
    inside = text.strip()
    if len(inside) >= 2 and inside[0] == inside[-1] == '"':
        return inside[1:-1].replace('""', '"')
    return text


def _cells(columns: tuple[str, ...]) -> Callable[[Sequence[Cell], str], str]:
    positions = {name: position for position, name in enumerate(columns)}

    def cell(cells: Sequence[Cell], column: str) -> str:
        position = positions.get(column)
        if position is None:
            return ""
        value = cells[position]
        return value if isinstance(value, str) else "|".join(value)

    return cell
