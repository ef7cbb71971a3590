"""The report on gaps, against a log and a shop that are made by hand, so that its truth is known."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from discovery.cli import main
from discovery.engine.writer import Put, Writer
from discovery.search_log.gaps import Gap, GapReport, Verdict, Wanted
from discovery.search_log.model import Asked, Opened
from discovery.search_log.reports.formats import FORMATS
from discovery.web import gaps as told
from mappings.documents import AssetDocument, ProductDocument, Usage
from mappings.registry import ASSETS, PRODUCTS
from tests.search.catalogue import asset, product, with_picture
from tests.search_log.conftest import NOON, Log, search

HOSTILE = '=1+1 <script>alert("x")</script>'


def vase(sku: str, title: str, **given: object) -> ProductDocument:
    return product(sku, title, **{"family": "Vase", "currency": "EUR", "status": "active", **given})


BLUE = vase("VA-BLUE", "Ribbed vase blue", price=40.0)
BLUE_FRONT, BLUE_BACK = asset("va-blue_front.jpg", "blue", shows=(BLUE,)), asset("va-blue_back.jpg", "blue")
PLAIN_TRAY = product("TR-1", "Serving board", family="Tray", status="active", description="A tray of oak.")
DOCUMENTS = (
    with_picture(BLUE, BLUE_FRONT, BLUE_BACK),
    vase("VA-PURPLE", "Ribbed vase purple", price=40.0),
    vase("VA-PURPLE-S", "Ribbed vase purple small", price=30.0, parent="VA-PURPLE", variant=True),
    vase("VA-PURPLE-OLD", "Round vase purple", price=35.0, status="discontinued"),
    dataclasses.replace(vase("LA-1", "Arc lamp brass", family="Lamp", price=400.0), usage=Usage(used=90)),
    with_picture(vase("LA-2", "Table lamp brass", family="Lamp", price=60.0), asset("la-2.jpg", "orange")),
    with_picture(PLAIN_TRAY, asset("board_front.jpg", "orange"), asset("board_back.jpg", "orange")),
    BLUE_FRONT,
    BLUE_BACK,
)


def fill(log: Log) -> None:
    writer = Writer(log.service.engine)
    for family, kind in ((ASSETS, AssetDocument), (PRODUCTS, ProductDocument)):
        name = family.write_alias(log.settings.engine.prefix)
        puts = [Put(name, one.id, one.to_source()) for one in DOCUMENTS if isinstance(one, kind)]
        assert all(outcome.status == "written" for outcome in writer.write(puts))
        writer.refresh(name)


def ask(log: Log) -> None:
    """Several weeks of searches: who asked for what how often is what the tests below say."""
    asked: list[Asked | Opened] = [search("purple vase", 3600 * n, account=f"a-{n % 3}") for n in range(6)]
    asked += [search("Vases purple", 90_000 + n, look_only=True, total=5) for n in (0, 600)]
    asked += [search("brass lamp", 7200 * n, account="a-1") for n in range(4)]
    asked += [search("oak tray", 100 + 600 * n) for n in range(3)]
    asked += [search("gift card", 200 + 600 * n) for n in range(2)]
    asked += [
        search(HOSTILE, 400),
        search("jane@example.org 0151 2345 6789", 500),
    ]
    asked += [search("blue vase", 600)]
    liked = search("ribbed vase", 700, total=1)
    asked += [liked, Opened(liked.request, BLUE_FRONT.id, 1, NOON)]
    for one in asked:
        log.recorder.record(one)
    assert log.recorder.flush()
    log.now = NOON + timedelta(days=30)


@pytest.fixture
def report(log: Log) -> GapReport:
    fill(log)
    ask(log)
    return log.log.gaps()


def by_query(report: GapReport) -> dict[str, Gap]:
    return {one.row.q: one for one in report.gaps}


def by_sku(report: GapReport) -> dict[str, Wanted]:
    return {one.product.sku: one for one in report.wanted}


def test_the_report_is_true_against_a_log_made_by_hand(report: GapReport, log: Log) -> None:
    gaps = by_query(report)
    purple = gaps["purple vase"]
    assert (purple.verdict, purple.unmet, purple.row.asked, purple.row.accounts) == (Verdict.SHOOT, 8, 8, 3)
    assert (purple.row.empty, purple.row.by_look) == (6, 2)
    assert (purple.today.pictures, purple.today.products, purple.today.lacking_total) == (0, 3, 2)
    assert purple.reason == (
        "6 times nothing was found and twice only what looks like it; 3 products have these words, and 2 of "
        "them lack a picture that can be shown"
    )
    assert (gaps["oak tray"].verdict, gaps["oak tray"].today.lacking_total) == (Verdict.DESCRIBE, 0)
    assert gaps["gift card"].verdict is Verdict.UNKNOWN
    assert gaps["[e-mail] [number]"].verdict is Verdict.UNKNOWN
    assert "blue vase" not in gaps, "there are pictures of it by now"
    assert report.closed == 1
    assert "ribbed vase" not in gaps
    _shoot_list(report)
    _every_format(report)
    _pages(report)
    _command(log)


def _shoot_list(report: GapReport) -> None:
    assert [one.product.sku for one in report.wanted] == ["VA-PURPLE", "LA-1", "LA-2"]
    purple, arc, table = report.wanted
    assert (purple.variants, purple.unmet, purple.demand) == (1, 8, 8.0)
    assert purple.reason == 'Asked for in vain 8 times ("purple vase"), and it has no picture.'
    assert (arc.demand, table.demand) == (2.0, 2.0)
    assert arc.score > table.score, "it is used, costs more and has no picture at all"
    assert "its main picture cannot be shown: too small" in table.reason
    assert "VA-PURPLE-OLD" not in by_sku(report), "it is sold no more"


def _every_format(report: GapReport) -> None:
    page = FORMATS["html"].make(report).decode()
    assert "<script" not in page
    assert "Ribbed vase purple" in page
    assert "jane" not in page
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"].make(report).decode("utf-8-sig"))))
    assert [row["sku"] for row in rows] == [one.product.sku for one in report.wanted]
    book = load_workbook(io.BytesIO(FORMATS["xlsx"].make(report)))
    assert book.sheetnames == ["Shoot this next", "Asked in vain"]
    queries = [row[0].value for row in book["Asked in vain"].iter_rows(min_row=2)]
    assert HOSTILE in queries
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    assert json.loads(FORMATS["json"].make(report))["products"][0]["sku"] == "VA-PURPLE"


def _pages(report: GapReport) -> None:
    walked: list[str] = []
    after: str | None = None
    while True:
        page = told.gaps(report, {"size": 2, "after": after} if after else {"size": 2})
        walked += [one["query"] for one in page["gaps"]]
        after = page["next"]
        if after is None:
            break
    assert walked == [one.row.q for one in report.gaps]


def _command(log: Log) -> None:
    engine = log.settings.engine
    environment = {
        "DISCOVERY_ENGINE__URL": engine.url,
        "DISCOVERY_ENGINE__PREFIX": engine.prefix,
        "DISCOVERY_MODEL__NAME": "fake",
        "DISCOVERY_HOME": str(log.settings.home),
    }
    done = CliRunner().invoke(main, ["search-gaps"], env=environment)
    assert done.exit_code == 0, done.output
    assert "1. Ribbed vase purple (VA-PURPLE): Asked for in vain 8 times" in done.output
    file = log.settings.home / "gaps.html"
    assert CliRunner().invoke(main, ["search-gaps", "-o", str(file)], env=environment).exit_code == 0
    assert file.read_bytes().startswith(b"<!doctype html>")


def test_without_any_search_the_report_says_so(log: Log) -> None:
    report = log.log.gaps()
    assert (report.gaps, report.wanted, report.log.since) == ((), (), None)
    assert "No search by words has been recorded yet" in FORMATS["html"].make(report).decode()
