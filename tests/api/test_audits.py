from __future__ import annotations

import csv
import io
import json
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient

from discovery.audit.listing import RunRequest
from discovery.config import Settings
from discovery.errors import RunInProgress
from discovery.web import examples
from discovery.web.app import create_app
from tests.api.catalogue import MUG_FRONT
from tests.api.standin import MemoryAudits, MemorySearch, services_over

RUNS = "/api/v1/audits/runs"
FINDING = f"/api/v1/audits/findings/{examples.FINDING.id}"
WAIVER = {"waived_until": "2099-12-31", "note": "kept for the book"}


@pytest.fixture
def audits() -> MemoryAudits:
    return MemoryAudits()


@pytest.fixture
def office(search: MemorySearch, audits: MemoryAudits, settings: Settings) -> FlaskClient:
    return create_app(services_over(search, audits=audits), settings).test_client()


def test_a_run_is_accepted_and_says_where_to_look(office: FlaskClient, audits: MemoryAudits) -> None:
    reply = office.post(RUNS, json={"rules": ["link-dead", "link-dead"], "dry_run": True, "by": "a.moreau"})
    assert reply.status_code == 202
    assert reply.json is not None
    assert reply.headers["Location"] == reply.json["links"]["self"] == f"{RUNS}/{reply.json['id']}"
    assert (reply.json["state"], reply.json["finished"]) == ("queued", None)
    assert audits.asked == [RunRequest(("link-dead",), True, False, "a.moreau")]


@pytest.mark.parametrize("how", [{}, {"json": {}}], ids=["no body", "an empty object"])
def test_an_empty_request_asks_for_all_rules(office: FlaskClient, audits: MemoryAudits, how: Any) -> None:
    assert office.post(RUNS, **how).status_code == 202
    assert audits.asked == [RunRequest(by="api")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rules": ["asset-lost"]}, "rules"),
        ({"rules": "link-dead"}, "rules"),
        ({"rules": [1]}, "rules.0"),
        ({"rules": ["link-dead"] * 100}, "rules"),
        ({"dry_run": "yes"}, "dry_run"),
        ({"dry_run": 1}, "dry_run"),
        ({"accept": None}, "accept"),
        ({"by": "x" * 500}, "by"),
        ({"force": True}, "force"),
        ([], "(body)"),
    ],
)
def test_a_wrong_request_for_a_run_is_named(
    office: FlaskClient, audits: MemoryAudits, body: Any, field: str
) -> None:
    reply = office.post(RUNS, json=body)
    assert reply.status_code == 422
    assert reply.json is not None
    assert [error["field"] for error in reply.json["errors"]] == [field]
    assert audits.asked == []


def test_too_many_that_wait_are_refused(office: FlaskClient, audits: MemoryAudits) -> None:
    audits.failure = RunInProgress("20 audits wait to be run; ask again when some are over")
    assert office.post(RUNS, json={}).status_code == 409


ODD_IDS = ["none", "%00", "%E2%98%83", "x" * 2000, "..%2F..", "audit-1-zzzzzz", "%F0%9F%A6%8A%0A"]


@pytest.mark.parametrize("id", ODD_IDS)
@pytest.mark.parametrize("what", ["runs", "findings"])
def test_what_does_not_exist_is_not_found(office: FlaskClient, what: str, id: str) -> None:
    reply = office.get(f"/api/v1/audits/{what}/{id}")
    assert (reply.status_code, reply.mimetype) == (404, "application/problem+json")


def test_a_finding_is_waived_with_its_history_and_version(office: FlaskClient) -> None:
    before = office.get(FINDING)
    reply = office.patch(
        FINDING, json={**WAIVER, "by": "a.moreau"}, headers={"If-Match": before.headers["ETag"]}
    )
    assert reply.status_code == 200
    assert reply.json is not None
    assert (reply.json["state"], reply.json["waived_until"]) == ("waived", "2099-12-31")
    assert reply.json["history"][-1]["by"] == "a.moreau"
    assert reply.headers["ETag"] == f'"{reply.json["version"]}"' != before.headers["ETag"]


def test_a_change_of_what_was_changed_meanwhile_is_a_conflict(office: FlaskClient) -> None:
    reply = office.patch(FINDING, json=WAIVER, headers={"If-Match": '"1-7"'})
    assert reply.status_code == 409
    assert office.patch(FINDING, json=WAIVER, headers={"If-Match": "*"}).status_code == 200
    for unsound in ('"1", "2"', '"t)Z", "", W/"Rt]["', '""', 'W/"1-7"', "1-7, ?"):
        assert office.patch(FINDING, json=WAIVER, headers={"If-Match": unsound}).status_code == 422, unsound


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "(body)"),
        ({"by": "a.moreau"}, "(body)"),
        ({"waived_until": "2020-01-01"}, "waived_until"),
        ({"waived_until": "tomorrow"}, "waived_until"),
        ({"waived_until": "2030-02-30"}, "waived_until"),
        ({"waived_until": 20300101}, "waived_until"),
        ({"state": "waived", "waived_until": None}, "waived_until"),
        ({"state": "open", "waived_until": "2099-01-01"}, "waived_until"),
        ({"due": "2020-01-01"}, "due"),
        ({"state": "done"}, "state"),
        ({"state": None}, "state"),
        ({"owner": "x" * 500}, "owner"),
        ({"owner": "a\nb"}, "owner"),
        ({"owner": 7}, "owner"),
        ({"note": "x" * 5000}, "note"),
        ({"note": "\ud800"}, "note"),
        ({"severity": "info"}, "severity"),
    ],
)
def test_a_wrong_change_is_named(office: FlaskClient, change: Any, field: str) -> None:
    reply = office.patch(FINDING, json=change)
    assert (reply.status_code, reply.mimetype) == (422, "application/problem+json")
    assert reply.json is not None
    assert [error["field"] for error in reply.json["errors"]] == [field]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ("rule=asset-lost", "rule"),
        ("severity=fatal", "severity"),
        ("state=done", "state"),
        ("size=0", "size"),
        ("size=many", "size"),
        ("after=WzEsMiwzXQ", "after"),
        ("after=" + "W" * 5000, "after"),
        ("subject=" + "x" * 2000, "subject"),
        ("luck=1", "luck"),
        ("rule=link-dead&rule=link-conflict", "rule"),
    ],
)
def test_a_wrong_filter_of_findings_is_named(office: FlaskClient, parameters: str, field: str) -> None:
    reply = office.get(f"/api/v1/audits/findings?{parameters}")
    assert reply.status_code == 422
    assert reply.json is not None
    assert [error["field"] for error in reply.json["errors"]] == [field]


MEDIA = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@pytest.mark.parametrize("name", MEDIA)
def test_a_report_comes_as_what_it_is_and_tells_of_the_waiver(office: FlaskClient, name: str) -> None:
    reply = office.get(f"/api/v1/audits/report.{name}")
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, MEDIA[name])
    shown = "inline" if name == "html" else "attachment"
    filename = f"discovery-audit-2026-03-02.{name}"
    assert reply.headers["Content-Disposition"] == f'{shown}; filename="{filename}"'
    page = f"http://localhost/assets/{examples.FINDING.subject.id}"
    if name == "json":
        [finding] = json.loads(reply.data)["findings"]
        assert (finding["state"], finding["owner"]) == ("waived", "studio@example.org")
    elif name == "csv":
        [row] = csv.DictReader(io.StringIO(reply.data.decode("utf-8-sig")))
        assert (row["state"], row["owner"], row["link"]) == ("waived", "studio@example.org", page)
    elif name == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(reply.data))
        cells = {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
        assert {"waived", "studio@example.org"} <= cells
    else:
        assert "waived until 2026-06-30" in reply.text
        assert f'href="{page}"' in reply.text
        assert 'src="data:image/webp;base64,' in reply.text
        assert "img-src 'self' data:" in reply.headers["Content-Security-Policy"]
        assert "style-src 'sha256-" in reply.headers["Content-Security-Policy"]


def test_an_unknown_format_or_run_of_a_report_is_refused(office: FlaskClient) -> None:
    refused = office.get("/api/v1/audits/report.pdf")
    assert refused.status_code == 422
    assert refused.json is not None
    assert refused.json["errors"][0]["field"] == "format"
    assert office.get("/api/v1/audits/report.html?run=none").status_code == 404
    assert office.get("/api/v1/audits/report.html?luck=1").status_code == 422


def test_what_people_say_is_wrong_becomes_a_finding(office: FlaskClient) -> None:
    said = {"asset": MUG_FRONT.id, "complaint": "outdated", "note": "the old  logo\n", "by": "a.moreau"}
    reply = office.post("/api/v1/feedback", json=said)
    assert reply.status_code == 201
    assert reply.json is not None
    assert reply.headers["Location"] == reply.json["links"]["self"]
    assert (reply.json["rule"], reply.json["state"], reply.json["subject"]["id"]) == (
        "reported",
        "open",
        MUG_FRONT.id,
    )
    assert reply.json["reasons"] == ["a.moreau says: outdated (the old logo)"]
    assert [(one["what"], one["by"]) for one in reply.json["history"]] == [
        ("a.moreau says: outdated (the old logo)", "a.moreau")
    ]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"asset": MUG_FRONT.id}, 422, "complaint"),
        ({"complaint": "wrong"}, 422, "asset"),
        ({"complaint": "wrong", "asset": "a", "product": "b"}, 422, "asset"),
        ({"complaint": "ugly", "asset": MUG_FRONT.id}, 422, "complaint"),
        ({"complaint": "wrong", "asset": "none such"}, 404, "id"),
        ({"complaint": "wrong", "product": "none such"}, 404, "sku"),
        ({"complaint": "wrong", "asset": MUG_FRONT.id, "note": 3}, 422, "note"),
    ],
)
def test_feedback_that_is_wrong_is_named(
    office: FlaskClient, body: dict[str, Any], status: int, field: str
) -> None:
    reply = office.post("/api/v1/feedback", json=body)
    assert reply.status_code == status
    assert reply.json is not None
    assert [one["field"] for one in reply.json["errors"]] == [field]


def test_findings_are_counted_by_what_they_are(office: FlaskClient) -> None:
    told = office.get("/api/v1/audits/summary").json
    assert told is not None
    assert (told["pending"], told["overdue"], told["unassigned"]) == (12, 2, 9)
    assert [one["value"] for one in told["severities"]] == ["error", "warning", "info"]
    assert told["rules"] == [{"value": "asset-unlinked", "count": 12}]
    assert office.get("/api/v1/audits/findings?assigned=perhaps").status_code == 422
    assert office.get("/api/v1/audits/findings?assigned=false&source=studio&state=pending").status_code == 200
