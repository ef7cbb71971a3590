"""Records leave by a file and come back by it: whole, once, and never over what somebody else decided."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from discovery.curation.transfer import FAMILIES, export_records, import_records
from discovery.engine.client import Engine
from discovery.engine.indices import AliasChange, Indices
from discovery.engine.reader import Reader
from discovery.engine.records import Records
from discovery.errors import InputInvalid
from mappings.registry import COLLECTIONS, RULES, body

RULE = {
    "id": "spring",
    "action": "pin",
    "rule": {"items": ["A"]},
    "by": "ana",
    "at": "2026-06-15T12:00:00+00:00",
}
SHELF = {
    "id": "c1",
    "kind": "collection",
    "name": "Frühling",
    "assets": ["a" * 24],
    "items": {"entries": [{"kind": "asset", "id": "a" * 24}]},
}


@pytest.fixture
def place(engine: Engine, prefix: str) -> Callable[[str], str]:
    def make(name: str) -> str:
        own = f"{prefix}-{name}"
        for family in FAMILIES.values():
            index = family.generation(own, "1")
            made = body(family, shards=1, replicas=0, vectors=None, created="2026-01-01T00:00:00Z")
            Indices(engine).create(index, made)
            Indices(engine).swap_aliases([AliasChange("add", family.write_alias(own), index)])
        return own

    return make


def test_records_come_back_whole_and_only_once(
    engine: Engine, place: Callable[[str], str], tmp_path: Path
) -> None:
    records, file = Records(engine), tmp_path / "records.jsonl"
    here, there = place("here"), place("there")
    records.put(RULES.write_alias(here), "spring", RULE, None, visible=False)
    records.put(COLLECTIONS.write_alias(here), "c1", SHELF, None, visible=False)
    for family in (RULES, COLLECTIONS):
        records.refresh(family.write_alias(here))
    counts = export_records(Reader(engine), here, file)
    assert dict(counts) == {"decisions": 0, "rules": 1, "collections": 1, "findings": 0}
    assert [path.name for path in tmp_path.iterdir()] == ["records.jsonl"]
    assert dict(import_records(records, there, file, dry_run=True).written) == {"rules": 1, "collections": 1}
    assert records.get(RULES.write_alias(there), "spring") is None
    assert dict(import_records(records, there, file).written) == {"rules": 1, "collections": 1}
    stored = records.get(COLLECTIONS.write_alias(there), "c1")
    assert stored is not None
    assert stored.source == SHELF
    again = import_records(records, there, file)
    assert (dict(again.written), dict(again.unchanged)) == ({}, {"rules": 1, "collections": 1})

    records.put(COLLECTIONS.write_alias(there), "c1", {**SHELF, "name": "Mine"}, stored)
    assert import_records(records, there, file).kept == (("collections", "c1"),)
    assert dict(import_records(records, there, file, replace=True).written) == {"collections": 1}

    strange = {**RULE, "hue": "red"}
    _lines(file, {"family": "rules", "id": "autumn", "source": strange})
    with pytest.raises(InputInvalid, match="line 2: is not taken"):
        import_records(records, there, file)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 3: is not JSON"),
        ({"family": "usage", "id": "x", "source": {}}, "line 3: family: expected one of decisions, rules"),
        ({"family": "rules", "id": "", "source": {}}, "line 3: id: expected a text"),
        ({"family": "rules", "id": "x", "source": []}, "line 3: source: expected an object"),
        ({"family": "rules", "id": "x"}, "line 3: expected family, id and source"),
    ],
)
def test_a_file_with_a_wrong_line_changes_nothing_and_the_line_is_named(
    line: object, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "records.jsonl"
    _lines(file, {"family": "rules", "id": "spring", "source": RULE}, line)
    nothing: Records = object()  # type: ignore[assignment]
    with pytest.raises(InputInvalid, match=words):
        import_records(nothing, "unused", file)


def test_a_file_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    nothing: Records = object()  # type: ignore[assignment]
    file.write_text('{"format": "something else"}\n')
    with pytest.raises(InputInvalid, match="line 1: is not the header"):
        import_records(nothing, "unused", file)
    with pytest.raises(InputInvalid, match="cannot be read"):
        import_records(nothing, "unused", tmp_path / "absent")


def _lines(file: Path, *lines: object) -> None:
    header = {"format": "discovery-records", "version": 1}
    told = [line if isinstance(line, str) else json.dumps(line) for line in (header, *lines)]
    file.write_text("\n".join(told) + "\n", encoding="utf-8")
