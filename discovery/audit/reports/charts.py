"""Charts as inline SVG: no script, no style attribute, readable in print and without colour. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from discovery.audit.model import Severity
from discovery.audit.reports.model import Trend

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
MOST_BARS = 24


def bars(rows: Sequence[tuple[str, str, Mapping[Severity, int]]]) -> str:
    """Return horizontal bars, one a row of (label, link target, counts by severity), longest first."""
    told = sorted((row for row in rows if sum(row[2].values())), key=lambda row: -sum(row[2].values()))
    if not told:
        return ""
    most = max(sum(counts.values()) for _, _, counts in told)
    step, left, width = 25, 182, 230
    parts = []
    for place, (label, target, counts) in enumerate(told):
        y, x, total = place * step, float(left), sum(counts.values())
        parts.append(
            f'<a href="#{escape(target)}">'
            f'<text class="label" x="{left - 10}" y="{y + 16}">{escape(label)}</text></a>'
        )
        for severity in SEVERITIES:
            length = counts.get(severity, 0) / most * width
            if length:
                parts.append(
                    f'<rect class="{severity}" x="{x:.1f}" y="{y + 4}" width="{max(length, 2):.1f}" '
                    f'height="16"><title>{escape(label)}: {counts[severity]} {severity}</title></rect>'
                )
                x += max(length, 2)
        parts.append(f'<text class="value" x="{x + 7:.1f}" y="{y + 16}">{total:,}</text>')
    height = len(told) * step
    return (
        f'<svg class="chart" viewBox="0 0 {left + width + 44} {height}" role="img" '
        f'aria-label="Open findings by rule">{"".join(parts)}</svg>'
    )


def trend(runs: Sequence[Trend]) -> str:
    """Return one column a run, stacked by severity, the oldest at the left; stopped runs are gaps."""
    told = runs[-MOST_BARS:]
    most = max((sum(run.severities.values()) for run in told), default=0)
    if len(told) < 2 or not most:
        return ""
    left, top, width, height = 40, 10, 400, 210
    slot = width / len(told)
    thick = min(36.0, slot * 0.62)
    parts = [_grid(most, left, top, width, height)]
    every = max(1, -(-len(told) // 6))
    when = "%H:%M" if told[0].at.date() == told[-1].at.date() else "%d %b"
    for place, run in enumerate(told):
        x = left + slot * place + (slot - thick) / 2
        parts.append(_column(run, x, thick, most, top, height))
        if place % every == 0 or place == len(told) - 1:
            middle = x + thick / 2
            parts.append(
                f'<text class="tick" x="{middle:.1f}" y="{top + height + 16}">{run.at:{when}}</text>'
            )
    return (
        f'<svg class="chart" viewBox="0 0 {left + width + 10} {top + height + 24}" role="img" '
        f'aria-label="Findings by run">{"".join(parts)}</svg>'
    )


def _column(run: Trend, x: float, thick: float, most: int, top: int, height: int) -> str:
    total = sum(run.severities.values())
    words = f"{run.at:%Y-%m-%d %H:%M}: {total} findings, {run.new} new, {run.gone} settled"
    if not total:
        words = f"{run.at:%Y-%m-%d %H:%M}: {run.outcome}"
        return (
            f'<text class="tick" x="{x + thick / 2:.1f}" y="{top + height - 4}">'
            f"<title>{escape(words)}</title>&#215;</text>"
        )
    y, parts = float(top + height), []
    for severity in SEVERITIES:
        tall = run.severities.get(severity, 0) / most * height
        if tall:
            y -= tall
            parts.append(
                f'<rect class="{severity}" x="{x:.1f}" y="{y:.1f}" width="{thick:.1f}" height="{tall:.1f}"/>'
            )
    return f"<g><title>{escape(words)}</title>{''.join(parts)}</g>"


def _grid(most: int, left: int, top: int, width: int, height: int) -> str:
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = top + height * (1 - share)
        parts.append(f'<line class="grid" x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="label" x="{left - 8}" y="{y + 4:.1f}">{round(most * share):,}</text>')
    return "".join(parts)
