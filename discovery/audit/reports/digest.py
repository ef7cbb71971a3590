"""What each owner is told by mail: what is theirs, what is new, and which licences end when. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape

from discovery.audit.model import SELF, Finding
from discovery.audit.reports.model import page_of
from discovery.mail.letter import Letter, Told, is_address, one_line

MOST_TOLD = 25
EXPIRING = "asset-expiring"


@dataclass(frozen=True, slots=True)
class Digest(Letter):
    """The letter to one owner; ``findings`` are how many are theirs."""

    findings: int


def digests(
    findings: Iterable[Finding],
    today: date,
    *,
    told: Callable[[str], Told | None],
    until: datetime,
    lead_days: Sequence[int],
    base_url: str = "",
) -> tuple[Digest, ...]:
    """Return the mails that are due today, one for each owner with an address who has something to hear.

    ``told`` returns what an owner has heard, ``None`` for nothing. A licence is told of once for each of
    ``lead_days`` before its end, on that day or at the first digest after it; a day missed is not lost. What
    is new is told up to ``until``, when all that had been found was written; what is overdue, once a day.
    """
    by_owner: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.owner and is_address(finding.owner) and finding.state in ("open", "acknowledged"):
            by_owner.setdefault(finding.owner, []).append(finding)
    made = []
    for owner, theirs in sorted(by_owner.items()):
        heard = told(owner)
        since = heard.day if heard else None
        ending = sorted((f for f in theirs if is_due(f, today, since, lead_days)), key=_end)
        listed = {finding.id for finding in ending}
        late = [f for f in theirs if f.due is not None and f.due < today and f.id not in listed]
        listed |= {finding.id for finding in late}
        late = late if since is None or since < today else []
        new = [
            finding
            for finding in theirs
            if finding.id not in listed
            and finding.first_seen <= until
            and (heard is None or finding.first_seen > heard.seen)
        ]
        if ending or late or new:
            made.append(_digest(owner, theirs, ending, late, new, today, base_url))
    return tuple(made)


def is_due(finding: Finding, today: date, since: date | None, lead_days: Sequence[int]) -> bool:
    """Return whether a licence's end is to be told of now."""
    if finding.rule != EXPIRING or finding.ends is None:
        return False
    end = finding.ends.date()
    if end < today:
        return False
    steps = [end - timedelta(days=lead) for lead in lead_days]
    return any(step <= today and (since is None or step > since) for step in steps)


def _end(finding: Finding) -> tuple[date, str]:
    return (finding.ends.date() if finding.ends else date.max, finding.subject.name)


def _digest(
    owner: str,
    theirs: Sequence[Finding],
    ending: Sequence[Finding],
    late: Sequence[Finding],
    new: Sequence[Finding],
    today: date,
    base_url: str,
) -> Digest:
    headline = []
    if ending:
        first = (_end(ending[0])[0] - today).days
        headline.append(f"{_count(len(ending), 'licence ends', 'licences end')}, the first {_in_days(first)}")
    if late:
        headline.append(f"{len(late)} overdue")
    if new:
        headline.append(f"{len(new)} new")
    sections = (
        ("Licences that end", ending, True),
        ("Overdue", late, False),
        ("New", new, False),
    )
    open_by_rule = Counter(finding.rule for finding in theirs if finding.rule != SELF)
    rest = ", ".join(f"{count} {rule}" for rule, count in open_by_rule.most_common())
    text, html = [], []
    for title, listed, dated in sections:
        if listed:
            text += [title, "-" * len(title), *_text_lines(listed, today, base_url, dated=dated), ""]
            html.append(
                f"<h2>{title}</h2><ul>{''.join(_html_lines(listed, today, base_url, dated=dated))}</ul>"
            )
    closing = f"Open and yours: {len(theirs)} ({rest})." if rest else f"Open and yours: {len(theirs)}."
    text += [closing]
    html.append(f"<p>{escape(closing)}</p>")
    if base_url:
        report = f"{base_url.rstrip('/')}/api/v1/audits/report.html"
        text.append(f"The whole report: {report}")
        html.append(f'<p><a href="{escape(report)}">The whole report</a></p>')
    return Digest(
        to=owner,
        subject=f"Catalogue audit: {'; '.join(headline)}",
        text="\n".join(text) + "\n",
        html=f'<!doctype html><html lang="en"><body>{"".join(html)}</body></html>\n',
        findings=len(theirs),
    )


def _text_lines(listed: Sequence[Finding], today: date, base_url: str, *, dated: bool) -> Iterable[str]:
    for finding in listed[:MOST_TOLD]:
        yield f"* {one_line(finding.subject.name)}: {one_line(_why(finding, today, dated=dated))}"
        if address := _address(finding, base_url):
            yield f"  {address}"
    if len(listed) > MOST_TOLD:
        yield f"* and {len(listed) - MOST_TOLD} more"


def _html_lines(listed: Sequence[Finding], today: date, base_url: str, *, dated: bool) -> Iterable[str]:
    for finding in listed[:MOST_TOLD]:
        name, address = escape(finding.subject.name), _address(finding, base_url)
        linked = f'<a href="{escape(address)}">{name}</a>' if address else name
        yield f"<li>{linked}: {escape(_why(finding, today, dated=dated))}</li>"
    if len(listed) > MOST_TOLD:
        yield f"<li>and {len(listed) - MOST_TOLD} more</li>"


def _why(finding: Finding, today: date, *, dated: bool) -> str:
    if dated and finding.ends is not None:
        days = (finding.ends.date() - today).days
        return f"its licence ends on {finding.ends:%Y-%m-%d}, {_in_days(days)}"
    due = f" (due {finding.due})" if finding.due else ""
    return f"{finding.verdict}: {'; '.join(finding.reasons)}{due}"


def _address(finding: Finding, base_url: str) -> str:
    page = page_of(finding) if base_url else None
    return f"{base_url.rstrip('/')}{page}" if page else ""


def _in_days(days: int) -> str:
    return "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
