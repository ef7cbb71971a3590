"""The formats that a report can be had in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from discovery.audit.reports.html import as_html
from discovery.audit.reports.model import Report
from discovery.audit.reports.plain import as_csv, as_json
from discovery.audit.reports.xlsx import as_xlsx
from discovery.errors import FieldProblem, InputInvalid

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Format(Generic[T]):
    """One format: what makes it, its media type, the ending of its files, and whether it shows pictures."""

    name: str
    media_type: str
    make: Callable[[T], bytes]
    pictured: bool = False


FORMATS: Mapping[str, Format[Report]] = {
    made.name: made
    for made in (
        Format("html", "text/html; charset=utf-8", as_html, pictured=True),
        Format("json", "application/json", as_json),
        Format("csv", "text/csv; charset=utf-8", as_csv),
        Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    )
}


def format_of(name: str, formats: Mapping[str, Format[T]]) -> Format[T]:
    """Return one of ``formats`` by its name.

    Raises:
        InputInvalid: there is none of this name.
    """
    found = formats.get(name.lower())
    if found is None:
        message = f"expected one of {', '.join(formats)}, found {name[:40]!r}"
        raise InputInvalid(f"format: {message}", (FieldProblem("format", message),))
    return found
