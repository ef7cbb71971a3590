"""Whole runs over a real engine: what is remembered from run to run, and what stops a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from discovery.audit.context import UsageFeed
from discovery.audit.listing import FindingsQuery
from discovery.audit.model import SELF, AuditRun, Finding, Outcome
from discovery.audit.rules import ASSET_RULES
from discovery.audit.runner import Terms
from discovery.audit.service import AuditService
from discovery.audit.store import Snapshot
from discovery.config import AuditScopeSettings, Settings
from discovery.engine.client import Engine
from discovery.engine.writer import Delete, Operation, Put, Writer
from discovery.errors import (
    AnswerPartial,
    ConfigurationInvalid,
    EngineConflict,
    EngineTimedOut,
    IndexMissing,
    InputInvalid,
    NotFound,
)
from discovery.vision.fake import FakeEmbedder
from indexers.lifecycle import Lifecycle
from mappings.documents import AssetDocument, ProductDocument
from mappings.registry import ASSETS, FINDINGS, PRODUCTS, RUNS
from tests.audit.conftest import Clock, Serve
from tests.audit.making import asset, product


class Shelf:
    """A catalogue whose documents a test puts there itself."""

    def __init__(self, engine: Engine, settings: Settings, clock: Clock) -> None:
        Lifecycle(engine, settings).ensure(FakeEmbedder().recipe)
        self._prefix = settings.engine.prefix
        self._writer = Writer(engine)
        self._clock = clock

    def put(self, *documents: AssetDocument | ProductDocument) -> None:
        self._write([Put(self._index(document), document.id, document.to_source()) for document in documents])

    def take(self, *documents: AssetDocument | ProductDocument) -> None:
        self._write([Delete(self._index(document), document.id) for document in documents])

    def indexed(self, side: str = "assets", source: str = "studio", outcome: str = "finished") -> None:
        """Record an indexing run, as of now."""
        now = self._clock().isoformat()
        record = {
            "kind": "run",
            "source": source,
            "side": side,
            "started": now,
            "finished": now,
            "outcome": outcome,
        }
        self._write([Put(RUNS.write_alias(self._prefix), f"run-{side}-{source}-{now}", record)])

    def failed(self, key: str, reason: str, source: str = "studio") -> None:
        """Record a file that could not be indexed."""
        now = self._clock().isoformat()
        letter = {"kind": "failure", "source": source, "side": "assets", "key": key, "reason": reason,
                  "attempts": 1, "first_seen": now, "last_seen": now}  # fmt: skip
        self._write([Put(RUNS.write_alias(self._prefix), f"{key}-letter", letter)])

    def _index(self, document: AssetDocument | ProductDocument) -> str:
        family = ASSETS if isinstance(document, AssetDocument) else PRODUCTS
        return family.write_alias(self._prefix)

    def _write(self, operations: list[Operation]) -> None:
        outcomes = list(self._writer.write(operations))
        assert all(outcome.status in ("written", "gone") for outcome in outcomes), outcomes
        for index in {operation.index for operation in operations}:
            self._writer.refresh(index)


@pytest.fixture
def shelf(engine: Engine, settings: Settings, clock: Clock) -> Shelf:
    return Shelf(engine, settings, clock)


FRONT, STRAY = asset("mug_front.jpg", "MG-1"), asset("DSC_1.jpg")
MUG = product("MG-1", FRONT)


@pytest.fixture
def stocked(shelf: Shelf) -> Shelf:
    """A mug with its picture, and a picture of nothing."""
    shelf.put(FRONT, STRAY, MUG)
    shelf.indexed()
    return shelf


def open_rules(service: AuditService) -> set[tuple[str, str]]:
    return {(finding.rule, finding.subject.name) for finding in service.all_findings()}


def only(service: AuditService, rule: str) -> Finding:
    (found,) = (f for f in service.findings(FindingsQuery(rule=rule)).findings)
    return found


def counts(run: AuditRun) -> tuple[int, int, int, int]:
    return (run.new, run.still, run.returned, run.gone)


@pytest.mark.usefixtures("stocked")
def test_a_run_finds_stores_and_finds_again(serve: Serve) -> None:
    service = serve()
    first = service.run()
    assert first.outcome is Outcome.FINISHED, first.reasons
    assert open_rules(service) == {("asset-unlinked", "DSC_1.jpg")}
    assert counts(first) == (1, 0, 0, 0)
    assert counts(service.run()) == (0, 1, 0, 0)
    assert service.audit_run(first.id) == first


def test_what_is_mended_settles_itself_and_returns_with_its_history(
    stocked: Shelf, serve: Serve, clock: Clock
) -> None:
    service = serve()
    service.run()
    found = only(service, "asset-unlinked")
    service.change(found.id, {"owner": "studio@vessbrook.example", "note": "whose is it?"}, "a person")
    linked = dataclasses.replace(STRAY, product=FRONT.product)
    clock.forward(days=1)
    stocked.put(linked)
    assert counts(service.run()) == (0, 0, 0, 1)
    assert list(service.all_findings()) == []
    clock.forward(days=1)
    stocked.put(STRAY)
    assert counts(service.run()) == (0, 0, 1, 0)
    back = service.finding(found.id)
    assert (back.state, back.owner, back.first_seen) == ("open", "studio@vessbrook.example", found.first_seen)
    assert [event.what.split(",")[0] for event in back.history] == [
        "found", "owner studio@vessbrook.example", "settled", "returned",
    ]  # fmt: skip


def test_a_subject_that_is_taken_away_takes_its_findings_along(stocked: Shelf, serve: Serve) -> None:
    service = serve()
    service.run()
    stocked.take(STRAY)
    assert service.run().gone == 1


@pytest.mark.usefixtures("stocked")
def test_a_waiver_holds_over_runs_and_ends_by_itself(serve: Serve, clock: Clock) -> None:
    service = serve()
    service.run()
    until = (clock.now + timedelta(days=3)).date().isoformat()
    found = service.change(only(service, "asset-unlinked").id, {"waived_until": until})
    clock.forward(days=3)
    service.run()
    assert service.finding(found.id).state == "waived"
    clock.forward(days=1)
    assert service.finding(found.id).state == "open"
    service.run()
    assert only(service, "asset-unlinked").history[-1].what == "waiver ended"


@pytest.mark.usefixtures("stocked")
def test_a_dry_run_changes_nothing(serve: Serve) -> None:
    service = serve()
    run = service.run(Terms(dry_run=True))
    assert (run.outcome, run.new) == (Outcome.PLANNED, 1)
    assert service.findings(FindingsQuery()).total == 0
    assert service.runs() == []


def test_some_rules_alone_leave_the_findings_of_others(stocked: Shelf, serve: Serve) -> None:
    service = serve()
    service.run()
    stocked.put(
        asset("a_front.jpg", "MG-1", alt_text=None), dataclasses.replace(STRAY, product=FRONT.product)
    )
    run = service.run(Terms(rules=("asset-alt-text-missing",)))
    assert counts(run) == (1, 0, 0, 0)
    assert {rule for rule, _ in open_rules(service)} == {"asset-unlinked", "asset-alt-text-missing"}


def test_what_cannot_be_told_keeps_its_finding(stocked: Shelf, serve: Serve) -> None:
    service = serve()
    service.run()
    assert STRAY.run is not None
    stocked.put(dataclasses.replace(STRAY, run=dataclasses.replace(STRAY.run, pending=True)))
    run = service.run()
    assert counts(run) == (0, 0, 0, 0)
    assert run.rules["asset-unlinked"].unknown == 1
    assert open_rules(service) == {("asset-unlinked", "DSC_1.jpg")}


def test_unused_is_not_said_without_a_whole_usage_feed(stocked: Shelf, serve: Serve, clock: Clock) -> None:
    service = serve()
    since = clock.now - timedelta(days=3000)
    whole, late = UsageFeed(complete=True, since=since), UsageFeed(complete=False, since=since)
    assert (
        service.run(Terms(usage=late)).rules["asset-never-used"].not_judged == "the usage feed is incomplete"
    )
    assert service.run(Terms(usage=whole)).rules["asset-never-used"].new == 1
    run = service.run(Terms(usage=late))
    assert run.gone == 0
    assert ("asset-never-used", "DSC_1.jpg") in open_rules(service)
    del stocked


def test_files_that_failed_or_are_gone_are_found(stocked: Shelf, serve: Serve) -> None:
    stocked.failed("mug_back.jpg", "it is truncated")
    stocked.put(product("MG-1", FRONT, images=(("mug_front.jpg", "hero"), ("mug_back.jpg", "back"))))
    service = serve()
    service.run(Terms(absent=frozenset({FRONT.id})))
    broken, missing = only(service, "asset-file-broken"), only(service, "asset-file-missing")
    assert broken.reasons == ("it is truncated", "it is named by MG-1")
    assert (missing.subject.id, missing.severity) == (FRONT.id, "error")
    assert ("link-dead", "Mug") not in open_rules(service)


def test_copies_that_people_keep_are_no_duplicates(stocked: Shelf, serve: Serve) -> None:
    twin = asset("copy.jpg", checksum=FRONT.media.checksum)
    stocked.put(twin)
    service = serve()
    assert service.run(Terms(dry_run=True)).rules["asset-duplicate"].new == 1
    kept = frozenset({frozenset({twin.id, FRONT.id})})
    assert service.run(Terms(dry_run=True, kept_copies=kept)).rules["asset-duplicate"].new == 0


def test_what_linking_says_is_heard(stocked: Shelf, serve: Serve) -> None:
    service = serve()
    service.run(
        Terms(links=lambda ids: {ident: ("conflict", ("A1", "B2")) for ident in ids if ident == STRAY.id})
    )
    assert only(service, "link-conflict").related == ("A1", "B2")
    del stocked


@pytest.mark.usefixtures("stocked")
def test_a_rule_that_is_off_looks_at_nothing(serve: Serve) -> None:
    off = serve(off=("asset-unlinked",)).run(Terms(dry_run=True))
    assert off.rules["asset-unlinked"].not_judged == "it is off"
    here = serve(scopes=(AuditScopeSettings(source="studio", off=("asset-unlinked",)),)).run(
        Terms(dry_run=True)
    )
    assert here.rules["asset-unlinked"].subjects == 0


@pytest.mark.usefixtures("stocked")
def test_an_owner_comes_from_the_settings_and_stays_with_the_person_who_changed_it(serve: Serve) -> None:
    scopes = (AuditScopeSettings(source="studio", owner="studio@vessbrook.example"),)
    service = serve(owner="dam@vessbrook.example", scopes=scopes)
    service.run()
    found = only(service, "asset-unlinked")
    assert found.owner == "studio@vessbrook.example"
    service.change(found.id, {"owner": "somebody@vessbrook.example"})
    service.run()
    assert service.finding(found.id).owner == "somebody@vessbrook.example"


def crowd(number: int, **given: Any) -> list[AssetDocument]:
    return [asset(f"mug-{n}_front.jpg", "MG-1", **given) for n in range(number)]


def stopped(service: AuditService, **terms: Any) -> AuditRun:
    """Run, see that it stopped, and that nothing was changed but the finding about itself."""
    before = {f.id: f for f in service.all_findings() if f.rule != SELF}
    run = service.run(Terms(**terms))
    assert run.outcome is Outcome.STOPPED
    assert {f.id: f for f in service.all_findings() if f.rule != SELF} == before
    itself = only(service, SELF)
    assert itself.severity == "error"
    assert itself.reasons == run.reasons[: len(itself.reasons)]
    return run


def test_an_emptied_source_stops_the_run_and_a_full_one_settles_that(stocked: Shelf, serve: Serve) -> None:
    service = serve()
    service.run()
    stocked.take(MUG)
    assert "products/shop has 0 items" in "; ".join(stopped(service).reasons)
    stocked.put(MUG)
    run = service.run()
    assert run.outcome is Outcome.FINISHED
    assert SELF not in {rule for rule, _ in open_rules(service)}


@pytest.mark.parametrize("outcome", ["failed", "interrupted", "stopped"])
def test_a_source_that_was_read_in_part_stops_the_run(
    stocked: Shelf, serve: Serve, clock: Clock, outcome: str
) -> None:
    service = serve()
    service.run()
    clock.forward(hours=1)
    stocked.indexed(outcome=outcome)
    assert f"assets/studio ({clock.now:%Y-%m-%d %H:%M}) is {outcome}" in stopped(service).reasons[0]
    clock.forward(hours=1)
    stocked.indexed()
    assert service.run().outcome is Outcome.FINISHED


@pytest.mark.usefixtures("stocked")
def test_a_clock_a_year_ahead_or_behind_stops_the_run(serve: Serve, clock: Clock) -> None:
    service = serve()
    service.run()
    for days in (366, -366 * 2):
        clock.forward(days=days)
        assert "clock" in stopped(service).reasons[0]


def test_a_mass_of_new_flags_stops_the_run_unless_it_is_meant(
    stocked: Shelf, serve: Serve, clock: Clock
) -> None:
    service = serve()
    pictures = crowd(60)
    stocked.put(*pictures)
    service.run()
    clock.forward(hours=1)
    stocked.put(*crowd(60, alt_text=None))
    assert "asset-alt-text-missing would newly flag 60 of 62" in stopped(service).reasons[0]
    meant = service.run(Terms(accept=True))
    assert meant.outcome is Outcome.FINISHED
    assert meant.rules["asset-alt-text-missing"].new == 60
    assert service.run().outcome is Outcome.FINISHED


def test_judging_by_a_far_day_is_a_mass_that_stops_even_a_first_run(
    stocked: Shelf, serve: Serve, clock: Clock
) -> None:
    stocked.put(*crowd(60, licence_ends=clock.now + timedelta(days=100)))
    run = stopped(serve(), as_of=clock.now + timedelta(days=400))
    assert run.reasons[0].startswith("asset-expired would newly flag 60 of 62")


@pytest.mark.parametrize(
    "error", [AnswerPartial("3 of 5 shards failed"), EngineTimedOut("no answer in time")]
)
def test_an_engine_that_answers_in_part_stops_the_run(
    stocked: Shelf, serve: Serve, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    service = serve()
    service.run()
    stocked.put(asset("DSC_2.jpg"))
    whole = Snapshot.walk

    def in_part(self: Snapshot, side: str, *given: Any, **more: Any) -> Iterator[Any]:
        yield from whole(self, side, *given, **more)
        if side == "assets":
            raise error

    monkeypatch.setattr(Snapshot, "walk", in_part)
    assert str(error) in stopped(service).reasons[0]
    monkeypatch.undo()
    assert service.run().outcome is Outcome.FINISHED


@pytest.mark.usefixtures("stocked")
def test_a_list_that_ends_early_is_no_whole_answer(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    service = serve()
    service.run()
    monkeypatch.setattr(Snapshot, "counts", lambda _, side: {f"{side}/studio": 5})
    assert "only 1 of 5 products could be read" in stopped(service, accept=True).reasons[0]


def test_nothing_written_during_a_run_is_seen_by_it(
    stocked: Shelf, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: Callable[..., Iterator[Any]] = Snapshot.walk
    late = asset("late.jpg")

    def meanwhile(self: Snapshot, *given: Any, **more: Any) -> Iterator[Any]:
        stocked.put(late)
        stocked.take(STRAY)
        yield from whole(self, *given, **more)

    monkeypatch.setattr(Snapshot, "walk", meanwhile)
    service = serve()
    run = service.run()
    assert run.outcome is Outcome.FINISHED, run.reasons
    assert open_rules(service) == {("asset-unlinked", "DSC_1.jpg")}


@pytest.mark.usefixtures("stocked")
def test_a_rule_that_fails_on_one_subject_does_not_fail_the_run(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(subject: Any, _: Any) -> None:
        if subject.asset.id == FRONT.id:
            raise KeyError("odd")

    broken = dataclasses.replace(ASSET_RULES[0], judge=stumble)
    monkeypatch.setattr("discovery.audit.runner.ASSET_RULES", (broken, *ASSET_RULES[1:]))
    run = serve().run()
    assert run.outcome is Outcome.FINISHED
    assert run.rules[broken.name].unknown == 1
    assert "KeyError" in run.notes[0]


def test_lists_are_filtered_paged_and_whole(stocked: Shelf, serve: Serve) -> None:
    stocked.put(*(asset(f"DSC_{number}.jpg", alt_text=None, title=None) for number in range(100, 112)))
    service = serve()
    service.run()
    everything = service.findings(FindingsQuery(size=500))
    seen: list[str] = []
    after: str | None = None
    while True:
        page = service.findings(FindingsQuery(size=7, after=after))
        seen += [finding.id for finding in page.findings]
        after = page.next
        if after is None:
            break
    assert seen == [finding.id for finding in everything.findings]
    assert len(seen) == everything.total == 25
    assert (
        service.findings(FindingsQuery(rule="asset-unlinked", severity="warning", state="open")).total == 13
    )
    assert service.findings(FindingsQuery(subject=STRAY.id)).total == 1
    assert service.findings(FindingsQuery(subject=f"asset:{STRAY.id}", state="unresolved")).total == 1
    assert service.findings(FindingsQuery(subject=f"product:{STRAY.id}")).total == 0
    assert service.findings(FindingsQuery(state="resolved")).total == 0


@pytest.mark.usefixtures("stocked")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        (FindingsQuery(rule="nope"), "rule"),
        (FindingsQuery(severity="fatal"), "severity"),
        (FindingsQuery(state="done"), "state"),
        (FindingsQuery(after="!"), "after"),
        (FindingsQuery(after="W10"), "after"),
        (FindingsQuery(size=0), "size"),
    ],
)
def test_a_bad_filter_is_named(serve: Serve, query: FindingsQuery, field: str) -> None:
    with pytest.raises(InputInvalid) as caught:
        serve().findings(query)
    assert [problem.field for problem in caught.value.problems] == [field]


@pytest.mark.usefixtures("stocked")
def test_unknown_names_are_refused(serve: Serve) -> None:
    service = serve()
    with pytest.raises(InputInvalid, match="there is no rule 'asset-odd'"):
        service.run(Terms(rules=("asset-odd",)))
    with pytest.raises(NotFound):
        service.finding("0" * 24)
    with pytest.raises(NotFound):
        service.change("0" * 24, {"state": "open"})
    with pytest.raises(NotFound):
        service.audit_run("audit-0")
    with pytest.raises(ConfigurationInvalid, match="asset-odd"):
        serve(off=("asset-odd",))


@pytest.mark.usefixtures("stocked")
def test_two_people_cannot_change_one_finding_over_each_other(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = serve()
    service.run()
    found = only(service, "asset-unlinked")
    one, other = service._store.record(found.id), service._store.record(found.id)
    service._store.replace(dataclasses.replace(one[0], owner="a"), one[1])
    monkeypatch.setattr(service._store, "record", lambda _: other)
    with pytest.raises(EngineConflict):
        service.change(found.id, {"owner": "b"})


def test_a_catalogue_that_is_not_there_is_said(serve: Serve) -> None:
    with pytest.raises(IndexMissing):
        serve().run()


@pytest.mark.usefixtures("stocked")
def test_a_report_tells_the_last_run_and_what_is_open(serve: Serve, clock: Clock) -> None:
    service = serve()
    service.run()
    clock.forward(hours=1)
    service.run()
    report = service.report()
    assert report.run is not None
    assert (report.run.still, len(report.findings), len(report.trends)) == (1, 1, 2)
    assert [finding.rule for finding in report.findings] == ["asset-unlinked"]


def test_the_findings_index_takes_no_field_it_does_not_name(
    engine: Engine, stocked: Shelf, settings: Settings
) -> None:
    index = FINDINGS.write_alias(settings.engine.prefix)
    (outcome,) = Writer(engine, retries=0).write([Put(index, "x", {"id": "x", "odd": 1})])
    assert outcome.status == "failed"
    del stocked
