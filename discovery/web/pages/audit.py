"""What the audit's pages show: how things stand, how they went, and the list of what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from discovery.audit import brakes
from discovery.audit.listing import PENDING_STATE, RunView
from discovery.audit.model import REPORTED, SELF, SEVERITIES, STATES
from discovery.audit.reports.formats import FORMATS
from discovery.audit.rules import RULES
from discovery.web import audits
from discovery.web.grammar import Pairs
from discovery.web.language import counted, day, message, number, time, translated
from discovery.web.pages import view
from discovery.web.services import Audits

RUNS, BARS, CHART_HEIGHT, BAR_WIDTH = 30, 20, 100, 24
AT_ONCE = 50
LIST, ALL = "/audit/findings", "all"

SEVERITY_LABELS = {
    "error": message("Errors"),
    "warning": message("Warnings"),
    "info": message("Hints"),
}
STATE_LABELS = {
    PENDING_STATE: message("To see to"),
    "open": message("Open"),
    "acknowledged": message("Acknowledged"),
    "waived": message("Waived"),
    "resolved": message("Resolved"),
    ALL: message("All"),
}
RULE_LABELS = {
    "asset-alt-text-missing": message("Pictures without alternative text"),
    "asset-duplicate": message("Same picture in another file"),
    "asset-expired": message("Licence has ended"),
    "asset-expiring": message("Licence ends soon"),
    "asset-file-broken": message("Files that cannot be opened"),
    "asset-file-missing": message("Files that are gone"),
    "asset-low-resolution": message("Pictures with too few pixels"),
    "asset-metadata-incomplete": message("Files that do not say enough"),
    "asset-never-used": message("Never used"),
    "asset-stale": message("Outdated pictures"),
    "asset-superseded-in-use": message("Old versions in use"),
    "asset-unapproved-in-use": message("In use without approval"),
    "asset-unlinked": message("Pictures without a product"),
    "link-conflict": message("Claimed by several products"),
    "link-dead": message("Named pictures that are not there"),
    "product-asset-outdated": message("Products whose pictures are outdated"),
    "product-hero-unusable": message("Main pictures that cannot be shown"),
    "product-incomplete": message("Products whose record lacks something"),
    "product-no-asset": message("Products without pictures"),
    "product-no-hero": message("Products without a main picture"),
    "product-set-incomplete": message("Products that lack views"),
    REPORTED: message("Reported by people"),
    SELF: message("The audit itself"),
}


def severity_label(name: str) -> str:
    """Return what findings of a severity are called."""
    return translated(SEVERITY_LABELS[name])


def rule_label(name: str) -> str:
    """Return what a rule is called; one that is new here has its own name."""
    return translated(RULE_LABELS.get(name, name))


def address(**asked: str | None) -> str:
    """Return the address of the list of findings of one kind."""
    kept = {name: value for name, value in asked.items() if value}
    return f"{LIST}?{urlencode(kept)}" if kept else LIST


def overview(service: Audits) -> dict[str, Any]:
    """Return what the page of the whole shows."""
    views = service.run_views(RUNS)
    told = audits.summary(service.summary())
    whole = [one for one in views if one.state == "finished" and one.run is not None and not one.run.partial]
    last = audits.run(whole[0]) if whole else None
    over = next((one for one in views if one.state not in ("queued", "running", "planned")), None)
    return {
        "summary": told,
        "severities": _severities(told["severities"], [audits.run(one) for one in whole[:2]]),
        "rules": _rules(told["rules"], last),
        "owners": _owners(told),
        "sources": [{**one, "href": address(source=one["value"])} for one in told["sources"]],
        "last": _ended(over) if over else None,
        "under_way": next((one.id for one in reversed(views) if one.state in ("queued", "running")), None),
        "chart": _chart([audits.run(one) for one in reversed(whole[:BARS])]),
        "formats": [
            {"label": name.upper(), "href": f"/api/v1/audits/report.{name}"}
            for name in FORMATS
            if name != "html"
        ],
    }


def _severities(now: Iterable[Mapping[str, Any]], runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "name": one["value"],
            "label": severity_label(one["value"]),
            "count": one["count"],
            "href": address(severity=one["value"]),
            "change": _change(runs[0]["severities"][one["value"]] - runs[1]["severities"][one["value"]])
            if len(runs) == 2
            else "",
        }
        for one in now
    ]


def _change(difference: int) -> str:
    if difference == 0:
        return translated("as many as before")
    if difference > 0:
        return translated("%(count)s more than before", count=number(difference))
    return translated("%(count)s fewer than before", count=number(-difference))


def _rules(now: Iterable[Mapping[str, Any]], last: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    by_rule = {one["rule"]: one for one in last["by_rule"]} if last else {}
    found = []
    for one in now:
        rule, run = RULES.get(one["value"]), by_rule.get(one["value"], {})
        found.append(
            {
                "label": rule_label(one["value"]),
                "severity": rule.severity if rule else "warning",
                "count": one["count"],
                "new": run.get("new", 0) + run.get("returned", 0),
                "settled": run.get("settled", 0),
                "href": address(rule=one["value"]),
            }
        )
    return sorted(found, key=lambda one: (-SEVERITIES.index(one["severity"]), -one["count"]))


def _owners(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = [{**one, "href": address(owner=one["value"])} for one in told["owners"]]
    if told["unassigned"]:
        nobody = {"value": translated("Nobody yet"), "count": told["unassigned"]}
        found.append({**nobody, "href": address(assigned="false")})
    return found


def _ended(one: RunView) -> dict[str, Any]:
    """Return how a run ended, in words, and what to do where it did not come to its end."""
    told = audits.run(one)
    when = time(told["finished"] or told["started"] or told["asked"])
    reasons = [reason for reason in told["reasons"] if reason != brakes.ACCEPT]
    if one.state == "finished":
        said = translated("The last audit ended on %(when)s.", when=when)
        came = counted("%(num)s thing is new.", "%(num)s things are new.", told["counts"]["new"])
        gone = counted("%(num)s is settled.", "%(num)s are settled.", told["counts"]["settled"])
        said = f"{said} {came} {gone}"
    elif one.state == "stopped":
        said = translated("The audit stopped itself on %(when)s and changed nothing.", when=when)
    else:
        said = translated("The audit of %(when)s could not be done.", when=when)
    return {
        "state": one.state,
        "said": said,
        "reasons": reasons,
        "acceptable": one.state == "stopped" and len(reasons) < len(told["reasons"]),
        "notes": told["notes"],
    }


def _chart(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return one bar for each run, its severities upon each other; one run alone is no trend."""
    if len(runs) < 2:
        return None
    most = max(sum(run["severities"].values()) for run in runs) or 1
    bars, rows = [], []
    for place, run in enumerate(runs):
        top = float(CHART_HEIGHT)
        for name in reversed(SEVERITIES):
            height = CHART_HEIGHT * run["severities"][name] / most
            top -= height
            x = place * BAR_WIDTH + 3
            bars.append({"name": name, "x": x, "y": round(top, 2), "height": round(height, 2)})
        rows.append(
            {
                "when": time(run["finished"]),
                "counts": [run["severities"][name] for name in reversed(SEVERITIES)],
                "total": sum(run["severities"].values()),
            }
        )
    return {
        "bars": bars,
        "rows": rows,
        "width": len(runs) * BAR_WIDTH,
        "height": CHART_HEIGHT,
        "bar": BAR_WIDTH - 6,
        "said": translated(
            "Findings of the last %(runs)s audits: from %(first)s to %(last)s",
            runs=number(len(runs)),
            first=number(rows[0]["total"]),
            last=number(rows[-1]["total"]),
        ),
    }


def findings(service: Audits, pairs: Pairs) -> dict[str, Any]:
    """Return what the list of findings shows, in the state that its address holds.

    Raises:
        InputInvalid: naming every filter that is wrong.
    """
    names = ("rule", "severity", "state", "owner", "source", "assigned", "subject")
    kept = {name: value for name in names if (value := view.value_of(pairs, name))}
    state = kept.get("state", PENDING_STATE)
    asked = {**kept, "state": None if state == ALL else state, "after": view.value_of(pairs, "after")}
    query = audits.findings_query({**{k: v for k, v in asked.items() if v}, "size": AT_ONCE})
    page = audits.findings(service.findings(query))
    told = audits.summary(service.summary())
    return {
        "total": page["total"],
        "rows": [_row(one) for one in page["findings"]],
        "more": address(**kept, after=page["next"]) if page["next"] else None,
        "filters": _filters(kept, state, told),
        "carried": {name: kept[name] for name in ("subject", "assigned") if name in kept},
        "subject": kept.get("subject"),
        "unassigned": kept.get("assigned") == "false",
        "filtered": bool(kept),
        "first_page": address(**kept),
        "owners": [one["value"] for one in told["owners"]],
        "report": "/api/v1/audits/report.html",
    }


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    picture, level = one["links"]["thumbnail"], _ONE[one["severity"]]
    return {
        **one,
        "label": rule_label(one["rule"]),
        "severity_label": translated(level),
        "picture": f"{picture}?size=256" if picture else None,
        "stand": stand(one),
        "changed": {name: one[name] for name in ("state", "owner", "due", "waived_until", "note")},
    }


_ONE = {"error": message("Error"), "warning": message("Warning"), "info": message("Hint")}


def stand(one: Mapping[str, Any]) -> str:
    """Return how a finding stands, in words."""
    label = STATE_LABELS[one["state"]]
    parts = [translated(label)]
    if one["waived_until"]:
        parts = [translated("Waived until %(day)s", day=day(one["waived_until"]))]
    if one["owner"]:
        parts.append(translated("with %(owner)s", owner=one["owner"]))
    if one["due"]:
        parts.append(translated("due %(day)s", day=day(one["due"])))
    return " · ".join(parts)


def _filters(kept: Mapping[str, str], state: str, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    def choice(name: str, label: str, options: Iterable[tuple[str, str]], chosen: str) -> dict[str, Any]:
        listed = list(options)
        if chosen and chosen not in [value for value, _ in listed]:
            listed.append((chosen, chosen))
        shown = [{"value": v, "label": text, "selected": v == chosen} for v, text in listed]
        return {"name": name, "label": translated(label), "options": shown}

    anything = ("", translated("All"))
    rules = sorted(((name, rule_label(name)) for name in RULE_LABELS), key=lambda one: one[1].casefold())
    levels = [(name, severity_label(name)) for name in reversed(SEVERITIES)]
    states = [(name, translated(STATE_LABELS[name])) for name in (PENDING_STATE, *STATES, ALL)]
    owners = [(one["value"], one["value"]) for one in told["owners"]]
    sources = [(one["value"], one["value"]) for one in told["sources"]]
    return [
        choice("state", message("State"), states, state),
        choice("severity", message("How bad"), [anything, *levels], kept.get("severity", "")),
        choice("rule", message("What is wrong"), [anything, *rules], kept.get("rule", "")),
        choice("owner", message("Owner"), [anything, *owners], kept.get("owner", "")),
        choice("source", message("Source"), [anything, *sources], kept.get("source", "")),
    ]
