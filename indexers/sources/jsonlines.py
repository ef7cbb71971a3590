"""JSON Lines, and a JSON file that is one array: objects become rows, nested names columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from discovery.errors import InputInvalid
from indexers.sources.plain import open_text, text_encoding, unreadable
from indexers.sources.rows import (
    MOST_COLUMNS,
    Cell,
    Fault,
    Layout,
    NumberText,
    Row,
    character_faults,
    clean_name,
    has_bad_characters,
)

MOST_CHARACTERS_OF_A_LINE = 4_000_000
MOST_ARRAY_BYTES = 300_000_000
MOST_DEPTH = 20


@dataclass(frozen=True, slots=True)
class JsonFile:
    """One file of objects. ``{"a": {"b": 1}}`` fills the column ``a.b``; lists fill one with many values."""

    path: Path
    columns: tuple[str, ...]
    encoding: str

    def rows(self) -> Iterator[Row]:
        """Yield the objects."""
        positions = {name: position for position, name in enumerate(self.columns)}
        for number, found in _objects(self.path, self.encoding):
            if isinstance(found, str):
                yield Row(number, (), (Fault(found),))
                continue
            cells: list[Cell] = [""] * len(self.columns)
            for name, value in found.items():
                cells[positions[name]] = value
            if any(has_bad_characters(c if isinstance(c, str) else "".join(c)) for c in cells):
                yield Row(number, *character_faults(cells, self.columns, "utf-8"))
            elif any(cells):
                yield Row(number, cells)


def open_json(path: Path, layout: Layout) -> JsonFile:
    """Read through the file once to learn its columns.

    Raises:
        SourceUnavailable: if it cannot be read.
        InputInvalid: if it is empty, not text, holds no object, or more than 1,000 different names.
    """
    encoding = text_encoding(path, layout.encoding)
    columns: dict[str, None] = {}
    reason = ""
    for _, found in _objects(path, encoding):
        if isinstance(found, str):
            reason = reason or found
            continue
        columns.update(dict.fromkeys(found))
        if len(columns) > MOST_COLUMNS:
            raise InputInvalid(f"{path.name} has more than {MOST_COLUMNS} different names")
    if not columns:
        raise InputInvalid(f"{path.name} holds no JSON object: the first line {reason or 'is empty'}")
    return JsonFile(path, tuple(columns), encoding)


def _objects(path: Path, encoding: str) -> Iterator[tuple[int, dict[str, Cell] | str]]:
    """Yield number and flattened object of each line, or in place of it what is wrong with the line."""
    try:
        with open_text(path, encoding) as file:
            if path.suffix.lower() == ".json" and file.read(4096).lstrip().startswith("["):
                yield from _array(path, encoding)
                return
            file.seek(0)
            number = 0
            while line := file.readline(MOST_CHARACTERS_OF_A_LINE):
                number += 1
                if len(line) >= MOST_CHARACTERS_OF_A_LINE and not line.endswith("\n"):
                    while line and not line.endswith("\n"):
                        line = file.readline(MOST_CHARACTERS_OF_A_LINE)
                    yield number, f"has more than {MOST_CHARACTERS_OF_A_LINE} characters"
                elif line.strip("\ufeff \t\r\n"):
                    yield number, _parsed(line.strip("\ufeff"))
    except (OSError, UnicodeError) as error:
        raise unreadable(path, error) from error


def _array(path: Path, encoding: str) -> Iterator[tuple[int, dict[str, Cell] | str]]:
    if path.stat().st_size > MOST_ARRAY_BYTES:
        raise InputInvalid(
            f"{path.name} is one array of more than {MOST_ARRAY_BYTES} bytes; save it as .jsonl"
        )
    with open_text(path, encoding) as file:
        try:
            items = _decode(file.read())
        except (ValueError, RecursionError) as error:
            raise InputInvalid(f"{path.name} is not valid JSON: {error}") from error
    for number, item in enumerate(items, start=1):
        yield number, _flattened(item)


def _parsed(line: str) -> dict[str, Cell] | str:
    try:
        return _flattened(_decode(line))
    except (ValueError, RecursionError) as error:
        return f"is not valid JSON: {error}"


def _decode(text: str) -> Any:
    return json.loads(text, parse_int=NumberText, parse_float=NumberText, parse_constant=_refuse)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _flattened(item: Any) -> dict[str, Cell] | str:
    if not isinstance(item, dict):
        return f"is {_kind(item)}, expected an object"
    values: dict[str, list[str]] = {}
    lists: set[str] = set()
    try:
        _flatten("", item, values, lists, depth=0)
    except RecursionError:
        return f"is nested more than {MOST_DEPTH} deep"
    return {
        name: tuple(given) if name in lists or len(given) > 1 else given[0] for name, given in values.items()
    }


def _flatten(name: str, value: Any, values: dict[str, list[str]], lists: set[str], depth: int) -> None:
    if depth > MOST_DEPTH:
        raise RecursionError
    if isinstance(value, Mapping):
        for key, below in value.items():
            trimmed = clean_name(key)
            _flatten(f"{name}.{trimmed}" if name else trimmed, below, values, lists, depth + 1)
    elif isinstance(value, list):
        inner: set[str] = set()
        collected: dict[str, list[str]] = {}
        for below in value:
            _flatten(name, below, collected, inner, depth + 1)
        lists.update(collected)
        for key, given in collected.items():
            values.setdefault(key, []).extend(given)
    elif value is not None:
        text = value if isinstance(value, NumberText) else _scalar(value)
        if text:
            values.setdefault(name, []).append(text)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else "a plain value"
