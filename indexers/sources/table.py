"""Product tables of any layout: which column means what is a matter of options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from discovery.errors import InputInvalid, SourceUnavailable
from indexers.records import Problem, ProductRecord
from indexers.sources.assembly import Draft, Ledger, with_gains
from indexers.sources.columns import OBVIOUS, Plan, plan_columns, separator_option
from indexers.sources.drafting import Drafter, continued
from indexers.sources.options import check_options
from indexers.sources.reading import LAYOUT_OPTIONS, Failures, layout_of, open_table_file
from indexers.sources.rows import Layout, TableFile, table_files
from indexers.sources.values import Locale, parse_locale

TABLE_OPTIONS = {
    **{name: f"column, pattern or =constant of the product's {name}" for name in OBVIOUS},
    "attributes": "* for all other columns (default), or a list: material, colour=baseColour, -internal",
    "facets": "columns whose cells hold name:value, several by the separator",
    "pairs": "NAMES=VALUES: a column of attribute names beside one of their values",
    "continue": "column by which rows belong to the product before; true for the name",
    "separator": "between the values of one cell; | without, \\n for a line break",
    "category_separator": "between the categories of one cell; the separator without",
    "assets": "name of the assets source that picture paths are relative to; any without",
    "images_table": "files beside the catalogue, by pattern, with one row for each picture: sku, image",
    "locale": "language of prices and dates, such as de or en-GB; only the unambiguous are read without",
    **LAYOUT_OPTIONS,
}


def open_table(name: str, path: Path, options: Mapping[str, str]) -> TableSource:
    """Return the catalogue at ``path``; nothing is read yet.

    Raises:
        InputInvalid: for an unknown option, or a value that cannot be used.
    """
    check_options(options, TABLE_OPTIONS, "table sources")
    separator = separator_option(options, "separator", "|")
    return TableSource(
        name=name,
        path=path,
        options=options,
        layout=layout_of(options),
        separator=separator,
        category_separator=separator_option(options, "category_separator", separator),
        locale=parse_locale(options.get("locale", "")),
    )


@dataclass(frozen=True, slots=True)
class TableSource:
    """A catalogue in one or several table files."""

    name: str
    path: Path
    options: Mapping[str, str]
    layout: Layout
    separator: str
    category_separator: str
    locale: Locale

    def items(self) -> Iterator[ProductRecord | Problem]:
        """Yield every product, and what is wrong; see ``ProductSource``."""
        pictures = self._picture_table()
        beside = {path for path, _ in self._picture_files()}
        files = [(name, path) for name, path in table_files(self.path) if path not in beside]
        failures = Failures(self.name, len(files))
        opened: list[tuple[str, TableFile, Plan]] = []
        for name, path in files:
            try:
                table = open_table_file(path, self.layout)
                opened.append((name, table, plan_columns(table.columns, self.options, name)))
            except (SourceUnavailable, InputInvalid) as error:
                yield failures.add(name, error)
        yield from self._records(opened, pictures, failures)
        failures.check()

    def _records(
        self,
        opened: Sequence[tuple[str, TableFile, Plan]],
        pictures: Mapping[str, _Pictures],
        failures: Failures,
    ) -> Iterator[ProductRecord | Problem]:
        plans = [plan for _, _, plan in opened]
        columns = {name: plan.told(name) for plan in plans for name in plan.fields}
        columns["categories"] = columns.get("category", "categories")
        ledger = Ledger(self.name, self.options.get("assets") or None, columns)
        records = self._rows(opened, pictures, ledger, failures)
        if any("parent" in plan.fields or plan.key is not None for plan in plans):
            records = with_gains(records, frozenset(), ledger.missing_parent)
        yield from records
        for sku, given in pictures.items():
            if ledger.place(sku) is None:
                reason = f"gives pictures to {sku!r}, which is not in the catalogue"
                yield Problem(self.name, given.place, reason, fatal=False)

    def _rows(
        self,
        opened: Sequence[tuple[str, TableFile, Plan]],
        pictures: Mapping[str, _Pictures],
        ledger: Ledger,
        failures: Failures,
    ) -> Iterator[ProductRecord | Problem]:
        for name, table, plan in opened:
            for column in plan.unnamed:
                reason = "has no Latin letter to name an attribute by; set attributes=NAME=COLUMN, *"
                yield Problem(self.name, name, reason, column, fatal=False)
            drafter = Drafter(name, plan, self.separator, self.category_separator, self.locale)
            drafts: Iterator[tuple[Draft, str]] = (drafter.draft(row) for row in table.rows())
            if plan.key is not None:
                drafts = continued(drafts)
            try:
                for draft, _ in drafts:
                    if given := pictures.get(draft.sku):
                        draft.images += tuple(given.paths)
                    yield from ledger.take(draft)
            except SourceUnavailable as error:
                yield failures.add(name, error)

    def _picture_files(self) -> list[tuple[Path, str]]:
        pattern = self.options.get("images_table", "")
        if not pattern:
            return []
        folder = self.path if self.path.is_dir() else self.path.parent
        return [(path, name) for name, path in table_files(folder / pattern)]

    def _picture_table(self) -> dict[str, _Pictures]:
        """Return the pictures of the tables beside the catalogue, by SKU."""
        pictures: dict[str, _Pictures] = {}
        options = {name: self.options[name] for name in ("sku",) if name in self.options}
        for path, name in self._picture_files():
            table = open_table_file(path, self.layout)
            plan = plan_columns(table.columns, {**options, "name": "=", "attributes": ""}, name)
            if "images" not in plan.fields:
                raise InputInvalid(f"{name} has no column of pictures, expected one named image")
            for row in table.rows():
                if any(fault.fatal for fault in row.faults):
                    continue
                sku = plan.fields["sku"][0].one(row.cells)
                given = pictures.setdefault(sku, _Pictures(f"{name}:{row.number}", []))
                given.paths.extend(plan.fields["images"][0].many(row.cells, self.separator))
        return pictures


@dataclass(frozen=True, slots=True)
class _Pictures:
    """The pictures that a table beside the catalogue gives to one SKU, and where the first row stands."""

    place: str
    paths: list[str]
