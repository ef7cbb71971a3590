"""``discovery link``: which products assets show, why, and what a run would change."""

from __future__ import annotations

import getpass
from collections.abc import Sequence

import click

from discovery.cli.index import link_lines, progress_line
from discovery.cli.invocation import Group, Invocation, pass_invocation
from discovery.curation.review import DEFAULT_SIZE, MOST_SIZE, WAITING, ReviewEntry, ReviewQuery
from discovery.curation.words import LinkWord, PastWord, Word
from discovery.linking.roles import ROLES
from discovery.linking.verdict import Proposal
from discovery.wiring import Service
from indexers.link_run import Explanation, LinkSummary

_MARKS = {"new": "+", "changed": "~", "withdrawn": "-", "review": "?"}

_accept_shrink = click.option(
    "--accept-shrink", is_flag=True, help="Go on although far fewer products are indexed than before."
)


@click.group("link", cls=Group)
def link_group() -> None:
    """Link assets to their products by evidence, with reasons, and by people's word."""


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
    history = service.decisions.history("asset", asset)
    document = {
        "asset": explained.asset.id,
        "name": explained.asset.source.key,
        "state": explained.state,
        "verdict": explained.verdict,
        "decisions": explained.decisions,
        "history": history,
        "links": explained.outcome.links,
        "refused": explained.outcome.refused,
    }
    invocation.emit(document, _explained(explained, history))


_by = click.option("--by", default=None, metavar="NAME", help="Who says so; the system's user by default.")
_why = click.option("--why", default="", metavar="TEXT", help="Why, for those who ask later.")
_role = click.option(
    "--role", type=click.Choice(ROLES), default=None, help="What the asset is to the product."
)


@link_group.command()
@click.argument("asset")
@click.argument("sku")
@_role
@_why
@_by
@pass_invocation
def accept(invocation: Invocation, asset: str, sku: str, role: str | None, why: str, by: str | None) -> None:
    """Say that the asset of this id shows the product of this SKU. It holds until it is withdrawn."""
    _decide(invocation, LinkWord(asset, sku, Word.ACCEPT, None, role, why), by)


@link_group.command()
@click.argument("asset")
@click.argument("sku")
@_why
@_by
@pass_invocation
def refuse(invocation: Invocation, asset: str, sku: str, why: str, by: str | None) -> None:
    """Say that the asset of this id does not show the product of this SKU, whoever claims it."""
    _decide(invocation, LinkWord(asset, sku, Word.REFUSE, why=why), by)


@link_group.command()
@click.argument("asset")
@click.argument("sku")
@click.argument("to")
@_role
@_why
@_by
@pass_invocation
def move(
    invocation: Invocation, asset: str, sku: str, to: str, role: str | None, why: str, by: str | None
) -> None:
    """Say that the asset of this id does not show the product SKU, but the product TO."""
    _decide(invocation, LinkWord(asset, sku, Word.MOVE, to, role, why), by)


@link_group.command()
@click.argument("asset")
@click.argument("sku")
@_why
@_by
@pass_invocation
def withdraw(invocation: Invocation, asset: str, sku: str, why: str, by: str | None) -> None:
    """Take back what was said of this asset and product; evidence counts again."""
    _decide(invocation, LinkWord(asset, sku, Word.WITHDRAW, why=why), by)


@link_group.command()
@click.option("--state", type=click.Choice(WAITING), default=None, help="Of these only.")
@click.option("--source", default=None, metavar="NAME", help="Assets of this source only.")
@click.option("--family", default=None, metavar="NAME", help="Only where a product of it is proposed.")
@click.option("--sku", default=None, metavar="SKU", help="Only where this product is proposed.")
@click.option("--min-probability", type=click.FloatRange(0, 1), default=None, help="Of the best proposal.")
@click.option("--size", type=click.IntRange(1, MOST_SIZE), default=DEFAULT_SIZE, show_default=True)
@click.option("--after", default=None, metavar="CURSOR", help="The page after this cursor.")
@pass_invocation
def review(
    invocation: Invocation,
    state: str | None,
    source: str | None,
    family: str | None,
    sku: str | None,
    min_probability: float | None,
    size: int,
    after: str | None,
) -> None:
    """List the assets that wait for somebody's word, the most probable first, with what is proposed."""
    query = ReviewQuery(state, source, family, sku, min_probability, after, size)
    page = Service(invocation.settings()).review.page(query)
    lines = [line for entry in page.entries for line in _waiting(entry)]
    told = f"{page.total} wait for review" + (f"; next: --after {page.next}" if page.next else "")
    entries = [entry.link for entry in page.entries]
    document = {"total": page.total, "entries": entries, "next": page.next}
    invocation.emit(document, [*lines, told])


def _waiting(entry: ReviewEntry) -> list[str]:
    link = entry.link
    head = f"{link.id}  {link.name}: {link.state}: {link.reason}"
    proposed = (
        f"  {one['probability']:6.1%}  {one['sku']}  {one['name']}, as {one['role']}: "
        f"{'; '.join(one['reasons'])}"
        for one in link.proposals
    )
    return [head, *proposed]


def _decide(invocation: Invocation, word: LinkWord, by: str | None) -> None:
    service = Service(invocation.settings())
    _ = service.links  # nothing is kept where nothing has been indexed
    made = service.decisions.decide([word], by or user())
    explained = service.links.explain(word.asset)
    held = [f"linked to {link.sku} as {link.role} ({link.method})" for link in explained.outcome.links]
    refused = [f"refused: {sku}" for sku in explained.outcome.refused]
    name = explained.asset.source.key
    lines = [f"{name}: {told}" for told in (*held, *refused)] or [f"{name}: not linked, nothing decided"]
    invocation.emit({"decisions": made, "links": explained.outcome.links}, lines)


def user() -> str:
    """Return who works at this terminal."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "command line"


def _run(invocation: Invocation, *, dry_run: bool, accept_shrink: bool) -> None:
    service = Service(invocation.settings())
    with progress_line("links") as line:
        summary = service.links.run(dry_run=dry_run, accept_shrink=accept_shrink, progress=line)
    invocation.emit(summary.as_json(), [*_changes(summary), *link_lines(summary)])


def _changes(summary: LinkSummary) -> list[str]:
    lines = [f"{_MARKS[one.kind]} {one.name}  {one.sku}  {one.text}" for one in summary.changes]
    left = sum(summary.counts.values()) - len(summary.changes)
    return [*lines, f"… and {left} more"] if left else lines


def _explained(explained: Explanation, history: Sequence[PastWord]) -> list[str]:
    verdict = explained.verdict
    lines = [f"{explained.asset.source.key}: {explained.state}: {verdict.reason}"]
    lines += [
        f"  linked to {link.sku} as {link.role} ({link.method}): {'; '.join(link.reasons)}"
        for link in explained.outcome.links
    ]
    lines += [
        f"  {one.at:%Y-%m-%d %H:%M} {one.by} said {one.word.value} of {one.sku}"
        f"{f' as {one.role}' if one.role else ''}{f': {one.why}' if one.why else ''}"
        f"{'' if one.last else ' (changed later)'}"
        for one in history
    ]
    for proposal in verdict.proposals:
        lines += _proposed(proposal)
    return lines


def _proposed(proposal: Proposal) -> list[str]:
    head = f"  {proposal.probability:6.1%}  {proposal.sku}  {proposal.name}, as {proposal.role}"
    weighed = sorted(proposal.evidence, key=lambda one: -abs(one.contribution))
    return [head, *(f"          {one.contribution:+6.2f}  {one.reason}" for one in weighed)]
