"""``discovery search`` and ``discovery similar``: the read side on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

import click

from discovery.cli.invocation import Command, Invocation, pairs, pass_invocation
from discovery.config import Settings
from discovery.errors import InputInvalid, NotFound
from discovery.search.request import (
    Condition,
    ExamplePicture,
    Filters,
    Hit,
    Mode,
    SearchPage,
    SearchRequest,
    SimilarRequest,
    Viewer,
)
from discovery.search.service import SearchService
from discovery.web import serialise
from discovery.web.identity import new_request_id
from discovery.wiring import Service
from mappings.documents import AssetDocument
from mappings.fields import Kind, Side, find_field

_SIDE = click.Choice(["assets", "products"])


@click.command(cls=Command)
@click.argument("text")
@click.option("--in", "side", type=_SIDE, default="assets", show_default=True, help="What to look for.")
@click.option(
    "--mode", type=click.Choice([mode.value for mode in Mode]), default=Mode.AUTO.value, show_default=True
)
@click.option(
    "--filter", "filters", multiple=True, metavar="FIELD=VALUE", help="Repeat for more values or fields."
)
@click.option("--facet", "facets", multiple=True, metavar="FIELD", help="Count the values of a field.")
@click.option("--sort", default="relevance", show_default=True)
@click.option("--size", type=click.IntRange(1), default=None, help="Hits to show.")
@click.option(
    "--understand/--words-only",
    default=None,
    help="Whether words that are values of the catalogue become filters; else in mode auto.",
)
@click.option("--palette", default="", metavar="COLOURS", help="Colours, such as #1d3557,sand.")
@click.option("--tolerance", type=float, default=None, help="How different a colour may be (CIE94).")
@pass_invocation
def search(
    invocation: Invocation,
    text: str,
    side: str,
    mode: str,
    filters: tuple[str, ...],
    facets: tuple[str, ...],
    sort: str,
    size: int | None,
    understand: bool | None,
    palette: str,
    tolerance: float | None,
) -> None:
    """Find assets or products by words, "phrases", -words, and field:value."""
    settings = invocation.settings()
    request = SearchRequest(
        side=cast("Side", side),
        q=text,
        mode=Mode(mode),
        filters=parse_filters(cast("Side", side), filters),
        facets=facets,
        sort=sort,
        size=size,
        understand=understand,
        palette=_colours(palette),
        tolerance=tolerance,
    )
    page = Service(settings).search.search(request, Viewer())
    invocation.emit(serialise.page(page, new_request_id()), page_lines(page))


@click.command(cls=Command)
@click.argument("path", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--asset", metavar="ID", help="An indexed asset, in place of a file.")
@click.option("--product", metavar="SKU", help="A product's main picture, in place of a file.")
@click.option("--like", multiple=True, metavar="ID|SKU|PATH", help="A further picture; repeat for more.")
@click.option("--unlike", multiple=True, metavar="ID|SKU|PATH", help="A picture whose likes are not meant.")
@click.option("--words", default="", help='What else it should be, such as "but blue".')
@click.option("--palette", default="", metavar="COLOURS", help="Colours, such as #1d3557,sand.")
@click.option("--tolerance", type=float, default=None, help="How different a colour may be (CIE94).")
@click.option("--in", "side", type=_SIDE, default="assets", show_default=True, help="What to look for.")
@click.option(
    "--intent", type=click.Choice(["same_product", "same_look"]), default="same_look", show_default=True
)
@click.option(
    "--filter", "filters", multiple=True, metavar="FIELD=VALUE", help="Repeat for more values or fields."
)
@click.option(
    "--min-similarity", type=click.FloatRange(0, 1), default=None, help="Least similarity of a hit."
)
@click.option("--size", type=click.IntRange(1), default=None, help="Hits to show.")
@pass_invocation
def similar(
    invocation: Invocation,
    path: Path | None,
    asset: str | None,
    product: str | None,
    like: tuple[str, ...],
    unlike: tuple[str, ...],
    words: str,
    palette: str,
    tolerance: float | None,
    side: str,
    intent: str,
    filters: tuple[str, ...],
    min_similarity: float | None,
    size: int | None,
) -> None:
    """Find what looks like a picture, or several: files, indexed assets, or products."""
    settings = invocation.settings()
    if sum(given is not None for given in (path, asset, product)) != 1:
        raise InputInvalid("name exactly one of PATH, --asset and --product")
    service = Service(settings).search
    examples = [
        _example(service, given, settings, negative=negative)
        for names, negative in ((like, False), (unlike, True))
        for given in names
    ]
    request = SimilarRequest(
        side=cast("Side", side),
        asset=asset,
        product=product,
        image=_bytes(path, settings) if path else None,
        examples=tuple(examples),
        q=words,
        palette=_colours(palette),
        tolerance=tolerance,
        intent=cast("Literal['same_product', 'same_look']", intent),
        min_similarity=min_similarity,
        filters=parse_filters(cast("Side", side), filters),
        size=size,
    )
    page = service.similar(request, Viewer())
    invocation.emit(serialise.page(page, new_request_id()), page_lines(page))


def _example(service: SearchService, given: str, settings: Settings, *, negative: bool) -> ExamplePicture:
    """Return the picture that is named: a file, else an asset's id, else a SKU."""
    if Path(given).is_file():
        return ExamplePicture(image=_bytes(Path(given), settings), negative=negative)
    try:
        return ExamplePicture(asset=service.asset(given, Viewer()).id, negative=negative)
    except NotFound:
        return ExamplePicture(product=given, negative=negative)


def _colours(given: str) -> tuple[str, ...]:
    return tuple(colour.strip() for colour in given.split(",") if colour.strip())


def parse_filters(side: Side, given: tuple[str, ...]) -> Filters:
    """Return ``field=value`` arguments as filters; a repeated field is any-of.

    Raises:
        InputInvalid: for an argument without ``=`` or a value that the field does not take.
    """
    values: dict[str, list[str | float | bool]] = {}
    for argument in given:
        ((name, text),) = pairs([argument], "--filter").items()
        values.setdefault(name, []).append(_value(side, name, text))
    return Filters(tuple(Condition(name, any=tuple(found)) for name, found in values.items()))


def _value(side: Side, name: str, text: str) -> str | float | bool:
    field = find_field(side, name)
    if field is not None and field.kind is Kind.FLAG:
        if text not in ("true", "false"):
            raise InputInvalid(f"--filter {name}: expected true or false, found {text!r}")
        return text == "true"
    if field is not None and field.kind is Kind.NUMBER:
        try:
            return float(text)
        except ValueError as error:
            raise InputInvalid(f"--filter {name}: expected a number, found {text!r}") from error
    return text


def _bytes(path: Path, settings: Settings) -> bytes:
    try:
        if path.stat().st_size > settings.images.max_bytes:
            raise InputInvalid(f"{path}: larger than images.max_bytes ({settings.images.max_bytes})")
        return path.read_bytes()
    except OSError as error:
        raise InputInvalid(f"{path}: {error.strerror}") from error


def _name(hit: Hit) -> str:
    if isinstance(hit.document, AssetDocument):
        return hit.document.source.title or hit.document.source.filename
    return hit.document.source.title


def _key(hit: Hit) -> str:
    source = hit.document.source
    return f"{source.name}:{source.key}"


def page_lines(page: SearchPage) -> list[str]:
    """Return a page as a person reads it."""
    lines = [f"{page.total} found in {page.took_ms} ms ({page.mode.value})"]
    if page.fallback_reason:
        lines.append(f"note: {page.fallback_reason}")
    if page.corrected:
        lines.append(f"searched for: {page.corrected}")
    for part in page.understood:
        meant = " ".join([*map(str, part.values), *(f"{name} {value}" for name, value in part.bounds)])
        how = "understood" if part.applied else "left as words, though it could be meant"
        lines.append(f"{how}: {part.text!r} as {part.field} {meant}")
    lines += [f"rule: {rule.id} ({rule.action})" for rule in page.rules]
    if page.redirect:
        lines.append(f"redirect: {page.redirect}")
    for hit in page.hits:
        why = " ".join(f"{name} {share:.2f}" for name, share in hit.signals.items())
        why += "".join(f"; in {', '.join(hit.matched)}" for _ in hit.matched[:1])
        lines.append(f"{hit.score:8.3f}  {hit.id:24}  {_name(hit)[:60]:60}  {_key(hit)}  [{why}]")
    for name, values in page.facets.items():
        lines.append(f"{name}: " + ", ".join(f"{value.label} {value.count}" for value in values))
    return lines
