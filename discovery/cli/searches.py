"""``discovery searches``: searches that people keep, and what their owners are told."""

from __future__ import annotations

import getpass
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from discovery.cli.invocation import PROBLEMS_FOUND, Group, Invocation, pass_invocation
from discovery.cli.search import page_lines
from discovery.errors import InputInvalid
from discovery.saved.model import Alert, SavedSearch
from discovery.search.request import Viewer
from discovery.web import searches as told
from discovery.web import serialise
from discovery.web.identity import new_request_id
from discovery.wiring import Service

_ALERT = click.Choice([alert.value for alert in Alert])


@click.group("searches", cls=Group)
def searches_group() -> None:
    """Keep searches, and hear when what they find changes."""


@searches_group.command("list")
@click.option("--owner", help="Of this owner only.")
@pass_invocation
def list_(invocation: Invocation, owner: str | None) -> None:
    """List saved searches by name. Exit code 1 if any cannot be run."""
    found = Service(invocation.settings()).saved_searches.all(owner)
    invocation.emit(told.listing(found), [*map(_line, found), f"{len(found)} saved searches"])
    if any(one.broken for one in found):
        sys.exit(PROBLEMS_FOUND)


@searches_group.command()
@click.argument("id")
@pass_invocation
def show(invocation: Invocation, id: str) -> None:
    """Show a saved search."""
    one = Service(invocation.settings()).saved_searches.get(id)
    request = json.dumps(one.request, ensure_ascii=False)
    invocation.emit(told.search(one), [_line(one), f"  {request}", *([f"  {one.note}"] if one.note else [])])


@searches_group.command()
@click.argument("name")
@click.option("--request", "request_", metavar="JSON", help="The request, as POST /search takes it.")
@click.option(
    "--file",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="A file with it, in place of --request.",
)
@click.option("--owner", help="Who answers for it; an e-mail address for alerts.")
@click.option("--note", help="What there is to say of it.")
@click.option(
    "--alert", type=_ALERT, default=Alert.OFF.value, show_default=True, help="When its owner is told."
)
@pass_invocation
def add(
    invocation: Invocation,
    name: str,
    request_: str | None,
    file: Path | None,
    owner: str | None,
    note: str | None,
    alert: str,
) -> None:
    """Keep a search. What it finds now counts as seen."""
    if (request_ is None) == (file is None):
        raise InputInvalid("give the request by exactly one of --request and --file")
    request = _json(file.read_text(encoding="utf-8") if file is not None else request_ or "")
    body = {"name": name, "owner": owner, "note": note, "request": request, "alert": alert}
    made = Service(invocation.settings()).saved_searches.create(
        **told.draft({**body, "by": getpass.getuser()})
    )
    invocation.emit(told.search(made), [_line(made)])


@searches_group.command()
@click.argument("id")
@click.option("--name", help="Another name.")
@click.option("--owner", help="Another owner; empty for none.")
@click.option("--note", help="Another note; empty for none.")
@click.option("--request", "request_", metavar="JSON", help="Another request.")
@click.option("--alert", type=_ALERT, help="When its owner is told.")
@pass_invocation
def change(
    invocation: Invocation,
    id: str,
    name: str | None,
    owner: str | None,
    note: str | None,
    request_: str | None,
    alert: str | None,
) -> None:
    """Change a saved search."""
    given = {"name": name, "owner": owner, "note": note, "alert": alert}
    body: dict[str, Any] = {key: value or None for key, value in given.items() if value is not None}
    if request_ is not None:
        body["request"] = _json(request_)
    changed = Service(invocation.settings()).saved_searches.change(id, told.change(body))
    invocation.emit(told.search(changed), [_line(changed)])


@searches_group.command()
@click.argument("id")
@pass_invocation
def run(invocation: Invocation, id: str) -> None:
    """Run a saved search."""
    service = Service(invocation.settings())
    searches = service.saved_searches
    page = service.search.search(searches.read(searches.get(id).request), Viewer())
    invocation.emit(serialise.page(page, new_request_id()), page_lines(page))


@searches_group.command()
@click.argument("id")
@click.option("--seen", is_flag=True, help="Let what it finds now count as seen.")
@pass_invocation
def changes(invocation: Invocation, id: str, seen: bool) -> None:
    """Tell what changed since a search was last seen."""
    service = Service(invocation.settings())
    found = service.saved_searches.changes(id)
    shown = (*found.entered[: told.MOST_TOLD], *found.left[: told.MOST_TOLD])
    documents = service.search.documents(found.search.side, shown, Viewer())
    lines = [f"{found.total} found now, {found.before} on {found.since:%Y-%m-%d %H:%M} UTC"]
    if found.fallback_reason:
        lines.append(f"note: {found.fallback_reason}")
    for sign, ids in (("+", found.entered), ("-", found.left)):
        for ident in ids[: told.MOST_TOLD]:
            known = documents.get(ident)
            lines.append(f"{sign} {ident:26}{(known.source.title or known.source.key) if known else 'gone'}")
    invocation.emit(told.changes(found, documents), lines)
    if seen:
        service.saved_searches.see(id)


@searches_group.command()
@click.argument("id")
@pass_invocation
def delete(invocation: Invocation, id: str) -> None:
    """Take a saved search away."""
    gone = Service(invocation.settings()).saved_searches.delete(id)
    invocation.emit(told.search(gone), [f"deleted: {_line(gone)}"])


@searches_group.command()
@pass_invocation
def alert(invocation: Invocation) -> None:
    """Look at all saved searches, and mail owners what changed. Exit code 1 for a refused mail."""
    done = Service(invocation.settings()).alerts.round()
    refused = [one for one in done.deliveries if one.reason is not None]
    lines = [
        f"{one.to}: {f'not sent: {one.reason}' if one.reason else f'sent: {one.subject}'}"
        for one in done.deliveries
    ]
    lines += [f"{name}: not looked at: {why}" for name, why in done.unsure]
    told_ = f"{done.due} of {done.searches} searches looked at: {done.changed} changed, {done.broken} broken"
    invocation.emit(asdict(done), [*lines, told_])
    if refused or done.broken:
        sys.exit(PROBLEMS_FOUND)


def _json(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError as error:
        raise InputInvalid(f"request: is not JSON: {error}") from error
    if not isinstance(read, dict):
        raise InputInvalid("request: expected a JSON object")
    return read


def _line(one: SavedSearch) -> str:
    owner = f"  ({one.owner})" if one.owner else ""
    alert = "" if one.alert is Alert.OFF else f"  alert: {one.alert.value}"
    broken = f"  cannot be run: {one.broken.reason}" if one.broken else ""
    return f"{one.id}  {one.name}{owner}{alert}{broken}"
