"""``discovery usage``: what assets are used for: told from files, counted, and how complete that is."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from discovery.cli.index import progress_line
from discovery.cli.invocation import PROBLEMS_FOUND, Group, Invocation, pass_invocation, say
from discovery.errors import InputInvalid
from discovery.usage.model import Coverage, Feed, content_id
from discovery.wiring import Service
from indexers.paging import pages

AT_ONCE = 1000
SHOWN = 20
LONGEST_LINE = 100_000

_since = click.option("--since", metavar="WHEN", help="The feed tells everything from then on.")


@click.group("usage", cls=Group)
def usage_group() -> None:
    """Tell what assets are used for, count it, and say how far that is all."""


@usage_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--feed", required=True, help="The name of where the events come from.")
@_since
@click.option(
    "--complete-until", metavar="WHEN", help="With this file the feed has told everything until then."
)
@pass_invocation
def import_(
    invocation: Invocation, file: Path, feed: str, since: str | None, complete_until: str | None
) -> None:
    """Take the events of FILE: .csv with a header line, else a JSON object a line.

    Columns: id, action (view, download, publication, withdrawal), at, asset (or source and key), product,
    channel, by, count. A row without id is known again by what it says. Bad rows are named and the others
    taken; the exit code is then 1, and --complete-until is not kept.
    """
    usage = Service(invocation.settings()).usage
    taken = known = refused = 0
    unknown: set[str] = set()
    told: list[dict[str, Any]] = []
    with progress_line(f"usage from {file.name}") as line:
        for page in pages(_rows(file), AT_ONCE):
            line.expect(len(page))
            done = usage.take(feed, [row for _, row in page])
            taken, known, refused = taken + done.taken, known + done.known, refused + len(done.refused)
            unknown |= set(done.unknown_assets)
            for one in done.refused:
                if len(told) < SHOWN or invocation.json:
                    problems = [{"field": p.field, "message": p.message} for p in one.problems]
                    told.append({"line": page[one.row][0], "errors": problems})
            line.advance(len(page))
    declared: Feed | None = None
    if complete_until is not None and not refused:
        declared = usage.declare(feed, since, complete_until)
    for bad in told[:SHOWN]:
        words = "; ".join(f"{problem['field']}: {problem['message']}" for problem in bad["errors"])
        say(f"  refused: line {bad['line']}: {words}")
    if refused > SHOWN:
        say(f"  … and {refused - SHOWN} more; --json names them all")
    if unknown:
        say(f"  {len(unknown)} assets are not indexed; their events count when they are")
    if complete_until is not None and refused:
        say(f"  the feed {feed!r} is not complete: rows were refused")
    document = {
        "taken": taken,
        "known": known,
        "refused": told,
        "unknown_assets": sorted(unknown),
        "feed": declared,
    }
    invocation.emit(document, [f"{file.name}: {taken} taken, {known} known before, {refused} refused"])
    if refused:
        sys.exit(PROBLEMS_FOUND)


def _rows(file: Path) -> Iterator[tuple[int, object]]:
    """Yield each row with the number of its line; what is no row is yielded as it is, to be refused."""
    seen: Counter[str] = Counter()
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for number, row in _csv(lines) if file.suffix.lower() == ".csv" else _json(lines):
                if isinstance(row, Mapping) and row.get("id") is None:
                    same = content_id(row, 0)
                    seen[same] += 1
                    yield number, {**row, "id": content_id(row, seen[same])}
                else:
                    yield number, row
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputInvalid(
            f"{file} is not what it should be: {error}; rows before that were taken"
        ) from error
    except OSError as error:
        raise InputInvalid(f"{file} cannot be read: {error.strerror}") from error


def _csv(lines: Any) -> Iterator[tuple[int, object]]:
    rows = csv.DictReader(lines, restkey="(more)", strict=True)
    for row in rows:
        given: dict[str, Any] = {name: value for name, value in row.items() if value not in (None, "")}
        count = given.get("count")
        if isinstance(count, str) and count.isascii() and count.isdigit() and len(count) < 12:
            given["count"] = int(count)
        yield rows.line_num, given


def _json(lines: Any) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, json.loads(line) if len(line) <= LONGEST_LINE else line
            except (ValueError, RecursionError):
                yield number, line


@usage_group.command()
@click.option("--all", "everything", is_flag=True, help="Count everything anew, not only what is new.")
@pass_invocation
def rollup(invocation: Invocation, everything: bool) -> None:
    """Bring counts and last dates on assets and products up to date with what was told."""
    with progress_line("usage") as line:
        done = Service(invocation.settings()).usage.roll_up(line, everything=everything)
    words = "everything" if done.everything else "what is new"
    text = f"usage: counted {words}: {done.counted} assets and products, {done.written} changed"
    invocation.emit(done, [text + (f", {done.unplaced} not indexed" if done.unplaced else "")])


@usage_group.command()
@pass_invocation
def feeds(invocation: Invocation) -> None:
    """List the feeds, and whether counts can be trusted. Exit code 1 if something is missing."""
    usage = Service(invocation.settings()).usage
    _tell(invocation, usage.feeds(), usage.coverage())


@usage_group.command()
@click.argument("name")
@_since
@click.option("--complete-until", metavar="WHEN", help="The feed has told everything until then.")
@click.option("--retire", is_flag=True, help="Wait for this feed no longer; what it told is kept.")
@pass_invocation
def feed(
    invocation: Invocation, name: str, since: str | None, complete_until: str | None, retire: bool
) -> None:
    """Say how far the feed NAME has told everything."""
    usage = Service(invocation.settings()).usage
    if retire:
        usage.retire(name)
        invocation.emit({"retired": name}, [f"{name}: not waited for any more"])
        return
    made = usage.declare(name, since, complete_until)
    invocation.emit(made, [_feed_line(made)])


def _tell(invocation: Invocation, all_feeds: tuple[Feed, ...], covered: Coverage) -> None:
    lines = [_feed_line(one) for one in all_feeds]
    lines += [f"  missing: {text}" for text in covered.missing]
    lines.append("usage: complete" if covered.complete else "usage: not complete; nothing is called unused")
    document = {"complete": covered.complete, "since": covered.since, "missing": covered.missing}
    invocation.emit({**document, "feeds": all_feeds}, lines)
    if not covered.complete:
        sys.exit(PROBLEMS_FOUND)


def _feed_line(one: Feed) -> str:
    return (
        f"{one.name}: everything from {one.since:%Y-%m-%d %H:%M} to {one.complete_until:%Y-%m-%d %H:%M} UTC"
    )
