"""XLSX workbooks, read row by row under limits."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

from discovery.errors import DiscoveryError, FieldProblem, InputInvalid, SourceUnavailable
from indexers.sources.plain import sample, unreadable
from indexers.sources.rows import (
    MOST_COLUMNS,
    Fault,
    Layout,
    NumberText,
    Row,
    character_faults,
    fitted,
    has_bad_characters,
    header_names,
)

MOST_ROWS = 1_048_576
MOST_UNPACKED_BYTES = 2_000_000_000
MOST_STRINGS_BYTES = 400_000_000
MOST_PARTS = 10_000
MOST_RATIO = 300
"""A part of a real workbook shrinks to a tenth or a fiftieth; bombs use deflate's limit, 1 : 1032."""

_RATIO_COUNTS_FROM = 20_000_000
_ERRORS = frozenset({"#N/A", "#REF!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#VALUE!", "#GETTING_DATA"})


@dataclass(frozen=True, slots=True)
class WorkbookFile:
    """One sheet of a workbook. Formulas count with the value that was stored beside them."""

    path: Path
    columns: tuple[str, ...]
    sheet: str
    header: int

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header."""
        with _Opened(self.path) as book:
            width = len(self.columns) + 1
            for number, values in _sheet_rows(self.path, book, self.sheet, self.header + 1, width):
                cells = [_text(value) for value in values]
                if any(cells):
                    yield self._row(number, cells)

    def _row(self, number: int, cells: list[str]) -> Row:
        width = len(self.columns)
        faults: tuple[Fault, ...] = ()
        if len(cells) > width:
            cells, faults = fitted(cells, self.columns, exact=False)
        cells += [""] * (width - len(cells))
        for position, cell in enumerate(cells):
            if cell in _ERRORS:
                reason = f"holds the error {cell}, which was taken as empty"
                faults += (Fault(reason, self.columns[position], fatal=False),)
                cells[position] = ""
        if has_bad_characters("".join(cells)):
            cleaned, bad = character_faults(cells, self.columns, "text")
            return Row(number, cleaned, faults + bad)
        return Row(number, cells, faults)


def open_workbook(path: Path, layout: Layout) -> WorkbookFile:
    """Read the header of a sheet: the one that ``layout`` names, else the first.

    Raises:
        SourceUnavailable: if the file cannot be opened, or is broken.
        InputInvalid: if it is no workbook, is beyond the limits, or lacks the sheet or a header.
    """
    if not sample(path).startswith(b"PK"):
        raise InputInvalid(
            f"{path.name} is not an XLSX workbook, whatever its name says; save it as .xlsx or CSV"
        )
    _check_parts(path)
    with _Opened(path) as book:
        names = list(book.sheetnames)
        sheet = layout.sheet or (names[0] if names else "")
        if sheet not in names:
            message = f"{path.name} has no sheet {sheet!r}; it has {', '.join(names) or 'none'}"
            raise InputInvalid(message, (FieldProblem("options.sheet", message),))
        first = next(_sheet_rows(path, book, sheet, layout.header, MOST_COLUMNS + 1), None)
    if first is None or first[0] != layout.header or not any(_text(value) for value in first[1]):
        raise InputInvalid(f"{path.name} has no header in row {layout.header} of sheet {sheet!r}")
    return WorkbookFile(path, header_names(_text(value) for value in first[1]), sheet, layout.header)


def _check_parts(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except Exception as error:
        raise _failed(path, error) from error
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        raise InputInvalid(f"{path.name} unpacks to more than a workbook may ({MOST_UNPACKED_BYTES} bytes)")
    for part in parts:
        swollen = part.file_size > _RATIO_COUNTS_FROM and part.file_size > MOST_RATIO * part.compress_size
        crowded = part.filename.endswith("sharedStrings.xml") and part.file_size > MOST_STRINGS_BYTES
        if swollen or crowded:
            raise InputInvalid(f"{path.name} unpacks like a bomb: {part.filename} to {part.file_size} bytes")


class _Opened:
    """A workbook that is closed again, with openpyxl's errors translated."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open = ExitStack()

    def __enter__(self) -> Any:
        with ExitStack() as opening:
            try:
                file = opening.enter_context(self._path.open("rb"))
                with warnings.catch_warnings():
                    # openpyxl warns of styles and extensions that a reader of values has no use for.
                    warnings.simplefilter("ignore")
                    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            except Exception as error:
                raise _failed(self._path, error) from error
            opening.callback(book.close)
            self._open = opening.pop_all()
        return book

    def __exit__(self, *_: object) -> None:
        self._open.close()


def _sheet_rows(
    path: Path, book: Any, sheet: str, first: int, width: int
) -> Iterator[tuple[int, Sequence[Any]]]:
    try:
        page = book[sheet]
        if not hasattr(page, "reset_dimensions"):
            raise InputInvalid(f"{path.name}: {sheet!r} is a chart, expected a sheet of rows")
        # What a file says of its own size need not be true.
        page.reset_dimensions()
        rows = page.iter_rows(min_row=first, max_row=MOST_ROWS, max_col=width, values_only=True)
        yield from enumerate(rows, start=first)
    except Exception as error:
        raise _failed(path, error) from error


def _failed(path: Path, error: Exception) -> DiscoveryError:
    """Return the error for a workbook that is not whole: openpyxl, zipfile, zlib and expat raise anything."""
    if isinstance(error, DiscoveryError):
        return error
    if isinstance(error, OSError):
        return unreadable(path, error)
    reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    return SourceUnavailable(f"{path.name} is a broken workbook: {reason}")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
        return NumberText(int(value) if whole else value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value).strip()
