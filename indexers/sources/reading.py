"""One table file of any format, and what becomes of files that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from discovery.errors import DiscoveryError, InputInvalid, SourceUnavailable
from indexers.records import Problem
from indexers.sources.delimited import open_delimited
from indexers.sources.jsonlines import open_json
from indexers.sources.options import bad_option
from indexers.sources.plain import sample
from indexers.sources.rows import Layout, TableFile
from indexers.sources.workbook import open_workbook

LAYOUT_OPTIONS = {
    "encoding": "the files' encoding, such as cp1252; UTF-8 and byte order marks are seen without",
    "delimiter": "comma, semicolon, tab, pipe or one character; found out from the header without",
    "sheet": "sheet of a workbook; the first without",
    "header": "row number of the header; 1 without",
}


def layout_of(options: Mapping[str, str]) -> Layout:
    """Return how files are to be read.

    Raises:
        InputInvalid: for a header that is not a row number.
    """
    header = options.get("header", "1")
    if not header.strip().isdecimal() or not 1 <= int(header) <= 1000:
        raise bad_option("header", f"expected a row number from 1 to 1000, found {header!r}")
    return Layout(
        options.get("encoding", "").strip(),
        options.get("delimiter", ""),
        options.get("sheet", "").strip(),
        int(header),
    )


def open_table_file(path: Path, layout: Layout) -> TableFile:
    """Open ``path`` by its ending, or by its first bytes where the ending is not known.

    Raises:
        SourceUnavailable: if it cannot be read.
        InputInvalid: if it is not what its ending says, or has no header.
    """
    ending = path.suffix.lower()
    if ending in (".xls", ".ods", ".numbers"):
        raise InputInvalid(f"{path.name}: {ending} files cannot be read; save it as .xlsx or CSV")
    if ending in (".xlsx", ".xlsm"):
        return open_workbook(path, layout)
    if ending in (".jsonl", ".ndjson", ".json"):
        return open_json(path, layout)
    if ending not in (".csv", ".tsv", ".tab", ".txt", ".psv"):
        first = sample(path).lstrip()
        if first.startswith(b"PK\x03\x04"):
            return open_workbook(path, layout)
        if first.startswith(b"{"):
            return open_json(path, layout)
    return open_delimited(path, layout)


class Failures:
    """The files of a catalogue that could not be read, or not to their end.

    Of several files the readable ones are read all the same; a failed one is a problem under its name,
    and an error at last, so that nobody takes its rows for gone. A single file's error is raised at once.
    """

    def __init__(self, source: str, files: int) -> None:
        self._source = source
        self._files = files
        self._failed: list[str] = []

    def add(self, name: str, error: DiscoveryError) -> Problem:
        """Return the problem for the file ``name``, or raise ``error`` if it is the only one."""
        if self._files == 1:
            raise error
        self._failed.append(error.detail)
        return Problem(self._source, name, error.detail)

    def check(self) -> None:
        """Raise what has been added.

        Raises:
            SourceUnavailable: naming every failed file and its reason.
        """
        if self._failed:
            details = "; ".join(self._failed)
            raise SourceUnavailable(
                f"{len(self._failed)} of {self._files} files could not be read: {details}"
            )
