"""Tables that are broken in one place cost that place; tables that are none say so."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pytest

from discovery.errors import InputInvalid, SourceUnavailable
from tests.indexing.sources.catalogues import read
from tests.indexing.sources.test_table import text


def told(path: Path, **options: str) -> tuple[set[str], list[tuple[str, str | None, bool]]]:
    records, problems = read(path, **options)
    return set(records), [(p.key.rpartition(":")[2], p.field, p.fatal) for p in problems]


def test_bytes_of_another_encoding_name_row_and_column_and_the_option_mends_it(tmp_path: Path) -> None:
    path = text(tmp_path, "sku,name\nA,plain\nB,Café\nC,plain\n".encode("cp1252"))
    assert told(path) == ({"A", "C"}, [("3", "name", True)])
    _, (problem,) = read(path)
    assert problem.sku == "B"
    assert "encoding=cp1252" in problem.reason
    records, problems = read(path, encoding="cp1252")
    assert (records["B"].name, problems) == ("Café", [])


def test_a_sku_in_another_encoding_is_not_guessed(tmp_path: Path) -> None:
    _, (problem,) = read(text(tmp_path, b"sku,name\n\xe9,a\n"))
    assert (problem.field, problem.sku) == ("sku", None)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_byte_order_marks_are_seen(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    path = text(tmp_path, (mark + "sku,name\nA,Café\n").encode(encoding))
    assert read(path)[0]["A"].name == "Café"


def test_utf_16_without_a_mark_says_which_option_to_set(tmp_path: Path) -> None:
    path = text(tmp_path, "sku,name\nA,Café\n".encode("utf-16-le"))
    with pytest.raises(InputInvalid, match="encoding=utf-16-le"):
        read(path)
    assert read(path, encoding="utf-16-le")[0]["A"].name == "Café"


def test_a_quote_that_is_never_closed_costs_its_line_only(tmp_path: Path) -> None:
    path = text(tmp_path, 'sku,name\nA,a\nB,"b\nC,c\nD,d\n')
    assert told(path) == ({"A", "C", "D"}, [("3", None, True)])


def test_many_unclosed_quotes_do_not_make_reading_slow(tmp_path: Path) -> None:
    path = text(tmp_path, "sku,name\n" + 'x,"""a\n' * 3000 + "Z,z\n")
    skus, problems = told(path)
    assert "Z" in skus or problems


def test_a_cell_without_end_is_told_and_reading_goes_on(tmp_path: Path) -> None:
    path = text(tmp_path, f"sku,name,description\nA,a,x\nB,b,{'y' * 200_000}\nC,c,z\n")
    assert told(path) == ({"A", "C"}, [("3", None, True)])


def test_a_line_without_end_is_told_and_reading_goes_on(tmp_path: Path) -> None:
    path = text(tmp_path, f"sku,name\nA,a\n{'y' * 9_000_000}\nC,c\n")
    assert told(path) == ({"A", "C"}, [("3", None, True)])


def test_rows_with_too_many_or_too_few_cells(tmp_path: Path) -> None:
    path = text(tmp_path, "sku,name,colour\nA,a\nB,b,Red,,\nC,c,Red,extra\n\n,,\nD,d,Blue\n")
    assert told(path) == ({"A", "B", "D"}, [("2", None, False), ("4", None, True)])


def test_nul_is_left_out_and_told(tmp_path: Path) -> None:
    path = text(tmp_path, b"sku,name,colour\nA,a\0b,Red\nB,b,Blue\n")
    records, problems = read(path)
    assert records["A"].name == "ab"
    assert [(p.field, p.fatal) for p in problems] == [("name", False)]


def test_prices_that_mean_one_thing_are_read_and_others_told(tmp_path: Path) -> None:
    path = text(
        tmp_path, 'sku,name,price\nA,a,"12,50 EUR"\nB,b,"1.299,00"\nC,c,$5\nD,d,1.299\nE,e,-3\nF,f,call us\n'
    )
    records, problems = read(path)
    assert [records[sku].price for sku in "ABCDEF"] == [12.5, 1299.0, 5.0, None, None, None]
    assert records["A"].currency == "EUR"
    assert [(p.key, p.field, p.fatal) for p in problems] == [
        (f"shop.csv:{row}", "price", False) for row in (5, 6, 7)
    ]
    assert read(path, locale="de")[0]["D"].price == 1299.0
    assert read(path, locale="en")[0]["D"].price == 1.299


def test_missing_names_and_skus_long_cells_and_control_characters(tmp_path: Path) -> None:
    long = "x" * 300
    path = text(
        tmp_path,
        "sku,name,brand,family,colour\n"
        "A,,b,,\n"
        ",nameless,,,\n"
        f"{long},n,,,\n"
        '"a\n'
        'b",n,,,\n'
        f"B,{'n' * 1500},{'b' * 600},f,{'c' * 11000}\n",
    )
    records, problems = read(path)
    assert set(records) == {"A", "B"}
    assert records["A"].name == "A"
    assert (len(records["B"].name), records["B"].brand, records["B"].attributes) == (1000, None, {})
    assert [(p.key.rpartition(":")[2], p.field, p.fatal) for p in problems] == [
        ("2", "name", False),
        ("3", "sku", True),
        ("4", "sku", True),
        ("5", "sku", True),
        ("6", "name", False),
        ("6", "brand", False),
        ("6", "colour", False),
    ]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "shop.csv", "empty"),
        (b"  \n ", "shop.csv", "empty"),
        (b"", "shop.xlsx", "empty"),
        (b"", "shop.jsonl", "empty"),
        (b"PK\x03\x04rest", "shop.csv", "zip archive or a workbook"),
        (b"\xd0\xcf\x11\xe0rest", "shop.csv", "old Excel"),
        (b"\x89PNG\r\n\x1a\n", "shop.csv", "picture"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "shop.csv", "HTML"),
        (b"\n <html>Sign in</html>", "shop.jsonl", "HTML"),
        (bytes(range(1, 32)) * 20, "shop.csv", "binary"),
        (b"sku,name\nA,a\n", "shop.xlsx", "not an XLSX"),
        (b"sku,name\nA,a\n", "shop.jsonl", "no JSON object"),
        (b"[1, 2]", "shop.json", "no JSON object"),
        (b"[{]", "shop.json", "not valid JSON"),
        (b"sku,name", "shop.xls", "save it as"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_named(
    tmp_path: Path, content: bytes, name: str, said: str
) -> None:
    with pytest.raises(InputInvalid, match=said) as caught:
        read(text(tmp_path, content, name))
    assert name in caught.value.detail


def test_a_header_that_cannot_be_decoded_says_what_to_do(tmp_path: Path) -> None:
    path = text(tmp_path, "sku,name,größe\nA,a,L\n".encode("latin-1"))
    with pytest.raises(InputInvalid, match="encoding=cp1252"):
        read(path)
    assert read(path, encoding="latin-1")[0]["A"].attributes == {"gr_e": ("L",)}


def test_broken_json_lines_are_told_and_the_others_read(tmp_path: Path) -> None:
    deep = "[" * 100_000
    lines = [
        '{"sku": "A", "name": "a"}', '{"sku": "B", "name":', "[1]", '"text"', deep,
        '{"sku": "N", "name": NaN}',
        "", '{"sku": "C", "name": "\\ud800"}', '{"sku": "D", "name": "d\\u0000"}',
        '{"name": "no sku"}',
        '{"sku": "E", "name": ' + "9" * 5000 + "}",
    ]  # fmt: skip
    skus, problems = told(text(tmp_path, "\n".join(lines), "shop.jsonl"))
    assert {"A", "D"} <= skus
    assert {p[0] for p in problems} >= {"2", "3", "4", "5", "6", "8", "9", "10"}
    assert "C" not in skus


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Products"
    for row in rows:
        sheet.append(row)
    book.create_sheet("Notes").append(["nothing"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_numbers_dates_and_truths_of_a_workbook_become_text_sensibly(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["sku", "name", "price", "ean", "created", "eco", "share", "sum"],
        [10002, "Lamp", 1.299, 4006381333931, dt.date(2024, 3, 1), True, 0.5, "#N/A"],
        [None] * 8,
        ["B", "b", 1299.0, None, dt.datetime(2024, 3, 1, 10, 30), False, 12.0, 3],  # noqa: DTZ001 - Excel knows no zones
    ]
    records, problems = read(text(tmp_path, workbook(rows), "shop.xlsx"))
    lamp = records["10002"]
    assert (lamp.price, lamp.identifiers) == (1.299, ("4006381333931",))
    assert lamp.created == dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
    assert lamp.attributes == {"eco": ("true",), "share": ("0.5",)}
    assert records["B"].attributes == {"eco": ("false",), "share": ("12",), "sum": ("3",)}
    assert records["B"].row == 4
    assert [(p.key, p.field, p.fatal) for p in problems] == [("shop.xlsx:2", "sum", False)]


def test_a_sheet_and_a_header_row_can_be_named(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Price list 2024"], [], ["sku", "name"], ["A", "a"]]
    path = text(tmp_path, workbook(rows), "shop.xlsx")
    assert read(path, sheet="Products", header="3")[0]["A"].row == 4
    with pytest.raises(InputInvalid, match="Products, Notes"):
        read(path, sheet="Prices")
    with pytest.raises(InputInvalid, match="no header in row 2"):
        read(path, header="2")


def test_a_broken_workbook_is_unavailable(tmp_path: Path) -> None:
    rows: list[list[object]] = [[f"S{n}", "x" * 50] for n in range(500)]
    whole = workbook([["sku", "name"], *rows])
    with pytest.raises(SourceUnavailable, match="broken"):
        read(text(tmp_path, whole[: len(whole) // 2], "shop.xlsx"))
    with zipfile.ZipFile(tmp_path / "empty.xlsx", "w") as archive:
        archive.writestr("hello.txt", "no workbook")
    with pytest.raises(SourceUnavailable, match="broken"):
        read(tmp_path / "empty.xlsx")


def replaced(book: bytes, part: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return buffer.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = replaced(workbook([["sku", "name"]]), SHEET, b" " * 60_000_000)
    assert len(bomb) < 200_000
    with pytest.raises(InputInvalid, match="bomb"):
        read(text(tmp_path, bomb, "shop.xlsx"))


def test_entities_that_expand_are_refused(tmp_path: Path) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    xml = (
        f'<!DOCTYPE w [<!ENTITY l0 "ha">{laughs}]><worksheet xmlns="{SPACE}"><sheetData><row r="1">'
        '<c r="A1" t="inlineStr"><is><t>&l8;</t></is></c></row></sheetData></worksheet>'
    )
    path = text(tmp_path, replaced(workbook([["sku", "name"]]), SHEET, xml.encode()), "shop.xlsx")
    with pytest.raises(SourceUnavailable, match="broken"):
        read(path)


def test_a_sheet_that_lies_about_its_size_is_read_as_it_is(tmp_path: Path) -> None:
    cells = "".join(
        f'<c r="{c}1" t="inlineStr"><is><t>{t}</t></is></c>' for c, t in (("A", "sku"), ("B", "name"))
    )
    far = "".join(
        f'<row r="{r}"><c r="A{r}" t="inlineStr"><is><t>S{r}</t></is></c><c r="XFD{r}"/></row>'
        for r in range(2, 200)
    )
    xml = (
        f'<worksheet xmlns="{SPACE}"><dimension ref="A1:XFD1048576"/><sheetData><row r="1">{cells}</row>{far}'
        "</sheetData></worksheet>"
    )
    path = text(tmp_path, replaced(workbook([["x"]]), SHEET, xml.encode()), "shop.xlsx")
    records, _ = read(path)
    assert len(records) == 198


def test_more_than_a_thousand_columns_are_refused(tmp_path: Path) -> None:
    names = ["sku", "name", *(f"c{n}" for n in range(1200))]
    with pytest.raises(InputInvalid, match="1000"):
        read(text(tmp_path, ",".join(names) + "\n"))
    with pytest.raises(InputInvalid, match="1000"):
        read(text(tmp_path, json.dumps(dict.fromkeys(names, "x")), "shop.jsonl"))
    wide: list[object] = [*names]
    with pytest.raises(InputInvalid, match="1000"):
        read(text(tmp_path, workbook([wide]), "shop.xlsx"))
