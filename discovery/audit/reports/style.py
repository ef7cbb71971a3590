"""The look of a report: one style sheet inside the file, named by its hash for a strict policy."""

from __future__ import annotations

import base64
import hashlib

STYLE = """
:root { --ink: #1c2430; --soft: #5a6675; --line: #dfe4ea; --paper: #fff; --tint: #f5f7f9;
  --error: #b3261e; --warning: #c77700; --info: #4a6fa5; --good: #2e7d4f; --link: #1d4f91; }
* { box-sizing: border-box; }
html { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  color: var(--ink); background: var(--tint); -webkit-text-size-adjust: 100%; }
body { margin: 0; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 32px 64px; background: var(--paper); }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em; }
h2 { font-size: 20px; margin: 44px 0 14px; letter-spacing: -0.005em; }
h3 { font-size: 16px; margin: 0; }
p { margin: 0 0 8px; }
.lede { color: var(--soft); margin-bottom: 24px; }
.banner { border-left: 4px solid var(--error); background: #fdf1f0; padding: 12px 16px; margin: 0 0 24px; }
.banner ul { margin: 6px 0 0; padding-left: 20px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 12px; margin: 0; }
.tile { display: flex; flex-direction: column; justify-content: space-between; padding: 12px 16px;
  border: 1px solid var(--line); border-top: 3px solid var(--line); border-radius: 4px; }
.tile dt { color: var(--soft); font-size: 13px; }
.tile dd { margin: 2px 0 0; font-size: 28px; line-height: 1.15; font-weight: 600;
  font-variant-numeric: tabular-nums; }
.tile.error { border-top-color: var(--error); }
.tile.warning { border-top-color: var(--warning); }
.tile.info { border-top-color: var(--info); }
.tile.good { border-top-color: var(--good); }
.charts { display: grid; grid-template-columns: 1fr 1fr; gap: 20px 40px; align-items: start; }
figure { margin: 0; }
figcaption { color: var(--soft); font-size: 13px; margin-bottom: 8px; }
.chart { display: block; width: 100%; height: auto; max-width: 560px; }
.chart text { font-size: 12px; fill: var(--ink); }
.chart .label { text-anchor: end; }
.chart .tick { text-anchor: middle; fill: var(--soft); font-size: 11px; }
.chart .value { font-weight: 600; }
.chart .grid { stroke: var(--line); stroke-width: 1; }
.chart .error { fill: var(--error); }
.chart .warning { fill: var(--warning); }
.chart .info { fill: var(--info); }
.legend { display: flex; gap: 18px; font-size: 13px; color: var(--soft); margin: 8px 0 0; padding: 0;
  list-style: none; }
.legend li::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 2px;
  margin-right: 6px; background: var(--line); }
.legend .error::before { background: var(--error); }
.legend .warning::before { background: var(--warning); }
.legend .info::before { background: var(--info); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; font-size: 12.5px; color: var(--soft); padding: 6px 12px 6px 0;
  border-bottom: 1px solid var(--ink); }
td { vertical-align: top; padding: 8px 12px 8px 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
th:last-child, td:last-child { padding-right: 0; }
.number { width: 5.5em; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.rule { margin-top: 32px; }
.rule header { border-top: 3px solid var(--line); padding-top: 12px; margin-bottom: 10px; }
.rule.error header { border-top-color: var(--error); }
.rule.warning header { border-top-color: var(--warning); }
.rule.info header { border-top-color: var(--info); }
.rule header p { color: var(--soft); margin: 2px 0 0; }
.name { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-weight: 400; font-size: 13px;
  color: var(--soft); margin-left: 8px; }
.findings { table-layout: fixed; }
.findings .picture { width: 68px; }
.findings .who { width: 230px; }
.findings .since { width: 96px; }
.thumb { display: block; width: 56px; height: 56px; object-fit: contain; background: var(--tint);
  border-radius: 3px; font-size: 0; }
.subject { font-weight: 600; }
.sku { color: var(--soft); font-size: 13px; }
.reasons { margin: 2px 0 0; padding: 0; list-style: none; }
.note { color: var(--soft); font-style: italic; }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: 3px; font-size: 11.5px;
  line-height: 1.4; padding: 0 6px; margin-left: 6px; white-space: nowrap; font-weight: 500; }
.badge.error { color: var(--error); }
.badge.warning { color: #8f5600; }
.badge.info, .badge.waived, .badge.acknowledged { color: var(--soft); }
.badge.new { color: var(--good); }
.muted, footer { color: var(--soft); font-size: 13px; }
footer { margin-top: 48px; border-top: 1px solid var(--line); padding-top: 12px; }
@media (max-width: 640px) {
  main { padding: 24px 16px 40px; }
  .charts { grid-template-columns: 1fr; }
  .findings .since, .findings th.since, .findings td.since { display: none; }
  .findings .who { width: 110px; }
  .owners { font-size: 13px; }
  .owners th { font-size: 11px; }
  .owners .number { width: auto; padding-right: 8px; }
}
@media print {
  @page { size: A4; margin: 16mm 14mm; }
  html { font-size: 10.5pt; background: none; }
  main { max-width: none; padding: 0; }
  a { color: inherit; }
  h2, .rule header { break-after: avoid; }
  tr, figure, .tile, .banner, .rule header { break-inside: avoid; }
  thead { display: table-header-group; break-after: avoid; }
  .findings .who { width: 150px; }
  .tiles { grid-template-columns: repeat(6, 1fr); gap: 6px; }
  .tile { padding: 8px 10px; }
  .tile dd { font-size: 20px; }
  .charts { gap: 6mm; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
"""

STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
"""Names :data:`STYLE` in a Content-Security-Policy."""

POLICY = (
    f"default-src 'none'; img-src 'self' data: http: https:; style-src '{STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'"
)
"""The policy that the report carries and may be served with: no script, no style but its own."""
