"""CSV, TSV and their like, read so that one broken row costs that row only."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from discovery.errors import InputInvalid
from indexers.sources.options import bad_option
from indexers.sources.plain import open_text, text_encoding, unreadable
from indexers.sources.rows import (
    Fault,
    Layout,
    Row,
    character_faults,
    fitted,
    has_bad_characters,
    header_names,
)

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
MOST_LINES_OF_A_ROW = 500
MOST_CHARACTERS_OF_A_LINE = 4_000_000

_TAB_ENDINGS = (".tsv", ".tab")


@dataclass(frozen=True, slots=True)
class DelimitedFile:
    """One text table."""

    path: Path
    columns: tuple[str, ...]
    delimiter: str
    encoding: str
    header: int

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header.

        A row that cannot be parsed (a quote that is never closed, a cell without end) is a fault of the
        line it begins on, and reading goes on with the next line; from then on a row must have exactly
        as many cells as the header, since what follows may be the inside of a cell.
        """
        try:
            with open_text(self.path, self.encoding) as file:
                yield from self._rows(file)
        except (OSError, UnicodeError) as error:
            raise unreadable(self.path, error) from error

    def _rows(self, file: TextIO) -> Iterator[Row]:
        wanted = len(self.columns)
        said = "utf-8" if self.encoding == "utf-8-sig" else self.encoding
        broken = False
        for number, cells, reason in _records(file, self.delimiter):
            if number <= self.header:
                continue
            if reason:
                broken = True
                yield Row(number, (), (Fault(reason),))
                continue
            cells = list(map(str.strip, cells))
            faults: tuple[Fault, ...] = ()
            if len(cells) != wanted:
                if not any(cells):
                    continue
                cells, faults = fitted(cells, self.columns, exact=broken)
            text = "".join(cells)
            if not text:
                continue
            if has_bad_characters(text):
                cleaned, bad = character_faults(cells, self.columns, said)
                yield Row(number, cleaned, faults + bad)
            else:
                yield Row(number, cells, faults)


def open_delimited(path: Path, layout: Layout) -> DelimitedFile:
    """Read the header of a text table; delimiter and encoding are found out unless ``layout`` names them.

    Raises:
        SourceUnavailable: if it cannot be opened.
        InputInvalid: if it is empty, not text, or has no header.
    """
    encoding = text_encoding(path, layout.encoding)
    delimiter = DELIMITERS.get(layout.delimiter, layout.delimiter)
    if len(delimiter) > 1 or delimiter in ('"', "\n", "\r"):
        listed = ", ".join(DELIMITERS)
        raise bad_option("delimiter", f"expected one character or {listed}, found {layout.delimiter!r}")
    if not delimiter and path.suffix.lower() in _TAB_ENDINGS:
        delimiter = "\t"
    candidates = [delimiter] if delimiter else list(DELIMITERS.values())
    try:
        headers = [(_header(path, encoding, layout.header, c), c) for c in candidates]
    except (OSError, UnicodeError) as error:
        raise unreadable(path, error) from error
    columns, delimiter = max(headers, key=lambda pair: len(pair[0]))
    if not columns:
        raise InputInvalid(f"{path.name} has no header in row {layout.header}")
    names = header_names(columns)
    if has_bad_characters("".join(columns)):
        raise InputInvalid(
            f"{path.name}: the header is not {encoding}; name its encoding, as in encoding=cp1252"
        )
    return DelimitedFile(path, names, delimiter, encoding, layout.header)


def _header(path: Path, encoding: str, row: int, delimiter: str) -> list[str]:
    with open_text(path, encoding) as file:
        for number, cells, reason in _records(file, delimiter):
            if number == row:
                return [] if reason or not any(cell.strip() for cell in cells) else cells
    return []


def _records(file: TextIO, delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """Yield number, cells and what is wrong of each record."""
    lines = _Lines(file)
    number = 0
    while True:
        # Spaces after a delimiter are skipped so that a quote behind them opens a cell.
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        reason = ""
        try:
            for cells in reader:
                number += 1
                # A reader asks for a line beyond the last one only to close a quote.
                if lines.ended:
                    reason = f"opens a quote that is not closed in the {len(lines.taken)} lines to the end"
                    break
                lines.taken.clear()
                yield number, cells, ""
        except csv.Error as error:
            number += 1
            reason = f"cannot be read: {error}"
        if not reason:
            return
        yield number, [], reason
        lines.give_back()


class _Lines:
    """The lines of a file, which remembers those of the record that is being read."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.ended = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES_OF_A_ROW:
            raise csv.Error(f"a quote is not closed within {MOST_LINES_OF_A_ROW} lines")
        line = self._again.popleft() if self._again else self._file.readline(MOST_CHARACTERS_OF_A_LINE)
        if not line:
            self.ended = True
            raise StopIteration
        if len(line) >= MOST_CHARACTERS_OF_A_LINE:
            self._skip_line()
            raise csv.Error(f"a line has more than {MOST_CHARACTERS_OF_A_LINE} characters")
        self.taken.append(line)
        return line

    def give_back(self) -> None:
        """Offer again what was taken after the first line."""
        self._again.extendleft(reversed(self.taken[1:]))
        self.taken.clear()
        self.ended = False

    def _skip_line(self) -> None:
        while True:
            more = self._file.readline(MOST_CHARACTERS_OF_A_LINE)
            if len(more) < MOST_CHARACTERS_OF_A_LINE or more.endswith(("\n", "\r")):
                return
