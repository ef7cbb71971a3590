"""The report as a workbook: findings with a frozen, filtered header, rules and runs beside them. Pure."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from discovery.audit.reports.model import Report, Section
from discovery.audit.reports.plain import COLUMNS, SEARCH_COLUMNS, rows, search_rows

MOST_ROWS = 1_048_000
LONGEST_CELL = 32_000
LONGEST_TITLE = 31
"""Rows of a sheet, characters of a cell and of a sheet's title, that every spreadsheet program takes."""

WIDTHS = {
    "id": 26, "severity": 10, "rule": 26, "state": 13, "subject_kind": 10, "subject_id": 26,
    "subject_name": 44, "source": 14, "family": 14, "verdict": 22, "reasons": 60, "confidence": 11,
    "owner": 26, "due": 12, "waived_until": 12, "note": 30, "ends": 12, "first_seen": 17, "last_seen": 17,
    "remedy": 50, "link": 50,
}  # fmt: skip

_HEADER = PatternFill("solid", fgColor="FF1C2430")
_TINTS = {"error": "FFFBE4E2", "warning": "FFFDF0DC", "info": "FFE8EEF6"}
_DAY, _MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"


def as_xlsx(report: Report) -> bytes:
    """Return the workbook; texts are never formulas, dates are dates (UTC)."""
    book = Workbook(write_only=True)
    sheet(book, "Findings", COLUMNS, rows(report), [WIDTHS[name] for name in COLUMNS], tint=1)
    sheet(
        book,
        "Rules",
        ("rule", "severity", "question", "remedy", "open", "waived", "new", "settled", "not_judged"),
        (
            (r.name, r.severity, r.question, r.remedy, r.open, r.waived, r.new, r.settled, r.not_judged)
            for r in report.rules
        ),
        (26, 10, 50, 60, 9, 9, 9, 9, 30),
        tint=1,
    )
    sheet(
        book,
        "Owners",
        ("owner", "open"),
        report.owners.items(),
        (36, 10),
    )
    sheet(
        book,
        "Runs",
        ("at", "outcome", "findings", "new", "settled", "errors", "warnings", "notices"),
        (
            (t.at, str(t.outcome), t.flagged, t.new, t.gone, *(t.severities.get(s, 0) for s in _TINTS))
            for t in report.trends
        ),
        (17, 12, 10, 10, 10, 10, 10, 10),
    )
    taken = set(book.sheetnames)
    for section in report.searches:
        title = _title(section, taken)
        taken.add(title)
        sheet(book, title, SEARCH_COLUMNS, search_rows(report, section), (10, 26, 44, 14, 14, 50))
    if report.searches:
        sheet(
            book,
            "Searches",
            ("id", "name", "owner", "found", "shown", "note", "cannot be run"),
            ((s.id, s.name, s.owner, s.total, len(s.items), s.note, s.broken) for s in report.searches),
            (20, 40, 30, 9, 9, 50, 50),
        )
    return book_bytes(book)


def book_bytes(book: Workbook) -> bytes:
    """Return a workbook as its file."""
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def sheet(
    book: Workbook,
    title: str,
    columns: Sequence[str],
    lines: Iterable[Sequence[Any]],
    widths: Sequence[float],
    tint: int | None = None,
) -> None:
    """Add a sheet with a frozen, filtered header; ``tint`` is the column that is coloured by severity."""
    made = book.create_sheet(title)
    made.freeze_panes = "A2"
    for place, width in enumerate(widths, start=1):
        made.column_dimensions[get_column_letter(place)].width = width
    last = get_column_letter(len(columns))
    told = [list(line) for _, line in zip(range(MOST_ROWS), lines, strict=False)]
    made.auto_filter.ref = f"A1:{last}{len(told) + 1}"
    made.append([_header(made, name) for name in columns])
    styles = _Styles(made)
    for line in told:
        made.append(
            [
                _cell(made, styles, value, _TINTS[value] if place == tint else None)
                for place, value in enumerate(line)
            ]
        )


class _Styles:
    """The styles of a sheet's cells, each made once: to set one on every cell takes most of the time."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._made: dict[tuple[str | None, bool, str | None], Any] = {}

    def of(self, number_format: str | None, wrapped: bool, tint: str | None) -> Any:
        """Return the style that cells of this kind share."""
        key = (number_format, wrapped, tint)
        if key not in self._made:
            model: Any = WriteOnlyCell(self._sheet)
            model.alignment = Alignment(vertical="top", wrap_text=wrapped)
            if number_format is not None:
                model.number_format = number_format
            if tint is not None:
                model.fill = PatternFill("solid", fgColor=tint)
            self._made[key] = model._style  # noqa: SLF001 - openpyxl has no public way to share a style
        return self._made[key]


def _title(section: Section, taken: Collection[str]) -> str:
    """Return a title for a sheet: short, without what a title may not have, unlike all others."""
    plain = "".join(" " if c in r"[]:*?/\\'" or not c.isprintable() else c for c in section.name)
    title = f"{' '.join(plain.split())[: LONGEST_TITLE - 9] or 'Search'}"
    used = {one.casefold() for one in (*taken, "Searches", "History")}
    return title if title.casefold() not in used else f"{title} {section.id[:8]}"


def _header(sheet: Any, name: str) -> Any:
    cell = WriteOnlyCell(sheet, name.replace("_", " "))
    cell.font = Font(bold=True, color="FFFFFFFF")
    cell.fill = _HEADER
    return cell


def _cell(sheet: Any, styles: _Styles, value: Any, tint: str | None) -> Any:
    cell: Any
    number_format, wrapped = None, False
    if isinstance(value, str):
        text = ILLEGAL_CHARACTERS_RE.sub("", value.encode("utf-8", "replace").decode())[:LONGEST_CELL]
        cell = WriteOnlyCell(sheet, text)
        cell.data_type = "s"  # openpyxl takes what begins with "=" for a formula
        wrapped = len(text) > 40
    elif isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value.replace(tzinfo=None))
        number_format = _MOMENT
    elif isinstance(value, date):
        cell = WriteOnlyCell(sheet, datetime(value.year, value.month, value.day))  # noqa: DTZ001 - a day
        number_format = _DAY
    else:
        cell = WriteOnlyCell(sheet, value)
    cell._style = styles.of(number_format, wrapped, tint)  # noqa: SLF001 - as above
    return cell
