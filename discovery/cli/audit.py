"""``discovery audit``: judge the catalogue, and tell what is wrong with it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from discovery.audit.model import SEVERITIES, AuditRun, Outcome
from discovery.audit.reports.formats import FORMATS
from discovery.audit.runner import Terms
from discovery.cli.index import progress_line
from discovery.cli.invocation import PROBLEMS_FOUND, Group, Invocation, pass_invocation
from discovery.errors import InputInvalid
from discovery.wiring import Service


@click.group("audit", cls=Group)
def audit_group() -> None:
    """Find what is outdated, unlinked, expired, doubled or incomplete."""


@audit_group.command()
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="Judge by this rule only; repeatable.")
@click.option("--dry-run", is_flag=True, help="Say what would be found; keep nothing.")
@click.option("--accept", is_flag=True, help="Go on where far more is flagged than before.")
@click.option("--fail-on", type=click.Choice(SEVERITIES), help="Exit with 1 if anything this severe is open.")
@pass_invocation
def run(
    invocation: Invocation, rules: tuple[str, ...], dry_run: bool, accept: bool, fail_on: str | None
) -> None:
    """Judge every asset and product by every rule. Exit code 1 if a brake stopped it."""
    service = Service(invocation.settings())
    with progress_line("audit") as line:
        terms = Terms(rules=rules, dry_run=dry_run, accept=accept, links=service.link_states, progress=line)
        done = service.audit.run(terms)
    invocation.emit(done, audit_lines(done))
    severe = SEVERITIES[SEVERITIES.index(fail_on) :] if fail_on else ()
    if done.outcome is Outcome.STOPPED or any(done.severities.get(name) for name in severe):
        sys.exit(PROBLEMS_FOUND)


@audit_group.command()
@click.option("--format", "format_", type=click.Choice(tuple(FORMATS)), default="html", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option(
    "--search", "searches", multiple=True, metavar="ID", help="Show this saved search too; repeatable."
)
@pass_invocation
def report(invocation: Invocation, format_: str, output: Path, searches: tuple[str, ...]) -> None:
    """Write what is open now, since when, and who is to mend it, to a file."""
    settings = invocation.settings()
    chosen = FORMATS[format_]
    made = Service(settings).audit.report(pictured=chosen.pictured, searches=searches or None)
    if not made.base_url:
        made = replace(made, base_url=f"http://{settings.web.host}:{settings.web.port}")
    try:
        output.write_bytes(chosen.make(made))
    except OSError as error:
        raise InputInvalid(f"the report cannot be written to {output}: {error.strerror}") from error
    told = {"file": str(output), "findings": len(made.findings)}
    invocation.emit(told, [f"{len(made.findings)} findings written to {output}"])


@audit_group.command()
@click.option("--dry-run", is_flag=True, help="Say who would be told what; send nothing.")
@pass_invocation
def mail(invocation: Invocation, dry_run: bool) -> None:
    """Mail each owner what they have not heard of yet. Exit code 1 if a mail was refused."""
    audit = Service(invocation.settings()).audit
    if dry_run:
        planned = [{"to": one.to, "subject": one.subject} for one in audit.digests()]
        lines = [f"{one['to']}: {one['subject']}" for one in planned]
        invocation.emit({"planned": planned}, [*lines, f"mail: {len(planned)} to send"])
        return
    deliveries = audit.mail()
    refused = [one for one in deliveries if one.reason is not None]
    lines = [
        f"{one.to}: {f'not sent: {one.reason}' if one.reason else f'sent: {one.subject}'}"
        for one in deliveries
    ]
    done = f"mail: {len(deliveries) - len(refused)} sent, {len(refused)} refused"
    invocation.emit({"deliveries": deliveries}, [*lines, done])
    if refused:
        sys.exit(PROBLEMS_FOUND)


def audit_lines(done: AuditRun) -> list[str]:
    """Return a run as a person reads it: a line for each rule that flagged anything, and one for all."""
    told = ", ".join(f"{done.severities.get(name, 0)} {name}" for name in reversed(SEVERITIES))
    lines = [
        f"  {name}: {counts.flagged} ({counts.new} new)"
        for name, counts in done.rules.items()
        if counts.flagged
    ]
    lines += [f"  {reason}" for reason in (*done.reasons, *done.notes)]
    changed = f"{done.new} new, {done.still} still there, {done.returned} returned, {done.gone} gone"
    seen = f"{done.assets} assets and {done.products} products"
    return [*lines, f"audit: {done.outcome.value}: {seen}; {told}; {changed}"]
