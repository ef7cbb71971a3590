"""Opening catalogues in tests, and writing the same table in every format."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import openpyxl

from discovery.config import ProductSourceSettings
from indexers.records import Problem, ProductRecord
from indexers.sources.protocol import open_product_source

FORMATS = ("csv", "semicolon.csv", "tsv", "xlsx", "jsonl", "json")


def read(
    path: Path | str, format: str = "table", **options: str
) -> tuple[dict[str, ProductRecord], list[Problem]]:
    named = {name.rstrip("_"): value for name, value in options.items()}
    settings = ProductSourceSettings(name="shop", path=str(path), format=format, options=named)
    items = list(open_product_source(settings).items())
    records = [item for item in items if isinstance(item, ProductRecord)]
    assert len({record.sku for record in records}) == len(records)
    return {record.sku: record for record in records}, [i for i in items if isinstance(i, Problem)]


def write_table(folder: Path, format: str, rows: Sequence[Sequence[str]]) -> Path:
    """Write ``rows``, the header first, as ``format`` and return the file."""
    path = folder / f"table.{format}"
    if format == "xlsx":
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for number, row in enumerate(rows, start=1):
            for column, text in enumerate(row, start=1):
                cell = sheet.cell(number, column, text)
                cell.data_type = "s"  # a text that begins with "=" is no formula
        book.save(path)
    elif format.startswith("json"):
        objects = [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]
        text = json.dumps(objects) if format == "json" else "\n".join(map(json.dumps, objects))
        path.write_text(text, encoding="utf-8")
    else:
        delimiter = {"csv": ",", "semicolon.csv": ";", "tsv": "\t"}[format]
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(rows)
    return path
