"""The report as one HTML file that reads well on a screen and on paper. Pure; every value is escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import escape

from discovery.audit.model import SELF, About, Finding, Severity
from discovery.audit.reports import charts
from discovery.audit.reports.model import NOBODY, Report, RuleLine, Section
from discovery.audit.reports.style import POLICY, STYLE

MOST_OWNERS = 30
_HEAVY: tuple[Severity, ...] = ("error", "warning", "info")
_NO_TREND = '<p class="muted">From the second run on, this shows how they come and go.</p>'


def as_html(report: Report) -> bytes:
    """Return the whole report."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>Catalogue audit, {report.made:%Y-%m-%d}</title>",
        f"<style>{STYLE}</style></head><body><main>",
        *_head(report),
        *_tiles(report),
        *_charts(report),
        *_owners(report),
        *_rules(report),
        *_searches(report),
        *_silent(report),
        f"<footer>Made {_moment(report.made)}. Days and times are UTC.{_linked(report)}</footer>",
        "</main></body></html>\n",
    ]
    return "\n".join(parts).encode("utf-8", "replace")


def _head(report: Report) -> Iterator[str]:
    yield "<header><h1>Catalogue audit</h1>"
    run = report.run
    if run is None:
        yield '<p class="lede">No run has come to its end yet.</p></header>'
    else:
        judged = f" as of {run.as_of:%Y-%m-%d}" if run.as_of.date() != run.started.date() else ""
        yield (
            f'<p class="lede">{_moment(run.started)}{judged}: {run.assets:,} assets and {run.products:,} '
            f"products, judged at one point in time.</p></header>"
        )
    if report.stopped is not None:
        reasons = "".join(f"<li>{escape(reason)}</li>" for reason in report.stopped.reasons)
        yield (
            f'<section class="banner"><strong>The last run, {_moment(report.stopped.started)}, stopped '
            f"itself and changed nothing.</strong><ul>{reasons}</ul></section>"
        )
    if run is not None and run.notes:
        yield f'<p class="muted">{escape(" ".join(f"{note}." for note in run.notes))}</p>'


def _tiles(report: Report) -> Iterator[str]:
    new = report.run.new + report.run.returned if report.run else 0
    gone = report.run.gone if report.run else 0
    tiles = (
        ("error", "errors", report.severity("error")),
        ("warning", "warnings", report.severity("warning")),
        ("info", "notices", report.severity("info")),
        ("", "waived", report.states.get("waived", 0)),
        ("", "new in this run", new),
        ("good", "settled in this run", gone),
    )
    yield '<dl class="tiles">'
    for kind, label, value in tiles:
        yield f'<div class="tile {kind}"><dt>{label}</dt><dd>{value:,}</dd></div>'
    yield "</dl>"


def _charts(report: Report) -> Iterator[str]:
    counts = Counter((f.rule, f.severity) for f in report.findings if f.state != "waived")
    rows = [
        (line.name, line.name, {severity: counts[line.name, severity] for severity in _HEAVY})
        for line in report.rules
    ]
    by_rule, over_time = charts.bars(rows), charts.trend(report.trends)
    if not by_rule:
        yield "<h2>At a glance</h2><p>Nothing is wrong that any rule knows of.</p>"
        return
    yield '<h2>At a glance</h2><div class="charts">'
    yield f"<figure><figcaption>Open findings by rule</figcaption>{by_rule}{_legend()}</figure>"
    told = over_time or _NO_TREND
    yield f"<figure><figcaption>Findings by run, waived ones included</figcaption>{told}</figure>"
    yield "</div>"


def _legend() -> str:
    return (
        '<ul class="legend"><li class="error">error</li><li class="warning">warning</li>'
        '<li class="info">notice</li></ul>'
    )


def _owners(report: Report) -> Iterator[str]:
    if not report.owners:
        return
    severities = Counter(
        (f.owner or NOBODY, f.severity) for f in report.findings if f.state != "waived" and f.rule != SELF
    )
    overdue = Counter(
        f.owner or NOBODY
        for f in report.findings
        if f.due is not None and f.due < report.made.date() and f.state != "waived"
    )
    yield '<h2>Who is asked</h2><table class="owners"><thead><tr><th>Owner</th>'
    yield '<th class="number">Errors</th><th class="number">Warnings</th><th class="number">Notices</th>'
    yield '<th class="number">Overdue</th><th class="number">All</th></tr></thead><tbody>'
    for owner, count in list(report.owners.items())[:MOST_OWNERS]:
        cells = [severities[owner, severity] for severity in _HEAVY] + [overdue[owner], count]
        numbers = "".join(f'<td class="number">{cell:,}</td>' for cell in cells)
        yield f"<tr><td>{escape(owner)}</td>{numbers}</tr>"
    yield "</tbody></table>"
    if len(report.owners) > MOST_OWNERS:
        yield f'<p class="muted">and {len(report.owners) - MOST_OWNERS} more owners</p>'


def _rules(report: Report) -> Iterator[str]:
    if not report.findings:
        return
    yield "<h2>By rule</h2>"
    for line, findings in report.sections():
        yield from _rule(report, line, findings)


def _rule(report: Report, line: RuleLine, findings: Sequence[Finding]) -> Iterator[str]:
    shown = findings[: report.rows]
    owned = _is_owned(report)
    who = '<th class="who">Owner</th>' if owned else ""
    yield (
        f'<section class="rule {line.severity}" id="{escape(line.name)}"><header>'
        f'<h3>{escape(line.question)}<span class="name">{escape(line.name)}</span></h3>'
        f"<p>{line.open:,} open{_more(line)}. {escape(line.remedy)}</p></header>"
    )
    yield '<table class="findings"><thead><tr><th class="picture"></th><th>What and why</th>'
    yield f'{who}<th class="since">Since</th></tr></thead><tbody>'
    yield from (_row(report, line, finding, owned=owned) for finding in shown)
    yield "</tbody></table>"
    if len(findings) > len(shown):
        more = len(findings) - len(shown)
        yield f'<p class="muted">{more:,} more are in the JSON, CSV and XLSX reports.</p>'
    yield "</section>"


def _more(line: RuleLine) -> str:
    told = [(line.new, "new"), (line.settled, "settled"), (line.waived, "waived")]
    return "".join(f", {count:,} {word}" for count, word in told if count)


def _is_owned(report: Report) -> bool:
    """Return whether there is anything to tell in a column of owners."""
    return any(finding.owner or finding.due for finding in report.findings)


def _row(report: Report, line: RuleLine, finding: Finding, *, owned: bool) -> str:
    subject = finding.subject
    address, picture = report.link(finding), report.thumbnail(subject)
    name = escape(subject.name)
    linked = f'<a href="{escape(address)}">{name}</a>' if address else name
    thumb = _thumb(picture) if picture else ""
    who = f'<td class="who">{escape(finding.owner or "")}{_due(finding)}</td>' if owned else ""
    sku = f' <span class="sku">{escape(subject.id)}</span>' if subject.kind == "product" else ""
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in finding.reasons)
    return (
        f'<tr><td class="picture">{thumb}</td><td><span class="subject">{linked}</span>{sku}'
        f"{''.join(_badges(report, line, finding))}"
        f'<ul class="reasons">{reasons}</ul>{_note(finding)}</td>'
        f'{who}<td class="since">{finding.first_seen:%Y-%m-%d}</td></tr>'
    )


def _thumb(address: str) -> str:
    # What is in the file anyway is shown at once: browsers print lazy pictures only once they were in sight.
    lazy = "" if address.startswith("data:") else ' loading="lazy"'
    return f'<img class="thumb" src="{escape(address)}" alt=""{lazy} width="56" height="56">'


def _badges(report: Report, line: RuleLine, finding: Finding) -> Iterable[str]:
    if finding.severity != line.severity:
        word = "notice" if finding.severity == "info" else finding.severity
        yield f'<span class="badge {finding.severity}">{word}</span>'
    before = len(report.trends) > 1
    if before and report.run is not None and finding.first_seen >= report.run.started:
        yield '<span class="badge new">new</span>'
    if finding.state == "waived":
        yield f'<span class="badge waived">waived until {finding.waived_until}</span>'
    elif finding.state == "acknowledged":
        yield '<span class="badge acknowledged">acknowledged</span>'
    if finding.confidence < 1:
        yield f'<span class="badge info">{finding.confidence:.0%} sure</span>'


def _note(finding: Finding) -> str:
    return f'<p class="note">{escape(finding.note)}</p>' if finding.note else ""


def _due(finding: Finding) -> str:
    return f'<br><span class="muted">due {finding.due}</span>' if finding.due else ""


def _searches(report: Report) -> Iterator[str]:
    if report.searches:
        yield "<h2>Saved searches</h2>"
    for one in report.searches:
        yield (
            f'<section class="rule info" id="search-{escape(one.id)}"><header><h3>{escape(one.name)}</h3>'
            f"<p>{_told_of(one)}</p></header>"
        )
        if one.items:
            yield '<table class="findings"><tbody>'
            yield from (_item(report, item) for item in one.items)
            yield "</tbody></table>"
        yield "</section>"


def _told_of(one: Section) -> str:
    if one.broken is not None:
        return f'<span class="badge error">cannot be run</span> {escape(one.broken)}'
    told = f"{one.total:,} found" + (f", {len(one.items):,} shown" if len(one.items) < one.total else "")
    who = f" Owner: {escape(one.owner)}." if one.owner else ""
    return f"{told}.{who}{f' {escape(one.note)}' if one.note else ''}"


def _item(report: Report, subject: About) -> str:
    picture = report.thumbnail(subject)
    sku = f' <span class="sku">{escape(subject.id)}</span>' if subject.kind == "product" else ""
    source = f'<br><span class="muted">{escape(subject.source)}</span>' if subject.source else ""
    return (
        f'<tr><td class="picture">{_thumb(picture) if picture else ""}</td><td><span class="subject">'
        f'<a href="{escape(report.page(subject))}">{escape(subject.name)}</a></span>{sku}{source}</td></tr>'
    )


def _silent(report: Report) -> Iterator[str]:
    quiet = [line for line in report.rules if not line.open and not line.waived]
    if not quiet or report.run is None:
        return
    yield "<h2>Asked, with nothing found</h2>"
    yield "<table><thead><tr><th>Rule</th><th>Question</th><th>Answer</th></tr></thead><tbody>"
    for line in quiet:
        why = f"not judged: {line.not_judged}" if line.not_judged else "nothing found"
        yield f"<tr><td>{escape(line.name)}</td><td>{escape(line.question)}</td><td>{escape(why)}</td></tr>"
    yield "</tbody></table>"


def _linked(report: Report) -> str:
    """Return a word on thumbnails that are not in the file, where others are."""
    count = sum(asset not in report.pictures for asset in report.shown()) if report.pictures else 0
    more = f"{count:,} more picture{' is' if count == 1 else 's are'}"
    return f" {more} shown where the report is opened in the service." if count else ""


def _moment(value: datetime) -> str:
    return f"{value:%d %B %Y, %H:%M}".lstrip("0")
