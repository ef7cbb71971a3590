"""``discovery link``: which products assets show, why, and what a run would change."""

from __future__ import annotations

import click

from discovery.cli.index import link_lines, progress_line
from discovery.cli.invocation import Group, Invocation, pass_invocation
from discovery.linking.verdict import Proposal
from discovery.wiring import Service
from indexers.link_run import Explanation, LinkSummary

_MARKS = {"new": "+", "changed": "~", "withdrawn": "-", "review": "?"}

_accept_shrink = click.option(
    "--accept-shrink", is_flag=True, help="Go on although far fewer products are indexed than before."
)


@click.group("link", cls=Group)
def link_group() -> None:
    """Link assets to their products by evidence, with reasons."""


@link_group.command()
@_accept_shrink
@pass_invocation
def propose(invocation: Invocation, accept_shrink: bool) -> None:
    """Say what a run over links would change: new, changed, withdrawn, to review. Change nothing."""
    _run(invocation, dry_run=True, accept_shrink=accept_shrink)


@link_group.command()
@click.option("--dry-run", is_flag=True, help="The same as propose.")
@_accept_shrink
@pass_invocation
def apply(invocation: Invocation, dry_run: bool, accept_shrink: bool) -> None:
    """Judge every asset against all products, and let what holds hold."""
    _run(invocation, dry_run=dry_run, accept_shrink=accept_shrink)


@link_group.command()
@click.argument("asset")
@pass_invocation
def explain(invocation: Invocation, asset: str) -> None:
    """Tell every piece of evidence about the asset of this id, what each product scored, and what holds."""
    service = Service(invocation.settings())
    explained = service.links.explain(asset)
    document = {
        "asset": explained.asset.id,
        "name": explained.asset.source.key,
        "verdict": explained.verdict,
        "links": explained.outcome.links,
        "refused": explained.outcome.refused,
    }
    invocation.emit(document, _explained(explained))


def _run(invocation: Invocation, *, dry_run: bool, accept_shrink: bool) -> None:
    service = Service(invocation.settings())
    with progress_line("links") as line:
        summary = service.links.run(dry_run=dry_run, accept_shrink=accept_shrink, progress=line)
    invocation.emit(summary.as_json(), [*_changes(summary), *link_lines(summary)])


def _changes(summary: LinkSummary) -> list[str]:
    lines = [f"{_MARKS[one.kind]} {one.name}  {one.sku}  {one.text}" for one in summary.changes]
    left = sum(summary.counts.values()) - len(summary.changes)
    return [*lines, f"… and {left} more"] if left else lines


def _explained(explained: Explanation) -> list[str]:
    verdict = explained.verdict
    lines = [f"{explained.asset.source.key}: {verdict.state.value}: {verdict.reason}"]
    lines += [
        f"  linked to {link.sku} as {link.role} ({link.method}): {'; '.join(link.reasons)}"
        for link in explained.outcome.links
    ]
    lines += [f"  refused: {sku}" for sku in explained.outcome.refused]
    for proposal in verdict.proposals:
        lines += _proposed(proposal)
    return lines


def _proposed(proposal: Proposal) -> list[str]:
    head = f"  {proposal.probability:6.1%}  {proposal.sku}  {proposal.name}, as {proposal.role}"
    weighed = sorted(proposal.evidence, key=lambda one: -abs(one.contribution))
    return [head, *(f"          {one.contribution:+6.2f}  {one.reason}" for one in weighed)]
