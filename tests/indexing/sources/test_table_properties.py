"""For any table: what is written is read again; for any bytes: problems or a refusal, nothing else."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from discovery.errors import InputInvalid, SourceUnavailable
from tests.indexing.sources.catalogues import FORMATS, read, write_table

CELLS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="|&<>\ufeff"), max_size=20
).map(lambda text: " ".join(text.split()))
SKUS = st.text("abcXYZ0189-_./ é", min_size=1, max_size=12).map(str.strip).filter(bool)
TABLES = st.lists(st.tuples(SKUS, CELLS.filter(bool), CELLS, CELLS), max_size=8, unique_by=lambda row: row[0])
PIECES = (
    b"sku", b"name", b",", b";", b"\t", b'"', b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xe9", b"A", b"B",
    b"{",    b"}", b"[", b"]", b'"sku":', b'"name":', b"1.299", b"PK\x03\x04", b"\xef\xbb\xbf", b"\xff\xfe",
)  # fmt: skip
WILD = st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join)
FAST = settings(max_examples=60)


@pytest.mark.parametrize("format", FORMATS)
@FAST
@given(table=TABLES)
def test_any_table_is_read_as_it_was_written(format: str, table: list[tuple[str, str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_table(Path(folder), format, [("sku", "name", "brand", "material"), *table])
        if not table and format.startswith("json"):
            return
        records, problems = read(path)
    assert [p for p in problems if p.fatal] == []
    for sku, name, brand, material in table:
        record = records[sku]
        assert record.name == name
        assert (record.brand or "") == brand
        assert record.attributes.get("material", ("",)) == (material,)
    assert len(records) == len(table)


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "json", "xlsx", "dat"])
@FAST
@example(data=b"\xff\xfes\0k\0u\0,\0n\0a\0m\0e\0\n\0A\0")
@example(data=b"sku,name\n" + b'A,"' * 50)
@example(data=b'sku,name\nA,"x\nB\n')
@given(data=st.one_of(WILD, WILD.map(lambda rest: b"sku,name,price\n" + rest), st.binary(max_size=200)))
def test_no_bytes_raise_anything_but_a_refusal(ending: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"shop.{ending}"
        path.write_bytes(data)
        for kind in ("table", "magento"):
            try:
                records, problems = read(path, kind)
            except (InputInvalid, SourceUnavailable):
                continue
            for record in records.values():
                repr(record).encode()
                assert record.sku
                assert record.name
            for problem in problems:
                repr(problem).encode()
                assert problem.reason


@FAST
@given(cut=st.integers(0, 6000), flip=st.integers(0, 6000), to=st.integers(0, 255))
def test_no_damage_to_a_workbook_raises_anything_but_a_refusal(cut: int, flip: int, to: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_table(Path(folder), "xlsx", [("sku", "name"), *((f"S{n}", "x" * n) for n in range(20))])
        whole = bytearray(path.read_bytes())
        whole[flip % len(whole)] = to
        path.write_bytes(bytes(whole[: len(whole) - cut % len(whole)] if cut % 2 else whole))
        with contextlib.suppress(InputInvalid, SourceUnavailable):
            read(path)
