"""The report on gaps as a workbook: what to photograph, and what was asked in vain. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl import Workbook

from discovery.audit.reports.xlsx import book_bytes, sheet
from discovery.search_log.gaps import GapReport
from discovery.search_log.reports.plain import GAP_COLUMNS, WANTED_COLUMNS, gap_rows, wanted_rows

WIDTHS = {
    "name": 44, "reason": 70, "queries": 40, "query": 36, "problems": 26, "lacking_skus": 40, "link": 50,
}  # fmt: skip
OTHER_WIDTH = 14


def as_xlsx(report: GapReport) -> bytes:
    """Return the workbook; texts are never formulas, dates are dates (UTC)."""
    book = Workbook(write_only=True)
    sheet(book, "Shoot this next", WANTED_COLUMNS, wanted_rows(report), _widths(WANTED_COLUMNS))
    sheet(book, "Asked in vain", GAP_COLUMNS, gap_rows(report), _widths(GAP_COLUMNS))
    return book_bytes(book)


def _widths(columns: Sequence[str]) -> list[float]:
    return [WIDTHS.get(name, OTHER_WIDTH) for name in columns]
