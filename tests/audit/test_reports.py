"""Reports: every value told, none believed; the page is looked at in a real browser elsewhere."""

from __future__ import annotations

import base64
import csv
import dataclasses
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from discovery.audit.model import About, AuditRun, Finding, Outcome, RuleCounts
from discovery.audit.reports.formats import FORMATS, format_of
from discovery.audit.reports.model import NOBODY, Report, Section, make_report
from discovery.audit.reports.pictures import with_pictures
from discovery.audit.reports.plain import COLUMNS, defused
from discovery.audit.reports.style import POLICY
from discovery.errors import InputInvalid
from tests.audit.making import NOW, WEEK, finding

BASE = "https://dam.example"
HOSTILE = (
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1)",
    "-2+3",
    "\t=1",
    " =1+1",
    "<img src=x onerror=alert(1)>",
    "</style><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "javascript:alert(1)",
    "a\x00b\x07c\ud800d",
    "\u202egpj.exe",
    "x" * 40_000,
)


def run(**given: Any) -> AuditRun:
    rules = {
        "asset-unlinked": RuleCounts(subjects=100, flagged=2, new=1, still=1, settled=3),
        "asset-never-used": RuleCounts(not_judged="there is no usage feed"),
    }
    then = NOW - WEEK
    known: dict[str, Any] = {"started": then, "finished": then, "as_of": then, "outcome": Outcome.FINISHED}
    known |= {"assets": 100, "products": 20, "rules": rules, "severities": {"warning": 2}}
    return AuditRun("audit-1", **{**known, **given})


def report(*findings: Finding, runs: list[AuditRun] | None = None, **given: Any) -> Report:
    last = run()
    return make_report(last, runs or [last], findings, made=NOW, base_url=BASE, **given)


def hostile(text: str) -> Finding:
    about = About("product", text, text, text, text, "p" * 24)
    return finding(
        subject=about, verdict=text, reasons=(text,), owner=text, note=text, related=(text,), rule="link-dead"
    )


def html(of: Report) -> str:
    return FORMATS["html"].make(of).decode()


def lines(of: Report) -> list[dict[str, str]]:
    text = FORMATS["csv"].make(of).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_value_becomes_markup(text: str) -> None:
    plain, odd = Page(html(report(hostile("x")))), Page(html(report(hostile(text))))
    assert [tag for tag, _ in odd.tags] == [tag for tag, _ in plain.tags]
    assert not {name for _, attributes in odd.tags for name in attributes if name.startswith("on")}
    targets = [a.get("href") or a.get("src") or "" for _, a in odd.tags if "href" in a or "src" in a]
    assert all(target.startswith((f"{BASE}/", "#")) for target in targets)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(text: str) -> None:
    (row,) = lines(report(hostile(text)))
    assert not any(cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
    book = load_workbook(io.BytesIO(FORMATS["xlsx"].make(report(hostile(text)))))
    assert {cell.data_type for line in book["Findings"].iter_rows() for cell in line} <= {"s", "n", "d"}


@settings(max_examples=40)
@given(st.text())
def test_any_text_survives_every_format(text: str) -> None:
    told = report(hostile(text))
    assert all(made.make(told) for made in FORMATS.values())
    assert json.loads(FORMATS["json"].make(told))["totals"]["findings"] == 1


def test_a_harmless_text_stays_as_it_is() -> None:
    assert defused("mugs/a-b.jpg") == "mugs/a-b.jpg"
    assert defused("=1") == "'=1"


def test_the_page_runs_no_script_and_its_policy_names_its_style() -> None:
    text = html(report(finding()))
    page = Page(text)
    assert "script" not in {tag for tag, _ in page.tags}
    assert not any("style" in attributes for _, attributes in page.tags)
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in POLICY
    policies = [a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [POLICY]


def test_the_page_tells_the_run_the_counts_and_links_into_the_service() -> None:
    pictured = About("asset", "a" * 24, "mugs/a.jpg", "studio", None, "a" * 24)
    text = html(report(finding(subject=pictured, owner="a@b.example", due=date(2026, 6, 1), note="soon")))
    assert "100 assets and 20 products" in text
    assert f'href="{BASE}/assets/{"a" * 24}"' in text
    assert f'src="{BASE}/api/v1/assets/{"a" * 24}/thumbnail?size=256"' in text
    assert "due 2026-06-01" in text
    assert "not judged: there is no usage feed" in text


def test_the_page_holds_its_thumbnails_up_to_a_bound_and_links_the_rest() -> None:
    subjects = [About("asset", name * 24, f"{name}.jpg", "studio", None, name * 24) for name in "abcd"]
    told = report(*(finding(subject=subject, rule="link-dead") for subject in subjects))
    kept = {"a" * 24: b"RIFF" * 300, "c" * 24: b"RIFF" * 300, "d" * 24: b"RIFF" * 300}
    asked: list[str] = []

    def thumbnails(assets: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
        for one in assets:
            asked.append(one)
            yield one, kept.get(one)

    text = html(with_pictures(told, thumbnails, most=4000))
    sources = [a["src"] or "" for tag, a in Page(text).tags if tag == "img"]
    assert [source.partition(",")[0] for source in sources[:2]] == ["data:image/webp;base64"] * 2
    assert base64.b64decode(sources[0].partition(",")[2]) == kept["a" * 24]
    assert sources[2:] == [f"{BASE}/api/v1/assets/{'d' * 24}/thumbnail?size=256"]
    assert "1 more picture is shown where the report is opened in the service" in text
    assert asked == [subject.id for subject in subjects]


def test_only_thumbnails_of_rows_that_are_shown_are_asked_for() -> None:
    one = About("asset", "a" * 24, "a.jpg", "studio", None, "a" * 24)
    many = [finding(f"{number}.jpg", subject=one) for number in range(30)]
    assert report(*many, rows=10).shown() == ("a" * 24,) * 10


def test_a_stopped_run_is_told_first() -> None:
    stopped = run(outcome=Outcome.STOPPED, reasons=("the clock is ahead",), rules={}, severities={})
    told = report(finding(), runs=[stopped, run()])
    assert "stopped itself and changed nothing" in html(told)
    assert "the clock is ahead" in html(told)


def test_waived_findings_are_counted_apart() -> None:
    told = report(finding("a.jpg"), finding("b.jpg", state="waived", waived_until=NOW.date()))
    assert told.severity("warning") == 1
    assert told.owners == {NOBODY: 1}
    assert {line.name: (line.open, line.waived) for line in told.rules}["asset-unlinked"] == (1, 1)
    assert "waived until 2026-06-15" in html(told)


def test_a_long_list_is_cut_on_the_page_only() -> None:
    many = [finding(f"{number}.jpg") for number in range(30)]
    told = report(*many, rows=10)
    assert html(told).count('class="subject"') == 10
    assert "20 more are in the JSON, CSV and XLSX reports" in html(told)
    assert len(lines(told)) == 30


def test_trends_show_when_there_is_more_than_one_run() -> None:
    assert 'aria-label="Findings by run"' not in html(report(finding()))
    runs = [run(started=NOW - timedelta(days=day), finished=NOW) for day in range(5)]
    assert 'aria-label="Findings by run"' in html(report(finding(), runs=runs))


def test_runs_of_one_day_are_told_apart_by_their_hour() -> None:
    runs = [run(started=NOW - timedelta(hours=hour), finished=NOW) for hour in range(3)]
    text = html(report(finding(), runs=runs))
    assert [f">{hour}:00</text>" in text for hour in (10, 11, 12)] == [True] * 3
    assert ">15 Jun</text>" not in text


def test_nothing_wrong_is_said_so() -> None:
    assert "Nothing is wrong that any rule knows of" in html(report())
    assert "No run has come to its end yet" in html(make_report(None, [], (), made=NOW))


def test_the_table_has_one_line_a_finding() -> None:
    (row,) = lines(report(finding(due=NOW.date(), confidence=0.9)))
    assert tuple(row) == COLUMNS
    assert (row["rule"], row["subject_name"], row["due"], row["confidence"]) == (
        "asset-unlinked", "a.jpg", "2026-06-15", "0.9",
    )  # fmt: skip


def test_the_workbook_has_frozen_filtered_headers_and_real_dates() -> None:
    book = load_workbook(
        io.BytesIO(FORMATS["xlsx"].make(report(finding("a.jpg", ends=NOW), finding("b.jpg"))))
    )
    assert book.sheetnames == ["Findings", "Rules", "Owners", "Runs"]
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
    header = [cell.value for cell in next(book["Findings"].iter_rows())]
    ends = book["Findings"].cell(2, header.index("ends") + 1)
    assert ends.value == NOW.replace(tzinfo=None)


def test_saved_searches_are_told_in_every_format_and_believed_in_none() -> None:
    items = (
        About("asset", "a" * 24, HOSTILE[6], "studio", None, "a" * 24),
        About("product", "=1", "+2", "shop"),
    )
    found = Section("s1", "Mugs / [new]", HOSTILE[6], "ana", 7, items)
    broken = Section("s2", HOSTILE[0], broken="filters.hue: unknown field")
    told = dataclasses.replace(report(finding()), searches=(found, broken))
    page = html(told)
    assert HOSTILE[6] not in page
    assert "7 found, 2 shown" in page
    assert "cannot be run" in page
    assert f"{BASE}/api/v1/assets/{'a' * 24}/thumbnail" in page
    assert told.shown()[-1] == "a" * 24
    assert json.loads(FORMATS["json"].make(told))["searches"][0]["total"] == 7
    table = [row for row in lines(told) if row["rule"] == "search:s1"]
    assert [row["subject_id"] for row in table] == ["a" * 24, "'=1"]
    book = load_workbook(io.BytesIO(FORMATS["xlsx"].make(told)))
    assert "Mugs new" in book.sheetnames
    assert book["Searches"].max_row == 3
    assert [cell.data_type for cell in book["Mugs new"][3]].count("f") == 0


def test_a_format_that_is_none_is_refused_by_name() -> None:
    assert format_of("HTML", FORMATS).media_type.startswith("text/html")
    with pytest.raises(InputInvalid, match="expected one of html, json, csv, xlsx, found 'pdf'"):
        format_of("pdf", FORMATS)
