"""``discovery collections``: ordered, named choices of assets and products."""

from __future__ import annotations

import getpass
from datetime import datetime

import click

from discovery.cli.invocation import Group, Invocation, pass_invocation
from discovery.curation.collection_model import Collection, Counts
from discovery.errors import InputInvalid
from discovery.search.request import Viewer
from discovery.web import collections as told
from discovery.wiring import Service

_ASSETS = click.option("--asset", "assets", multiple=True, metavar="ID", help="An asset; repeatable.")
_PRODUCTS = click.option("--product", "products", multiple=True, metavar="SKU", help="A product; repeatable.")


@click.group("collections", cls=Group)
def collections_group() -> None:
    """Keep ordered choices of assets and products."""


@collections_group.command("list")
@click.option("--owner", help="Of this owner only.")
@click.option("--asset", metavar="ID", help="That hold this asset only.")
@pass_invocation
def list_(invocation: Invocation, owner: str | None, asset: str | None) -> None:
    """List collections by name."""
    found = Service(invocation.settings()).collections.all(owner, asset)
    lines = [
        f"{one.id}  {count:6}  {one.name}{f'  ({one.owner})' if one.owner else ''}" for one, count in found
    ]
    invocation.emit(told.listing(found), [*lines, f"{len(found)} collections"])


@collections_group.command()
@click.argument("id")
@pass_invocation
def show(invocation: Invocation, id: str) -> None:
    """Show what is in a collection, in its order; what is gone is marked."""
    service = Service(invocation.settings())
    one = service.collections.get(id)
    found: dict[tuple[str, str], object] = {}
    for kind, side in (("asset", "assets"), ("product", "products")):
        ids = [item.id for item in one.items if item.kind == kind]
        documents = service.search.documents("assets" if side == "assets" else "products", ids, Viewer())
        found |= {(kind, ident): document for ident, document in documents.items()}
    gone = [item.key not in found for item in one.items]
    lines = [
        f"  {item.kind:8}{item.id:26}{item.name}{'  (gone)' if away else ''}"
        for item, away in zip(one.items, gone, strict=True)
    ]
    items = [
        {"kind": item.kind, "id": item.id, "name": item.name, "gone": away}
        for item, away in zip(one.items, gone, strict=True)
    ]
    invocation.emit({**told.collection(one), "items": items}, [_line(one), *lines])


@collections_group.command()
@click.argument("name")
@_ASSETS
@_PRODUCTS
@click.option("--owner", help="Who answers for it.")
@click.option("--note", help="What there is to say of it.")
@pass_invocation
def add(
    invocation: Invocation,
    name: str,
    assets: tuple[str, ...],
    products: tuple[str, ...],
    owner: str | None,
    note: str | None,
) -> None:
    """Make a collection."""
    body = {"name": name, "owner": owner, "note": note, "items": _refs(assets, products), "by": _me()}
    made = Service(invocation.settings()).collections.create(**told.draft(body))
    invocation.emit(told.collection(made), [_line(made)])


@collections_group.command("put")
@click.argument("id")
@_ASSETS
@_PRODUCTS
@click.option("--at", type=click.IntRange(0), help="Before how many of the others; moves what is there.")
@pass_invocation
def put(
    invocation: Invocation, id: str, assets: tuple[str, ...], products: tuple[str, ...], at: int | None
) -> None:
    """Put items into a collection, or move them within it."""
    _arrange(invocation, id, {"add": _refs(assets, products), "at": at, "by": _me()})


@collections_group.command("take")
@click.argument("id")
@_ASSETS
@_PRODUCTS
@pass_invocation
def take(invocation: Invocation, id: str, assets: tuple[str, ...], products: tuple[str, ...]) -> None:
    """Take items out of a collection."""
    _arrange(invocation, id, {"remove": _refs(assets, products), "by": _me()})


@collections_group.command()
@click.argument("id")
@click.argument("name")
@pass_invocation
def rename(invocation: Invocation, id: str, name: str) -> None:
    """Give a collection another name; searches in it go on."""
    changed = Service(invocation.settings()).collections.change(id, told.change({"name": name}))
    invocation.emit(told.collection(changed), [_line(changed)])


@collections_group.command()
@click.argument("id")
@pass_invocation
def delete(invocation: Invocation, id: str) -> None:
    """Take a collection away, with the links that share it. The assets stay."""
    gone = Service(invocation.settings()).collections.delete(id)
    invocation.emit(told.collection(gone), [f"deleted: {_line(gone)}"])


@collections_group.command()
@click.argument("id")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Its last day; else until it is revoked.")
@click.option("--note", help="What there is to say of it.")
@pass_invocation
def share(invocation: Invocation, id: str, until: datetime | None, note: str | None) -> None:
    """Make a link for reading a collection. Its token is told this once."""
    last = None if until is None else until.date()
    made, token = Service(invocation.settings()).collections.share(id, note, last, _me())
    shown = told.share_made(made, token)
    invocation.emit(shown, [f"{shown['address']}  (link {made.id})"])


@collections_group.command()
@click.argument("id")
@click.argument("link")
@pass_invocation
def revoke(invocation: Invocation, id: str, link: str) -> None:
    """Revoke a link."""
    gone = Service(invocation.settings()).collections.revoke(id, link)
    invocation.emit(told.share(gone), [f"revoked: {gone.id}"])


def _arrange(invocation: Invocation, id: str, body: dict[str, object]) -> None:
    if not body.get("add") and not body.get("remove"):
        raise InputInvalid("name at least one --asset or --product")
    changed, counts = Service(invocation.settings()).collections.arrange(id, **told.arrangement(body))
    invocation.emit(told.arranged(changed, counts), [_line(changed), f"  {_counted(counts)}"])


def _counted(counts: Counts) -> str:
    return f"{counts.added} added, {counts.moved} moved, {counts.removed} removed"


def _refs(assets: tuple[str, ...], products: tuple[str, ...]) -> list[dict[str, str]]:
    return [*({"asset": one} for one in assets), *({"product": one} for one in products)]


def _line(one: Collection) -> str:
    return f"{one.id}  {one.name}: {len(one.items)} items"


def _me() -> str:
    return getpass.getuser()
