"""The report on gaps as one HTML file, in the look of the audit's. Pure; every value is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from discovery.audit.reports.style import POLICY, STYLE
from discovery.search_log.gaps import NAMED, Gap, GapReport, Verdict, Wanted
from discovery.search_log.reports.plain import page_of, search_for

MOST_SHOWN = 100

_SECTIONS = (
    (Verdict.SHOOT, "warning", "Asked in vain: its products lack pictures", "These make up the list above."),
    (
        Verdict.DESCRIBE,
        "warning",
        "Asked in vain: its products have pictures that do not say so",
        "Link the pictures to the products, or give them these words as keywords.",
    ),
    (
        Verdict.UNKNOWN,
        "info",
        "Asked in vain: nothing in the catalogue says these words",
        "Add a synonym if it is another word for something; else it is a wish for buyers to hear of.",
    ),
    (
        Verdict.UNOPENED,
        "info",
        "Found, and nothing opened",
        "Look at the results: a rule can pin what is right, a better picture may be missing.",
    ),
)


def as_html(report: GapReport) -> bytes:
    """Return the whole report."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>Shoot this next, {report.made:%Y-%m-%d}</title>",
        f"<style>{STYLE}</style></head><body><main>",
        *_head(report),
        *_wanted(report),
        *_gaps(report),
        _foot(report),
        "</main></body></html>\n",
    ]
    return "\n".join(parts).encode("utf-8", "replace")


def _foot(report: GapReport) -> str:
    return (
        f"<footer>Made {report.made:%Y-%m-%d %H:%M} UTC. E-mail addresses and long numbers in queries are "
        f"never kept; what is older than {report.retention_days} days is removed.</footer>"
    )


def _head(report: GapReport) -> Iterator[str]:
    log = report.log
    yield "<header><h1>Shoot this next</h1>"
    if log.since is None:
        yield '<p class="lede">No search by words has been recorded yet.</p></header>'
        return
    yield (
        f'<p class="lede">What people searched for since {log.since:%Y-%m-%d} and did not find, and the '
        "products that would answer if they had pictures.</p></header>"
    )
    tiles = (
        ("", "searches by words", log.asked),
        ("error", "found nothing", log.empty),
        ("warning", "found only look-alikes", log.by_look),
        ("warning", "queries still in vain", len(report.gaps)),
        ("good", "found by now", report.closed),
        ("info", "products to shoot", len(report.wanted)),
    )
    yield '<dl class="tiles">'
    for kind, label, value in tiles:
        yield f'<div class="tile {kind}"><dt>{label}</dt><dd>{value:,}</dd></div>'
    yield "</dl>"


def _wanted(report: GapReport) -> Iterator[str]:
    yield "<h2>What to photograph, the most wanted first</h2>"
    if not report.wanted:
        yield "<p>No product lacks a picture that anybody asked for in vain.</p>"
        return
    yield '<table><thead><tr><th class="number">Rank</th><th>Product and why</th>'
    yield '<th class="number">In vain</th><th class="number">Used</th><th class="number">Price</th>'
    yield '<th class="number">Score</th></tr></thead><tbody>'
    for rank, one in enumerate(report.wanted[:MOST_SHOWN], 1):
        yield _wanted_row(report, rank, one)
    yield "</tbody></table>"
    yield from _more(len(report.wanted))
    yield (
        '<p class="muted">Score: the product\'s own share of the questions in vain, weighed by what it '
        "lacks, and a little by its use and price. Products that are no longer sold are left out.</p>"
    )


def _wanted_row(report: GapReport, rank: int, one: Wanted) -> str:
    product = one.product
    variants = f" and {one.variants} variant{'s' * (one.variants > 1)}" if one.variants else ""
    price = "" if product.price is None else f"{product.price:,.2f} {escape(product.currency or '')}"
    return (
        f'<tr><td class="number">{rank}</td><td>{_link(report, page_of(product), product.name)} '
        f'<span class="sku">{escape(product.sku)}{variants}</span>'
        f'<ul class="reasons"><li>{escape(one.reason)}</li></ul></td>'
        f'<td class="number">{one.unmet:,}</td><td class="number">{product.uses:,}</td>'
        f'<td class="number">{price}</td><td class="number">{one.score:.2f}</td></tr>'
    )


def _gaps(report: GapReport) -> Iterator[str]:
    for verdict, kind, title, remedy in _SECTIONS:
        found = [one for one in report.gaps if one.verdict is verdict]
        if found:
            yield from _section(report, kind, title, remedy, found)


def _section(report: GapReport, kind: str, title: str, remedy: str, gaps: Sequence[Gap]) -> Iterator[str]:
    noun = "query" if len(gaps) == 1 else "queries"
    yield f'<section class="rule {kind}"><header><h3>{escape(title)}</h3>'
    yield f"<p>{len(gaps):,} {noun}. {escape(remedy)}</p></header>"
    yield '<table><thead><tr><th>Query and what is known</th><th class="number">Asked</th>'
    yield '<th class="number">In vain</th><th class="number">Accounts</th><th class="number">Pictures</th>'
    yield '<th class="number">Products</th><th class="number">Last</th></tr></thead><tbody>'
    for one in gaps[:MOST_SHOWN]:
        yield _gap_row(report, one)
    yield "</tbody></table>"
    yield from _more(len(gaps))
    yield "</section>"


def _gap_row(report: GapReport, one: Gap) -> str:
    row, today = one.row, one.today
    names = ", ".join(f"{product.name} ({product.sku})" for product in today.lacking[:NAMED])
    more = today.lacking_total - NAMED
    lacking = f"<li>Lacking: {escape(names)}{f' and {more} more' if more > 0 else ''}</li>" if names else ""
    other = f"<li>{row.refined:,} tried other words next</li>" if row.refined else ""
    return (
        f"<tr><td>{_link(report, search_for(one), row.q)}"
        f'<ul class="reasons"><li>{escape(one.reason)}</li>{lacking}{other}</ul></td>'
        f'<td class="number">{row.asked:,}</td><td class="number">{one.unmet:,}</td>'
        f'<td class="number">{row.accounts or ""}</td><td class="number">{today.pictures:,}</td>'
        f'<td class="number">{today.products:,}</td><td class="number">{row.last:%d %b}</td></tr>'
    )


def _link(report: GapReport, path: str, text: str) -> str:
    address = report.base_url.rstrip("/") + path
    return f'<a class="subject" href="{escape(address)}">{escape(text)}</a>'


def _more(count: int) -> Iterator[str]:
    if count > MOST_SHOWN:
        yield f'<p class="muted">{count - MOST_SHOWN:,} more are in the JSON, CSV and XLSX reports.</p>'
