"""The demo catalogue's planted troubles: each found by exactly its rule, nothing else called an error.

Both with its declared links alone and with links looked for, as `discovery demo` does it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from discovery.audit.model import AuditRun, Finding, Outcome
from discovery.audit.runner import Terms
from discovery.audit.service import AuditService
from discovery.config import Settings
from discovery.demo import CATALOGUE
from discovery.engine.client import Engine
from discovery.wiring import Service
from tests.demo.indexed import settings_at

TROUBLES: Mapping[str, Any] = json.loads((CATALOGUE / "troubles.json").read_text(encoding="utf-8"))
AS_OF = datetime.fromisoformat(TROUBLES["as_of"]).replace(hour=12, tzinfo=UTC)


def named(kind: str, field: str = "asset") -> set[str]:
    return {entry[field] for entry in TROUBLES[kind]}


LACKING = {entry["asset"]: set(entry["missing"]) for entry in TROUBLES["missing_metadata"]}
PLANTED: Mapping[str, set[str]] = {
    "asset-expired": named("expired_licence"),
    "asset-expiring": named("expiring_licence"),
    "asset-superseded-in-use": named("superseded_in_use"),
    "asset-unlinked": named("unlinked"),
    "asset-duplicate": named("near_duplicate"),
    "asset-low-resolution": named("low_resolution"),
    "asset-metadata-incomplete": {asset for asset, lacks in LACKING.items() if lacks - {"alt_text"}},
    "asset-alt-text-missing": {asset for asset, lacks in LACKING.items() if "alt_text" in lacks},
    "asset-file-broken": named("broken_file") | named("lying_file"),
    "asset-unapproved-in-use": named("unapproved_in_use"),
    "asset-stale": {asset for entry in TROUBLES["discontinued_in_use"] for asset in entry["assets"]},
    "link-conflict": named("link_conflict"),
    "link-dead": named("dead_link", "sku"),
    "product-no-asset": named("product_without_pictures", "sku"),
    "product-set-incomplete": named("missing_role", "sku"),
    "product-incomplete": named("incomplete_product", "sku"),
}
CONSEQUENCES: Mapping[str, set[str]] = {
    # The main pictures of two products are among the small and the unapproved ones.
    "product-hero-unusable": {"BT-306", "TB-808"},
}


def by_rule(findings: list[Finding]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for finding in findings:
        subject = finding.subject
        found.setdefault(finding.rule, set()).add(subject.name if subject.kind == "asset" else subject.id)
    return found


@pytest.fixture(scope="module", params=["demo", "linked_demo"], ids=["declared", "linked"])
def service(engine: Engine, request: pytest.FixtureRequest) -> Service:
    settings: Settings = request.getfixturevalue(request.param)
    return Service(settings_at(settings, engine))


@pytest.fixture(scope="module")
def audit(service: Service) -> AuditService:
    return service.audit


@pytest.fixture(scope="module")
def terms(service: Service) -> Terms:
    return Terms(as_of=AS_OF, links=service.link_states)


@pytest.fixture(scope="module")
def run(audit: AuditService, terms: Terms) -> AuditRun:
    return audit.run(terms)


@pytest.fixture(scope="module")
def findings(audit: AuditService, run: AuditRun) -> list[Finding]:
    assert run.outcome is Outcome.FINISHED, run.reasons
    return list(audit.all_findings())


@pytest.mark.parametrize("rule", sorted(PLANTED))
def test_planted_troubles_are_found_by_exactly_their_rule(rule: str, findings: list[Finding]) -> None:
    assert by_rule(findings)[rule] == PLANTED[rule]


def test_nothing_else_is_flagged_but_what_follows_from_them(findings: list[Finding]) -> None:
    others = {rule: subjects for rule, subjects in by_rule(findings).items() if rule not in PLANTED}
    assert others == CONSEQUENCES


def test_nothing_else_is_called_an_error(findings: list[Finding]) -> None:
    errors = by_rule([finding for finding in findings if finding.severity == "error"])
    assert set(errors) <= set(PLANTED)


def test_every_reason_is_in_words(findings: list[Finding]) -> None:
    assert all(finding.reasons and all(finding.reasons) for finding in findings)


def test_a_copy_names_its_original(findings: list[Finding]) -> None:
    originals = {entry["asset"]: entry["original"] for entry in TROUBLES["near_duplicate"]}
    for finding in findings:
        if finding.rule == "asset-duplicate":
            assert originals[finding.subject.name] in finding.reasons[0]


def test_a_report_on_it_holds_every_thumbnail_that_it_shows(service: Service, run: AuditRun) -> None:
    report = service.audit.report(run.id, pictured=True)
    assert len(report.shown()) > 20
    kept = {asset: data for asset, data in report.pictures.items() if data is not None}
    assert kept.keys() == set(report.shown())
    assert all(data[:4] == b"RIFF" and data[8:12] == b"WEBP" for data in kept.values())


def test_a_second_run_finds_the_same_and_nothing_new(
    audit: AuditService, run: AuditRun, terms: Terms
) -> None:
    again = audit.run(terms)
    assert (again.new, again.returned, again.gone) == (0, 0, 0)
    assert again.still == run.flagged


def test_a_products_state_says_what_the_rules_find(service: Service, findings: list[Finding]) -> None:
    found = by_rule(findings)
    products = service.lifecycle.serving().products.scan()
    today = datetime.now(UTC).date()
    states = {one.id: one.assets for one in products if one.assets.linked}
    unusable = {sku for sku, side in states.items() if not side.hero_usable and side.roles.count("hero")}
    ended = {sku for sku in unusable if states[sku].hero_problems == ("licence ended",)}
    assert unusable - ended == found["product-hero-unusable"]
    assert not ended or today > AS_OF.date()  # products stand by today, this audit judged by another day
    assert {sku for sku, side in states.items() if side.completeness < 100} == found["product-set-incomplete"]
