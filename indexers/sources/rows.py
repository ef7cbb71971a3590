"""Rows of a table file, whatever its format: where they stand, their cells, and what is wrong with them."""

from __future__ import annotations

import glob
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from discovery.errors import InputInvalid, SourceUnavailable

Cell = str | tuple[str, ...]
"""A cell's text, trimmed; a tuple where the format itself holds a list (JSON)."""

MOST_COLUMNS = 1000

ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".psv", ".xlsx", ".xlsm", ".jsonl", ".ndjson", ".json")
"""Endings of the files that a folder of tables is read from."""

_BAD_CHARACTERS = re.compile("[\x00\ud800-\udfff]")


class NumberText(str):
    """Text of a cell that is a number in its file, so that its point can only be a decimal point."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row; a fatal one means that the row is not taken."""

    reason: str
    column: str | None = None
    fatal: bool = True


class Row(NamedTuple):
    """One row: its number as a spreadsheet shows it (the header is 1), a cell for each column, faults."""

    number: int
    cells: Sequence[Cell]
    faults: tuple[Fault, ...] = ()


class TableFile(Protocol):
    """One opened table."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The header's names, trimmed, each one once."""
        ...

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header; empty ones are passed over.

        Raises:
            SourceUnavailable: when the file cannot be read on.
        """
        ...


@dataclass(frozen=True, slots=True)
class Layout:
    """How files are to be read: what the options say, empty where a file speaks for itself.

    ``header`` is the row number of the header, from 1.
    """

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header: int = 1


def table_files(path: Path) -> list[tuple[str, Path]]:
    """Return the files that ``path`` names, each with its name for people, in order of name.

    ``path`` is a file, a folder (its files with one of :data:`ENDINGS`, not those of folders below), or
    a pattern such as ``dir/*.csv``.

    Raises:
        SourceUnavailable: when there is nothing, or the folder cannot be listed.
    """
    try:
        if path.is_dir():
            listed = [p for p in path.iterdir() if p.suffix.lower() in ENDINGS]
        elif path.exists() or not glob.has_magic(str(path)):
            with path.open("rb"):
                return [(path.name, path)]
        else:
            listed = [Path(found) for found in glob.glob(str(path), recursive=True)]  # noqa: PTH207 - the whole path is the pattern
        files = sorted(p for p in listed if p.is_file() and not p.name.startswith((".", "~$")))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SourceUnavailable(f"the catalogue {path} cannot be read: {reason}") from error
    except ValueError as error:
        raise InputInvalid(f"path: {str(path)!r} is not a path: {error}") from error
    if not files:
        raise SourceUnavailable(f"there is no table at {path}; expected files ending in {', '.join(ENDINGS)}")
    names = [p.name for p in files]
    return [(p.name if names.count(p.name) == 1 else str(p), p) for p in files]


def header_names(cells: Iterable[str]) -> tuple[str, ...]:
    """Return the columns' names: trimmed, in composed Unicode, nameless and repeated ones numbered.

    Raises:
        InputInvalid: for more than :data:`MOST_COLUMNS`.
    """
    names = [clean_name(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise InputInvalid(f"the table has {len(names)} columns, expected {MOST_COLUMNS} at most")
    taken: dict[str, None] = {}
    for position, name in enumerate(names, start=1):
        unique = name or f"column {position}"
        taken[f"{unique} ({position})" if unique in taken else unique] = None
    return tuple(taken)


def fitted(cells: list[str], columns: tuple[str, ...], *, exact: bool) -> tuple[list[str], tuple[Fault, ...]]:
    """Return ``cells`` with one for each column, and what is wrong with their number.

    Missing cells at the end are taken as empty unless ``exact``; a cell beyond the last column makes the
    row unusable, for nobody knows which cell moved.
    """
    wanted, found = len(columns), len(cells)
    if found > wanted:
        if any(cells[wanted:]):
            return cells[:wanted], (Fault(f"has {found} cells, expected {wanted} as in the header"),)
        return cells[:wanted], ()
    whole = cells + [""] * (wanted - found)
    if exact:
        return whole, (Fault(f"has {found} cells after a broken row, expected {wanted} as in the header"),)
    reason = f"has {found} cells, expected {wanted} as in the header; the missing ones are taken as empty"
    return whole, (Fault(reason, fatal=False),)


def character_faults(
    cells: Sequence[Cell], columns: tuple[str, ...], encoding: str
) -> tuple[list[Cell], tuple[Fault, ...]]:
    """Return ``cells`` without what is no character, and the faults of those that held such."""
    faults = []
    cleaned: list[Cell] = []
    for cell, column in zip(cells, columns, strict=False):
        texts = (cell,) if isinstance(cell, str) else cell
        joined = "".join(texts)
        if _BAD_CHARACTERS.search(joined.replace("\0", "")):
            reason = f"holds bytes that are not {encoding}; name the file's encoding, as in encoding=cp1252"
            faults.append(Fault(reason, column))
        elif "\0" in joined:
            faults.append(Fault("holds a NUL character, which was left out", column, fatal=False))
        if faults:
            clean = tuple(_BAD_CHARACTERS.sub("", text) for text in texts)
            cleaned.append(clean[0] if isinstance(cell, str) else clean)
        else:
            cleaned.append(cell)
    return cleaned, tuple(faults)


def clean_name(text: str) -> str:
    """Return a column's name in composed Unicode, with single spaces and without what is no character."""
    return unicodedata.normalize("NFC", " ".join(_BAD_CHARACTERS.sub("", text).split()))


def has_bad_characters(text: str) -> bool:
    """Return whether ``text`` holds NUL or what stands for bytes that could not be decoded."""
    return _BAD_CHARACTERS.search(text) is not None
