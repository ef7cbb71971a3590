"""The formats that the report on gaps can be had in: those of the audit's."""

from __future__ import annotations

from collections.abc import Mapping

from discovery.audit.reports.formats import FORMATS as AUDIT_FORMATS
from discovery.audit.reports.formats import Format
from discovery.search_log.gaps import GapReport
from discovery.search_log.reports.html import as_html
from discovery.search_log.reports.plain import as_csv, as_json
from discovery.search_log.reports.xlsx import as_xlsx

_MAKERS = {"html": as_html, "json": as_json, "csv": as_csv, "xlsx": as_xlsx}

FORMATS: Mapping[str, Format[GapReport]] = {
    name: Format(name, one.media_type, _MAKERS[name]) for name, one in AUDIT_FORMATS.items()
}
