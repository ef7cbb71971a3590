"""``discovery export`` and ``discovery import``: the records, what people decided."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from discovery.cli.invocation import PROBLEMS_FOUND, Command, Invocation, pass_invocation
from discovery.wiring import Service

_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command("export", cls=Command)
@_FILE
@pass_invocation
def export(invocation: Invocation, file: Path) -> None:
    """Write what people decided to a file: links, rules, collections, saved searches, findings."""
    counts = Service(invocation.settings()).export_records(file)
    lines = [f"{name}: {count}" for name, count in counts.items()]
    invocation.emit({"file": str(file), "records": counts}, [*lines, f"written to {file}"])


@click.command("import", cls=Command)
@_FILE
@click.option("--replace", is_flag=True, help="Let what is there and differs give way to the file's.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; keep nothing.")
@pass_invocation
def import_(invocation: Invocation, file: Path, replace: bool, dry_run: bool) -> None:
    """Keep the records of an exported file. Exit code 1 if any differ from what is there and stay."""
    done = Service(invocation.settings()).import_records(file, replace=replace, dry_run=dry_run)
    word = "would be written" if dry_run else "written"
    lines = [f"{name}: {count} {word}" for name, count in done.written.items()]
    lines += [f"{name}: {count} unchanged" for name, count in done.unchanged.items()]
    lines += [f"{name} {ident}: is there and differs; kept as it is" for name, ident in done.kept]
    invocation.emit(
        asdict(done), [*lines, f"import: {sum(done.written.values())} {word}, {len(done.kept)} kept"]
    )
    if done.kept:
        sys.exit(PROBLEMS_FOUND)
