"""``discovery search-gaps``: what is asked for and not found, and what to photograph because of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from discovery.cli.index import progress_line
from discovery.cli.invocation import Command, Invocation, pass_invocation
from discovery.errors import InputInvalid
from discovery.search_log.gaps import GapReport
from discovery.search_log.reports.formats import FORMATS
from discovery.search_log.reports.plain import document
from discovery.wiring import Service

SHOWN = 20


@click.command("search-gaps", cls=Command)
@click.option("--format", "format_", type=click.Choice(tuple(FORMATS)), default="html", show_default=True)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to this file."
)
@pass_invocation
def search_gaps(invocation: Invocation, format_: str, output: Path | None) -> None:
    """Tell what people search for in vain, and which products to photograph next because of it."""
    settings = invocation.settings()
    with progress_line("queries") as line:
        made = Service(settings).search_log.gaps(line)
    made = replace(made, base_url=f"http://{settings.web.host}:{settings.web.port}")
    if output is None:
        invocation.emit(document(made), _lines(made))
        return
    try:
        output.write_bytes(FORMATS[format_].make(made))
    except OSError as error:
        raise InputInvalid(f"the report cannot be written to {output}: {error.strerror}") from error
    told = {"file": str(output), "products": len(made.wanted), "gaps": len(made.gaps)}
    invocation.emit(
        told, [f"{len(made.wanted)} products and {len(made.gaps)} queries in vain written to {output}"]
    )


def _lines(made: GapReport) -> list[str]:
    log = made.log
    lines = [f"{log.asked} searches by words, {log.empty} found nothing, {log.by_look} only look-alikes"]
    lines += ["", "shoot this next:" if made.wanted else "no product lacks a picture that was asked for"]
    for rank, one in enumerate(made.wanted[:SHOWN], 1):
        lines.append(f"{rank:4}. {one.product.name} ({one.product.sku}): {one.reason}")
    lines += ["", "asked in vain:"] if made.gaps else []
    lines += [f"  {one.unmet:4} x {one.row.q!r}: {one.reason}" for one in made.gaps[:SHOWN]]
    more = max(len(made.wanted), len(made.gaps)) - SHOWN
    return [*lines, *(["", "… and more; --output writes all of it"] if more > 0 else [])]
