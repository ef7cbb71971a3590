"""``discovery duplicates``: files that hold the same picture, and people's word on them."""

from __future__ import annotations

from collections.abc import Sequence

import click

from discovery.cli.index import progress_line
from discovery.cli.invocation import Group, Invocation, pass_invocation
from discovery.cli.link import user
from discovery.curation.duplicate_listing import DEFAULT_SIZE, MOST_SIZE, GroupsQuery, ListedGroup
from discovery.curation.duplicate_words import Choice, DuplicateWord, Effect
from discovery.duplicates.groups import State
from discovery.duplicates.verdict import Kind
from discovery.web import duplicates
from discovery.wiring import DuplicateDesk, Service

_by = click.option("--by", default=None, metavar="NAME", help="Who says so; the system's user by default.")
_why = click.option("--why", default="", metavar="TEXT", help="Why, for those who ask later.")
_preview = click.option("--preview", is_flag=True, help="Say what it would do, and change nothing.")


@click.group("duplicates", cls=Group)
def duplicates_group() -> None:
    """Find files that hold the same picture, and say which are meant and which are one."""


@duplicates_group.command()
@pass_invocation
def find(invocation: Invocation) -> None:
    """Look over all assets, and keep the groups that are found. Every audit does this too."""
    service = Service(invocation.settings())
    with progress_line("duplicates") as line:
        groups, notes = service.find_duplicates(line)
    told = [f"{groups} groups of files hold the same picture", *notes]
    invocation.emit({"groups": groups, "notes": list(notes)}, told)


@duplicates_group.command("list")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), default=None, help="Of these only.")
@click.option(
    "--state",
    type=click.Choice([*(state.value for state in State), "all"]),
    default=State.OPEN.value,
    show_default=True,
    help="What people made of them.",
)
@click.option("--source", default=None, metavar="NAME", help="With a file of this source.")
@click.option("--asset", default=None, metavar="ID", help="With this asset.")
@click.option("--size", type=click.IntRange(1, MOST_SIZE), default=DEFAULT_SIZE, show_default=True)
@click.option("--after", default=None, metavar="CURSOR", help="The page after this cursor.")
@pass_invocation
def list_(
    invocation: Invocation,
    kind: str | None,
    state: str,
    source: str | None,
    asset: str | None,
    size: int,
    after: str | None,
) -> None:
    """List groups of files that hold the same picture, the newest first, with the file to keep."""
    query = GroupsQuery(kind, None if state == "all" else state, source, asset, after, size)
    page = Service(invocation.settings()).duplicate_groups.page(query)
    lines = [line for group in page.groups for line in _told(group)]
    told = f"{page.total} groups" + (f"; next: --after {page.next}" if page.next else "")
    invocation.emit(duplicates.page(page), [*lines, told])


@duplicates_group.command()
@click.argument("assets", nargs=-1, metavar="[ASSET]...")
@click.option("--group", default=None, metavar="ID", help="A group, in place of its assets.")
@_why
@_by
@_preview
@pass_invocation
def keep(
    invocation: Invocation,
    assets: tuple[str, ...],
    group: str | None,
    why: str,
    by: str | None,
    preview: bool,
) -> None:
    """Say that these assets, or all of a group, are meant. Later runs do not ask again."""
    _decide(invocation, DuplicateWord(Choice.KEEP_BOTH, group, assets, None, why), by, preview=preview)


@duplicates_group.command()
@click.argument("assets", nargs=-1, metavar="[ASSET]...")
@click.option("--group", default=None, metavar="ID", help="A group, in place of its assets.")
@click.option("--into", default=None, metavar="ASSET", help="What they are; of a group its suggested keeper.")
@_why
@_by
@_preview
@pass_invocation
def merge(
    invocation: Invocation,
    assets: tuple[str, ...],
    group: str | None,
    into: str | None,
    why: str,
    by: str | None,
    preview: bool,
) -> None:
    """Say that these assets, or all of a group, are one, which has their links and keywords from then on.

    What was merged is hidden from searches that do not ask for it; undo brings it back.
    """
    _decide(invocation, DuplicateWord(Choice.MERGE, group, assets, into, why), by, preview=preview)


@duplicates_group.command()
@click.argument("assets", nargs=-1, metavar="[ASSET]...")
@click.option("--group", default=None, metavar="ID", help="A group, in place of its assets.")
@_why
@_by
@_preview
@pass_invocation
def undo(
    invocation: Invocation,
    assets: tuple[str, ...],
    group: str | None,
    why: str,
    by: str | None,
    preview: bool,
) -> None:
    """Take back what was said of these assets, or of a group."""
    _decide(invocation, DuplicateWord(Choice.UNDO, group, assets, None, why), by, preview=preview)


def _decide(invocation: Invocation, word: DuplicateWord, by: str | None, *, preview: bool) -> None:
    desk = DuplicateDesk(Service(invocation.settings()))
    effects = desk.decide([word], by or user(), preview=preview)
    lines = [_effect(one) for one in effects]
    note = "nothing was changed: this is what it would do" if preview else "done"
    invocation.emit(duplicates.effects(effects, preview=preview), [*lines, note])


def _effect(one: Effect) -> str:
    if one.choice is Choice.KEEP_BOTH:
        return f"{one.asset} and {one.other}: both are meant"
    if one.choice is Choice.UNDO:
        return f"{one.asset} and {one.other}: {one.before.value if one.before else 'nothing'} is taken back"
    gains = [
        *([f"keywords {', '.join(one.keywords)}"] if one.keywords else []),
        *([f"links to {', '.join(one.links)}"] if one.links else []),
    ]
    gained = f", which gains {' and '.join(gains)}" if gains else ""
    return f"{one.asset} is {one.other} from now on{gained}"


def _told(one: ListedGroup) -> Sequence[str]:
    group = one.group
    keeper = group.keeper
    lines = [f"{group.id}  {group.kind.value}, {one.state.value}"]
    lines.append(f"  keep {keeper.id}  {keeper.source}: {keeper.name}  ({group.reason})")
    best = {pair.lesser.id: pair for pair in reversed(group.pairs)}
    for member in group.members[1:]:
        pair = best.get(member.id)
        how = f"  {pair.likeness.how} {pair.kept.name} ({pair.likeness.degree:.2f})" if pair else ""
        lines.append(f"       {member.id}  {member.source}: {member.name}{how}")
    return lines
