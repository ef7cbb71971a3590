"""Records that people made, written to a file and read back: a back-up, or a move to another engine.

The file is JSON lines: a header, then one record a line (``family``, ``id``, ``source``). What sources and
runs can make again is not in it.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from discovery.engine.reader import Reader
from discovery.engine.records import LONGEST_ID, Records
from discovery.errors import EngineRejected, FieldProblem, IndexMissing, InputInvalid
from mappings.registry import COLLECTIONS, DECISIONS, FINDINGS, RULES, Family

FAMILIES: Mapping[str, Family] = {one.name: one for one in (DECISIONS, RULES, COLLECTIONS, FINDINGS)}
"""What people decided: links, query rules, collections and saved searches, what becomes of findings."""

FORMAT = "discovery-records"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Transferred:
    """What an import did, by family. ``kept`` differ from the file and stay as they are: (family, id)."""

    written: Mapping[str, int]
    unchanged: Mapping[str, int]
    kept: tuple[tuple[str, str], ...]
    assets: tuple[str, ...]
    """Assets that written decisions speak of."""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    family: Family
    id: str
    source: Mapping[str, Any]


def export_records(reader: Reader, prefix: str, file: Path) -> Mapping[str, int]:
    """Write all records to ``file``, in the place of what is there, and return how many of each family.

    Raises:
        InputInvalid: the file cannot be written.
    """
    counts: Counter[str] = Counter(dict.fromkeys(FAMILIES, 0))
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8") as stream:
            header = {"format": FORMAT, "version": VERSION, "made": datetime.now(UTC).isoformat()}
            _write(stream, header)
            for family in FAMILIES.values():
                for hit in _hits(reader, family.write_alias(prefix)):
                    _write(stream, {"family": family.name, "id": hit["_id"], "source": hit["_source"]})
                    counts[family.name] += 1
        beside.replace(file)
    except OSError as error:
        raise InputInvalid(f"{file}: cannot be written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
    return counts


def import_records(
    records: Records, prefix: str, file: Path, *, replace: bool = False, dry_run: bool = False
) -> Transferred:
    """Keep the records of a file. The whole file is looked at first; what is wrong with it names its line.

    A record that is there already and differs is kept as it is, or with ``replace`` gives way to the file's.
    What an error cut short can be imported again.

    Raises:
        InputInvalid: the file cannot be read, or a line of it is no record of this version.
        EngineConflict: somebody changed the same record meanwhile.
    """
    for _ in _lines(file):
        pass
    written: Counter[str] = Counter()
    unchanged: Counter[str] = Counter()
    kept: list[tuple[str, str]] = []
    assets: dict[str, None] = {}
    for line in _lines(file):
        index = line.family.write_alias(prefix)
        stored = None
        with suppress(IndexMissing):
            stored = records.get(index, line.id)
        if stored is not None and stored.source == line.source:
            unchanged[line.family.name] += 1
            continue
        if stored is not None and not replace:
            kept.append((line.family.name, line.id))
            continue
        if not dry_run:
            try:
                records.put(index, line.id, line.source, stored, visible=False)
            except EngineRejected as error:
                raise _wrong(file, line.number, f"is not taken: {error.detail}") from error
        written[line.family.name] += 1
        if line.family is DECISIONS and isinstance(asset := line.source.get("asset"), str):
            assets[asset] = None
    if not dry_run:
        for name in written:
            records.refresh(FAMILIES[name].write_alias(prefix))
    return Transferred(written, unchanged, tuple(kept), tuple(assets))


def _hits(reader: Reader, index: str) -> Iterator[Mapping[str, Any]]:
    try:
        yield from reader.scan(index)
    except IndexMissing:
        return


def _write(stream: TextIO, value: Mapping[str, Any]) -> None:
    stream.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def _lines(file: Path) -> Iterator[_Line]:
    try:
        with file.open(encoding="utf-8") as stream:
            for number, text in enumerate(stream, start=1):
                try:
                    read = json.loads(text)
                except (ValueError, RecursionError):
                    raise _wrong(file, number, "is not JSON") from None
                if number == 1:
                    _check_header(file, read)
                else:
                    yield _line(file, number, read)
    except UnicodeDecodeError as error:
        raise InputInvalid(f"{file}: is not UTF-8 text") from error
    except OSError as error:
        raise InputInvalid(f"{file}: cannot be read: {error.strerror}") from error


def _check_header(file: Path, read: Any) -> None:
    if not isinstance(read, dict) or read.get("format") != FORMAT:
        raise _wrong(file, 1, "is not the header of exported records")
    if read.get("version") != VERSION:
        raise _wrong(file, 1, f"is of version {str(read.get('version'))[:20]}, expected {VERSION}")


def _line(file: Path, number: int, read: Any) -> _Line:
    if not isinstance(read, dict) or set(read) != {"family", "id", "source"}:
        raise _wrong(file, number, "expected family, id and source")
    family = FAMILIES.get(read["family"]) if isinstance(read["family"], str) else None
    if family is None:
        known = ", ".join(FAMILIES)
        raise _wrong(file, number, f"family: expected one of {known}, found {str(read['family'])[:40]!r}")
    ident = read["id"]
    if not isinstance(ident, str) or not ident or len(ident.encode("utf-8", "replace")) > LONGEST_ID:
        raise _wrong(file, number, f"id: expected a text of 1 to {LONGEST_ID} bytes")
    if not isinstance(read["source"], dict):
        raise _wrong(file, number, "source: expected an object")
    return _Line(number, family, ident, read["source"])


def _wrong(file: Path, number: int, message: str) -> InputInvalid:
    field = f"line {number}"
    return InputInvalid(f"{file}: {field}: {message}", (FieldProblem(field, message),))
