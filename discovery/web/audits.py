"""Audits as the API takes and tells them: runs, findings, and what people change about these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from marshmallow import Schema, fields, post_load, validate

from discovery.audit.changes import LONGEST_NOTE, LONGEST_OWNER
from discovery.audit.feedback import QUESTION, REMEDY
from discovery.audit.listing import (
    DEFAULT_SIZE,
    MOST_SIZE,
    RUN_STATES,
    FindingsPage,
    FindingsQuery,
    FindingsSummary,
    RunRequest,
    RunView,
)
from discovery.audit.model import REPORTED, SEVERITIES, STATES, Finding, RuleCounts
from discovery.audit.reports.model import page_of
from discovery.audit.rules import RULES
from discovery.web import schemas
from discovery.web.schemas import MOST_CURSOR_CHARACTERS, MOST_ID_CHARACTERS, Flag, Listed, Text, Whole
from discovery.web.serialise import API, moment
from discovery.web.shaping import (
    a_flag,
    a_number,
    a_text,
    a_whole,
    an_object,
    maybe_moment,
    maybe_text,
    some_objects,
    some_texts,
)
from discovery.web.who import named, who_field

MOST_RUNS = 100
LAST_RUNS = 30
_UNKNOWN = {"unknown": "unknown field", "type": "expected an object"}
_DAY = {"format": "date"}


class CountsShape(Schema):
    """What became of findings in one run."""

    flagged = a_whole("seen: new, still there and returned")
    new = a_whole("no run saw them before")
    still = a_whole("they were there before")
    returned = a_whole("they were settled and are there again")
    settled = a_whole("they were there before and are not any more")


class RuleCountsShape(CountsShape):
    """What became of one rule in one run."""

    rule = a_text("name of the rule")
    subjects = a_whole("how many assets, products or files it looked at")
    cannot_tell = a_whole("of how many it cannot tell, because an input is late or missing")
    not_judged = maybe_text("why it looked at nothing at all")


class AuditRunLinksShape(Schema):
    """Addresses that belong to a run."""

    self = a_text("this run")
    report = maybe_text("its report as a page; null until it has finished")


class AuditRun(Schema):
    """One run of the audit."""

    id = a_text("its id")
    state = a_text(
        "queued; running; finished; stopped: a brake stopped it and nothing was changed, for the reasons "
        "given; planned: a dry run is over; failed: it could not be done",
        enum=list(RUN_STATES),
    )
    asked = maybe_moment("when it was asked for")
    by = maybe_text("who asked; null for a run of the command line or of the scheduler")
    started = maybe_moment("when it began")
    finished = maybe_moment("when it ended")
    as_of = maybe_moment("the moment it judged by")
    dry_run = a_flag("whether it keeps nothing")
    rules = some_texts("the rules it was asked to judge by; empty: all of them")
    reasons = some_texts("why it stopped or failed")
    notes = some_texts("what else to know")
    assets = a_whole("how many assets it judged")
    products = a_whole("how many products it judged")
    counts = an_object(CountsShape)
    severities = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "findings that it saw, by severity"},
    )
    by_rule = some_objects(RuleCountsShape)
    links = an_object(AuditRunLinksShape)


class AuditRunList(Schema):
    """The last runs, the newest first."""

    runs = some_objects(AuditRun)


class SubjectShape(Schema):
    """What a finding is about."""

    kind = a_text("asset, product, or the audit itself", enum=["asset", "product", "audit"])
    id = a_text("id of the asset, or SKU")
    name = a_text("path of the file, or name of the product")
    source = maybe_text("source or catalogue")
    family = maybe_text("family of the product")
    picture = maybe_text("id of an asset that shows it")


class EventShape(Schema):
    """Something that happened to a finding."""

    at = maybe_moment("when")
    what = a_text("what")
    by = maybe_text("who did it; null for a run")


class FindingLinksShape(Schema):
    """Addresses that belong to a finding; null where there is none."""

    self = a_text("this finding")
    subject = maybe_text("page of what it is about")
    thumbnail = maybe_text("picture of what it is about; add size=")


class FindingShape(Schema):
    """One thing that one rule finds wrong with one subject, from the first run that saw it to the last."""

    id = a_text("the same from run to run")
    rule = a_text("name of the rule")
    severity = a_text("how bad it is", enum=list(SEVERITIES))
    subject = an_object(SubjectShape)
    verdict = a_text("in a word or two")
    reasons = some_texts("in words")
    confidence = a_number("0 to 1")
    question = a_text("what the rule asks")
    remedy = a_text("what to do")
    state = a_text("how it stands", enum=list(STATES))
    first_seen = maybe_moment("when a run first saw it")
    last_seen = maybe_moment("when a run last saw it")
    resolved = maybe_moment("when it was settled")
    owner = maybe_text("who is to mend it")
    due = maybe_text("by which day", **_DAY)
    waived_until = maybe_text("the last day of its waiver", **_DAY)
    note = maybe_text("what people say of it")
    ends = maybe_moment("by when something must be done")
    related = some_texts("ids of other assets or products it is about")
    run = maybe_text("the last run that saw or settled it")
    links = an_object(FindingLinksShape)


class CountedShape(Schema):
    """How many findings there are of one kind."""

    value = a_text("name of the rule, severity, owner or source")
    count = a_whole("how many are pending")


class FindingsSummaryShape(Schema):
    """How many findings are pending (neither waived nor resolved), by what they are."""

    pending = a_whole("how many there are")
    waived = a_whole("how many are waived")
    overdue = a_whole("how many of the pending ones should have been mended by now")
    unassigned = a_whole("how many of the pending ones nobody is to mend")
    severities = some_objects(CountedShape)
    rules = some_objects(CountedShape)
    owners = some_objects(CountedShape)
    sources = some_objects(CountedShape)


class FindingDetail(FindingShape):
    """One finding with its history."""

    history = some_objects(EventShape)
    version = a_text("changes whenever it is written; the ETag of the reply holds it")


class FindingList(Schema):
    """One page of findings, the most severe first."""

    total = a_whole("how many there are")
    findings = some_objects(FindingShape)
    next = maybe_text("the after of the next page; null on the last one")


class AuditRequest(Schema):
    """What to judge. An empty object asks for all rules."""

    error_messages = _UNKNOWN

    rules = Listed(
        Text(),
        load_default=list,
        validate=validate.Length(max=len(RULES), error="at most {max} rules"),
        metadata={"description": "names of the rules to judge by; all of them when not given"},
    )
    dry_run = Flag(load_default=False, metadata={"description": "say what would be found, and keep nothing"})
    accept = Flag(
        load_default=False,
        metadata={
            "description": "go on where a brake would stop the run because far more is flagged than before"
        },
    )
    by = who_field()

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> RunRequest:
        """Return what was asked for."""
        rules = tuple(dict.fromkeys(data["rules"]))
        return RunRequest(rules, data["dry_run"], data["accept"], named(data["by"]))


class FindingChange(Schema):
    """What people may change about a finding; what is not given stays, null clears."""

    error_messages = _UNKNOWN

    state = Text(
        validate=validate.OneOf(STATES, error="expected one of {choices}"),
        metadata={"description": "how it stands from now on"},
    )
    owner = Text(
        allow_none=True,
        validate=validate.Length(max=LONGEST_OWNER, error="at most {max} characters"),
        metadata={"description": "who is to mend it"},
    )
    due = Text(allow_none=True, metadata={"description": "by which day, from today on", **_DAY})
    waived_until = Text(
        allow_none=True,
        metadata={"description": "the last day of a waiver, from today on; waives the finding", **_DAY},
    )
    note = Text(
        allow_none=True,
        validate=validate.Length(max=LONGEST_NOTE, error="at most {max} characters"),
        metadata={"description": "what there is to say of it"},
    )
    by = who_field()


class _FindingsParameters(Schema):
    error_messages = _UNKNOWN

    rule = Text(load_default=None)
    severity = Text(load_default=None)
    state = Text(load_default=None)
    subject = Text(
        load_default=None,
        validate=validate.Length(max=MOST_ID_CHARACTERS + 8, error="at most {max} characters"),
    )
    owner = Text(
        load_default=None, validate=validate.Length(max=LONGEST_OWNER, error="at most {max} characters")
    )
    source = Text(
        load_default=None, validate=validate.Length(max=MOST_ID_CHARACTERS, error="at most {max} characters")
    )
    assigned = Text(
        load_default=None, validate=validate.OneOf(("true", "false"), error="expected one of {choices}")
    )
    after = Text(
        load_default=None,
        validate=validate.Length(max=MOST_CURSOR_CHARACTERS, error="at most {max} characters"),
    )
    size = Whole(
        load_default=DEFAULT_SIZE, validate=validate.Range(1, MOST_SIZE, error="from {min} to {max}")
    )

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> FindingsQuery:
        assigned = None if data["assigned"] is None else data["assigned"] == "true"
        return FindingsQuery(**{**data, "assigned": assigned})


class _RunsParameters(Schema):
    error_messages = _UNKNOWN

    size = Whole(load_default=LAST_RUNS, validate=validate.Range(1, MOST_RUNS, error="from {min} to {max}"))


_REQUEST = AuditRequest()
_CHANGE = FindingChange()
_FINDINGS = _FindingsParameters()
_RUNS = _RunsParameters()
FINDINGS_PARAMETERS = tuple(_FINDINGS.fields)
RUNS_PARAMETERS = tuple(_RUNS.fields)


def run_request(body: Mapping[str, Any]) -> RunRequest:
    """Return what a body asks to be judged.

    Raises:
        InputInvalid: naming every field that is wrong.
    """
    asked: RunRequest = schemas.load(_REQUEST, body)
    return asked


def finding_change(body: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Return what a body changes about a finding, and who says so.

    Raises:
        InputInvalid: naming every field that is wrong.
    """
    change = dict(schemas.load(_CHANGE, body))
    return change, named(change.pop("by"))


def findings_query(given: Mapping[str, Any]) -> FindingsQuery:
    """Return what the parameters of an address ask of the findings.

    Raises:
        InputInvalid: naming every parameter that is wrong.
    """
    asked: FindingsQuery = schemas.load(_FINDINGS, given)
    return asked


def runs_asked(given: Mapping[str, Any]) -> int:
    """Return how many runs the parameters of an address ask for.

    Raises:
        InputInvalid: naming every parameter that is wrong.
    """
    return int(schemas.load(_RUNS, given)["size"])


def run_address(id: str) -> str:
    """Return the address of a run."""
    return f"{API}/audits/runs/{quote(id, safe='')}"


def run(view: RunView) -> dict[str, Any]:
    """Return one run. Every field is there; what is not known yet is null, empty or 0."""
    done, request = view.run, view.request
    rules = done.rules if done else {}
    finished = done is not None and view.state == "finished"
    return {
        "id": view.id,
        "state": view.state,
        "asked": moment(view.asked),
        "by": request.by if request else None,
        "started": moment(view.begun),
        "finished": moment(done.finished) if done else None,
        "as_of": moment(done.as_of) if done else None,
        "dry_run": bool(request and request.dry_run),
        "rules": _rules_asked(view),
        "reasons": list(done.reasons) if done else [view.reason] if view.reason else [],
        "notes": list(done.notes) if done else [],
        "assets": done.assets if done else 0,
        "products": done.products if done else 0,
        "counts": _counts(list(rules.values())),
        "severities": {name: (done.severities.get(name, 0) if done else 0) for name in SEVERITIES},
        "by_rule": [
            {
                "rule": name,
                **_counts([told]),
                "subjects": told.subjects,
                "cannot_tell": told.unknown,
                "not_judged": told.not_judged,
            }
            for name, told in rules.items()
        ],
        "links": {
            "self": run_address(view.id),
            "report": f"{API}/audits/report.html?run={quote(view.id, safe='')}" if finished else None,
        },
    }


def _rules_asked(view: RunView) -> list[str]:
    if view.request is not None:
        return list(view.request.rules)
    return list(view.run.rules) if view.run is not None and view.run.partial else []


def runs(views: Sequence[RunView]) -> dict[str, Any]:
    """Return the last runs."""
    return {"runs": [run(view) for view in views]}


def findings(page: FindingsPage) -> dict[str, Any]:
    """Return one page of findings."""
    return {
        "total": page.total,
        "findings": [finding(one) for one in page.findings],
        "next": page.next,
    }


def summary(one: FindingsSummary) -> dict[str, Any]:
    """Return how many findings are pending, those that are most first."""

    def counted(told: Mapping[str, int]) -> list[dict[str, Any]]:
        return [{"value": name, "count": count} for name, count in told.items()]

    return {
        "pending": one.pending,
        "waived": one.waived,
        "overdue": one.overdue,
        "unassigned": one.unassigned,
        "severities": [
            {"value": name, "count": one.severities.get(name, 0)} for name in reversed(SEVERITIES)
        ],
        "rules": counted(one.rules),
        "owners": counted(one.owners),
        "sources": counted(one.sources),
    }


def finding(one: Finding) -> dict[str, Any]:
    """Return one finding, without its history."""
    subject = one.subject
    question, remedy = _asked(one.rule)
    return {
        "id": one.id,
        "rule": one.rule,
        "severity": one.severity,
        "subject": {
            "kind": subject.kind,
            "id": subject.id,
            "name": subject.name,
            "source": subject.source,
            "family": subject.family,
            "picture": subject.picture,
        },
        "verdict": one.verdict,
        "reasons": list(one.reasons),
        "confidence": one.confidence,
        "question": question,
        "remedy": remedy,
        "state": one.state,
        "first_seen": moment(one.first_seen),
        "last_seen": moment(one.last_seen),
        "resolved": moment(one.resolved),
        "owner": one.owner,
        "due": _day(one.due),
        "waived_until": _day(one.waived_until),
        "note": one.note,
        "ends": moment(one.ends),
        "related": list(one.related),
        "run": one.run,
        "links": {
            "self": f"{API}/audits/findings/{one.id}",
            "subject": page_of(one),
            "thumbnail": f"{API}/assets/{quote(subject.picture, safe='')}/thumbnail"
            if subject.picture
            else None,
        },
    }


def _asked(name: str) -> tuple[str, str]:
    """Return what a rule asks, and what is to be done."""
    if name == REPORTED:
        return QUESTION, REMEDY
    rule = RULES.get(name)
    if rule is None:
        return "Did the last audit run to its end?", "See to what it says, then run it again."
    return rule.question, rule.remedy


def finding_detail(one: Finding, version: str) -> dict[str, Any]:
    """Return one finding with its history."""
    history = [{"at": moment(event.at), "what": event.what, "by": event.by} for event in one.history]
    return {**finding(one), "history": history, "version": version}


def _counts(told: Sequence[RuleCounts]) -> dict[str, int]:
    names = ("flagged", "new", "still", "returned", "settled")
    return {name: sum(getattr(one, name) for one in told) for name in names}


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
