"""``discovery index``: sources in, an index out, and what to do with its generations."""

from __future__ import annotations

import csv
import dataclasses
import json
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import click

from discovery.audit.reports.plain import defused
from discovery.cli.invocation import (
    INTERRUPTED,
    PROBLEMS_FOUND,
    Group,
    Invocation,
    ProgressLine,
    pairs,
    pass_invocation,
    say,
)
from discovery.config import LANGUAGES, AssetSourceSettings, ProductSourceSettings
from discovery.errors import DiscoveryError, FieldProblem, InputInvalid
from discovery.wiring import Service
from indexers.lifecycle import Change, FamilyStatus
from indexers.link_run import LinkSummary
from indexers.reconcile import Difference, Differences, Reconciliation
from indexers.summary import INTERRUPTED as RUN_INTERRUPTED
from indexers.summary import RunSummary

_dry_run = click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
_accept_shrink = click.option(
    "--accept-shrink", is_flag=True, help="Go on although a source has far fewer items than before."
)
_name = click.option("--name", required=True, help="The source's name, part of each item's identity.")
_option = click.option("--option", "options", multiple=True, metavar="KEY=VALUE", help="Repeat for more.")


@click.group("index", cls=Group)
def index_group() -> None:
    """Fill the index from sources, and look after it."""


@index_group.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@_dry_run
@_accept_shrink
@pass_invocation
def run(invocation: Invocation, names: tuple[str, ...], dry_run: bool, accept_shrink: bool) -> None:
    """Index the sources of config.toml, or those named. One that fails does not stop the rest."""
    settings = invocation.settings()
    sources: list[AssetSourceSettings | ProductSourceSettings] = [
        *settings.sources.assets,
        *settings.sources.products,
    ]
    known = [source.name for source in sources]
    for name in names:
        if name not in known:
            raise InputInvalid(f"there is no source {name!r}; config.toml has {', '.join(known) or 'none'}")
    if not sources:
        raise InputInvalid(
            "there are no sources; add [[sources.assets]] or [[sources.products]] to config.toml, "
            "or run discovery index assets PATH --name NAME"
        )
    service = Service(settings)
    chosen = [source for source in sources if not names or source.name in names]
    runs = [_run_of(service, source, dry_run=dry_run, accept_shrink=accept_shrink) for source in chosen]
    _run_all(invocation, runs, partial(linked_after, service, accept_shrink=accept_shrink))


@index_group.command()
@click.argument("uri")
@_name
@_option
@_dry_run
@_accept_shrink
@pass_invocation
def assets(
    invocation: Invocation,
    uri: str,
    name: str,
    options: tuple[str, ...],
    dry_run: bool,
    accept_shrink: bool,
) -> None:
    """Index the files below URI: a folder, or any fsspec address such as s3://bucket/prefix."""
    place = uri if "://" in uri else str(Path(uri).expanduser().absolute())
    language, given = _language(options)
    source = AssetSourceSettings(name=name, uri=place, language=language, options=given)
    _run_named(invocation, source, dry_run=dry_run, accept_shrink=accept_shrink)


@index_group.command()
@click.argument("path")
@_name
@click.option(
    "--format", "format_", type=click.Choice(["magento", "table"]), default="table", show_default=True
)
@_option
@_dry_run
@_accept_shrink
@pass_invocation
def products(
    invocation: Invocation,
    path: str,
    name: str,
    format_: str,
    options: tuple[str, ...],
    dry_run: bool,
    accept_shrink: bool,
) -> None:
    """Index a product catalogue: a file, a folder of files, or a pattern of files."""
    place = str(Path(path).expanduser().absolute())
    language, given = _language(options)
    source = ProductSourceSettings(name=name, path=place, format=format_, language=language, options=given)
    _run_named(invocation, source, dry_run=dry_run, accept_shrink=accept_shrink)


def _language(options: tuple[str, ...]) -> tuple[str, types.MappingProxyType[str, str]]:
    """Return the language that the options name, and the other options."""
    given = dict(pairs(options, "--option"))
    language = given.pop("language", LANGUAGES[0])
    if language not in LANGUAGES:
        expected = f"expected one of {', '.join(LANGUAGES)}, found {language!r}"
        raise InputInvalid(f"--option language: {expected}", (FieldProblem("options.language", expected),))
    return language, types.MappingProxyType(given)


def _run_named(
    invocation: Invocation,
    source: AssetSourceSettings | ProductSourceSettings,
    *,
    dry_run: bool,
    accept_shrink: bool,
) -> None:
    service = Service(invocation.settings())
    single = _run_of(service, source, dry_run=dry_run, accept_shrink=accept_shrink)

    def run_and_keep() -> RunSummary:
        summary = single()
        if not dry_run:
            service.known.keep(source)
        return summary

    _run_all(invocation, [run_and_keep], partial(linked_after, service, accept_shrink=accept_shrink))


def _run_of(
    service: Service,
    source: AssetSourceSettings | ProductSourceSettings,
    *,
    dry_run: bool,
    accept_shrink: bool,
) -> Callable[[], RunSummary]:
    def single() -> RunSummary:
        with progress_line(source.name) as line:
            if isinstance(source, AssetSourceSettings):
                return service.index_assets(source, line, dry_run=dry_run, accept_shrink=accept_shrink)
            return service.index_products(source, line, dry_run=dry_run, accept_shrink=accept_shrink)

    return single


@contextmanager
def progress_line(label: str) -> Iterator[ProgressLine]:
    """Show a progress line while the block runs."""
    line = ProgressLine(label)
    try:
        yield line
    finally:
        line.close()


def linked_after(
    service: Service, summaries: Sequence[RunSummary], *, accept_shrink: bool = False
) -> LinkSummary | None:
    """Judge links anew if the runs, or the settings since, give reason to; return what came of it."""
    with ExitStack() as shown:
        return service.link_after(
            summaries, lambda: shown.enter_context(progress_line("links")), accept_shrink=accept_shrink
        )


def link_lines(summary: LinkSummary) -> list[str]:
    """Return a run over links in one line, as a person reads it."""
    counts, states = summary.counts, summary.states
    asked = states["review"] + states["conflict"]
    parts = [f"{counts[kind]} {kind}" for kind in ("new", "changed", "withdrawn") if counts[kind]]
    done = (
        f"links: {summary.outcome}: {summary.assets} assets judged, {', '.join(parts) or 'nothing changed'}"
    )
    return [f"{done}; {asked} to review; {summary.seconds:.1f} s"]


def _run_all(
    invocation: Invocation,
    runs: Sequence[Callable[[], RunSummary]],
    then: Callable[[Sequence[RunSummary]], LinkSummary | None],
) -> None:
    """Run each, print each summary, judge links, and end with the worst exit code."""
    summaries: list[RunSummary] = []
    errors: list[DiscoveryError] = []
    for single in runs:
        try:
            summary = single()
        except DiscoveryError as error:
            if len(runs) == 1:
                raise
            errors.append(error)
            say(f"discovery: {error.kind.title}: {error.detail}")
            continue
        summaries.append(summary)
        if not invocation.json:
            for line in summary_lines(summary):
                click.echo(line)
        if summary.outcome == RUN_INTERRUPTED:
            break
    links: LinkSummary | None = None
    try:
        links = then(summaries) if summaries else None
    except DiscoveryError as error:
        errors.append(error)
        say(f"discovery: {error.kind.title}: {error.detail}")
    if links is not None and not invocation.json:
        for line in link_lines(links):
            click.echo(line)
    if invocation.json:
        documents = [summary.as_json() for summary in summaries]
        told = documents[0] if len(runs) == 1 else {"runs": documents}
        invocation.emit({**told, "links": links.as_json() if links else None}, [])
    if any(summary.outcome == RUN_INTERRUPTED for summary in summaries):
        sys.exit(INTERRUPTED)
    codes = [error.kind.exit_code for error in errors]
    codes += [PROBLEMS_FOUND for summary in summaries if summary.failed]
    sys.exit(max(codes, default=0))


def summary_lines(summary: RunSummary) -> list[str]:
    """Return a run's summary as a person reads it."""
    counts = summary.counts()
    shown = (
        "read",
        "embedded",
        "reused",
        "metadata",
        "unchanged",
        "gone",
        "failed",
        "warnings",
        "duplicates",
    )
    parts = [f"{counts[name]} {_WORDS.get(name, name)}" for name in shown if counts[name] or name == "read"]
    done = f"{summary.source} ({summary.side}): {summary.outcome}: {', '.join(parts)}"
    lines = [f"{done}; {summary.rate:.0f}/s, {summary.seconds:.1f} s"]
    for word, problems, count in (
        ("failed", summary.failures, summary.failed),
        ("warning", summary.warning_notes, summary.warnings),
        ("duplicate", summary.duplicate_notes, summary.duplicates),
    ):
        for problem in problems:
            where = f"{problem.key}: {problem.field}" if problem.field else problem.key
            lines.append(f"  {word}: {where}: {problem.reason}")
        if count > len(problems):
            where = "discovery duplicates list" if word == "duplicate" else "discovery index status --json"
            lines.append(f"  … and {count - len(problems)} more {word}s; see {where}")
    lines += [f"  {note}" for note in summary.notes]
    return lines


_WORDS = {"metadata": "updated"}


@index_group.command()
@pass_invocation
def status(invocation: Invocation) -> None:
    """Tell what is indexed, by source, and what does not fit. Exit code 1 if something does not."""
    service = Service(invocation.settings())
    families = service.lifecycle.status()
    lines = [line for family in families for line in _family_lines(family)]
    invocation.emit({"families": families}, lines)
    if any(family.problem for family in families):
        sys.exit(PROBLEMS_FOUND)


def _family_lines(family: FamilyStatus) -> list[str]:
    where = family.generation or "no index"
    lines = [f"{family.family}: {where}: {family.documents} documents, {family.bytes} bytes"]
    lines += [
        f"  {source.name}: {source.documents} documents, {source.pending} pending, {source.failures} failed"
        for source in family.sources
    ]
    unfinished = " (not filled to its end; discovery index rebuild goes on with it)"
    lines += [
        f"  also there: {name}{unfinished if name in family.unfinished else ''}" for name in family.others
    ]
    if family.problem:
        lines.append(f"  problem: {family.problem}")
    return lines


@index_group.command()
@click.option("--no-promote", is_flag=True, help="Leave it beside the serving one, for gate and promote.")
@click.option("--anew", is_flag=True, help="Begin again, whatever an earlier rebuild has left.")
@pass_invocation
def rebuild(invocation: Invocation, no_promote: bool, anew: bool) -> None:
    """Fill a new generation from every known source beside the serving one, then let it serve.

    What is written meanwhile reaches both. It serves only if the gate passes it; else it waits. A rebuild
    that was killed is gone on with by the next one.
    """
    service = Service(invocation.settings())
    with progress_line("rebuild") as line:
        change, summaries = service.rebuild(line, promote=not no_promote, anew=anew)
    links = linked_after(service, summaries) if change.serving else None
    lines = [line for summary in summaries for line in summary_lines(summary)]
    invocation.emit(
        {
            "change": change,
            "runs": [summary.as_json() for summary in summaries],
            "links": links.as_json() if links else None,
        },
        [*lines, *_change_lines(change), *(link_lines(links) if links else [])],
    )


@index_group.command()
@pass_invocation
def gate(invocation: Invocation) -> None:
    """Compare sources and index, and the generation that waits with the one that serves.

    What serves is not changed. Of a generation that waits it compares counts, sampled documents, how well
    its graphs find the nearest pictures, and how it answers queries with known answers. Exit code 1 if
    anything differs.
    """
    service = Service(invocation.settings())
    report = service.gate()
    with progress_line("gate") as line:
        compared = service.migration(line).compare()
    lines = [f"{finding.side} {finding.source}: {finding.message}" for finding in report.findings]
    listed = sum(report.listed.values())
    lines.append(f"gate: {'passed' if report.passed else 'not passed'}: {listed} items compared")
    if compared is not None:
        lines += [f"{name}: {figure:g}" for name, figure in compared.figures.items()]
        lines += [f"{one.side} {one.source}".rstrip() + f": {one.message}" for one in compared.findings]
        fit = "not fit to serve" if compared.findings else "fit to serve; run discovery index promote"
        lines.append(f"{compared.generation} waits: {fit}")
    passed = report.passed and not (compared and compared.findings)
    waiting = compared and {
        "generation": compared.generation,
        "figures": compared.figures,
        "findings": compared.findings,
    }
    invocation.emit({"passed": passed, "report": report, "waiting": waiting}, lines)
    if not passed:
        sys.exit(PROBLEMS_FOUND)


@index_group.command()
@click.option("--repair", is_flag=True, help="Mend what differs, then compare once more.")
@_accept_shrink
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write all that differs to a file: .csv, else a line of JSON each.",
)
@pass_invocation
def reconcile(invocation: Invocation, repair: bool, accept_shrink: bool, output: Path | None) -> None:
    """Compare sources, index, thumbnails and decisions. Exit code 1 if anything differs.

    A source that is down, or far smaller than it was, is said so; nothing of it counts as extra. With
    --repair what is missing or outdated is indexed again, what is extra removed under the brakes of index
    runs, thumbnails and connections are made again, and what is told is what differs after that.
    """
    service = Service(invocation.settings())
    told: tuple[str, ...] = ()
    with ExitStack() as held:
        line = held.enter_context(progress_line("reconcile"))
        differences = held.enter_context(Differences())
        found = before = service.reconcile(line, differences, accept_shrink=accept_shrink)
        if repair and before.total:
            told = service.repair(line, differences, accept_shrink=accept_shrink)
            differences = held.enter_context(Differences())
            found = service.reconcile(line, differences, accept_shrink=accept_shrink)
        if output is not None:
            _write_differences(output, differences)
        all_of_them = list(differences.each()) if invocation.json else []
    document = {
        "clean": found.clean,
        "total": found.total,
        "report": found,
        "differences": all_of_them,
        "repaired": before.total - found.total if repair else None,
        "not_repaired": told,
    }
    mended = [f"repaired: {before.total - found.total} of {before.total}"] if repair and before.total else []
    lines = [*mended, *(f"  not repaired: {one}" for one in told), *reconciliation_lines(found)]
    invocation.emit(document, lines)
    if not found.clean or told:
        sys.exit(PROBLEMS_FOUND)


def reconciliation_lines(found: Reconciliation) -> list[str]:
    """Return a comparison as a person reads it: what could not be compared, what differs, and one line."""
    lines = [f"{one.side} {one.source}: {one.reason}" for one in found.sources if one.reason]
    for one in found.differences:
        where = f"{one.side} {one.source}".rstrip()
        more = f" … and {one.count - len(one.examples)} more" if one.count > len(one.examples) else ""
        lines.append(f"{where}: {one.count} {one.kind}: {', '.join(one.examples)}{more}")
    failed = sum(one.failed for one in found.sources)
    if failed:
        lines.append(f"  {failed} items could not be indexed and are known to; the audit tells which")
    listed = sum(one.listed for one in found.sources)
    word = "clean" if found.clean else "not clean"
    lines.append(f"reconcile: {word}: {listed} items listed, {found.total} differ")
    return lines


def _write_differences(file: Path, differences: Differences) -> None:
    names = [field.name for field in dataclasses.fields(Difference)]
    try:
        with file.open("w", encoding="utf-8", newline="") as out:
            if file.suffix.lower() == ".csv":
                rows = csv.DictWriter(out, names)
                rows.writeheader()
                rows.writerows(
                    {name: defused(text) for name, text in dataclasses.asdict(one).items()}
                    for one in differences.each()
                )
            else:
                for one in differences.each():
                    out.write(json.dumps(dataclasses.asdict(one), ensure_ascii=False) + "\n")
    except OSError as error:
        raise InputInvalid(f"the list cannot be written to {file}: {error.strerror}") from error


@index_group.command()
@click.argument("generations", nargs=-1)
@click.option("--force", is_flag=True, help="Whatever the gate finds, and whatever it lacks.")
@pass_invocation
def promote(invocation: Invocation, generations: tuple[str, ...], force: bool) -> None:
    """Let generations serve: those named, or the newest of each side.

    First they catch up with what was written to the serving ones, and pass the gate. Runs are waited for.
    """
    service = Service(invocation.settings())
    with progress_line("promote") as line:
        change = service.migration(line).promote(generations or None, force=force)
    invocation.emit(change, _change_lines(change))


@index_group.command()
@click.option("--force", is_flag=True, help="At once, as they were left: what was written since is lost.")
@pass_invocation
def rollback(invocation: Invocation, force: bool) -> None:
    """Let the generations before the serving ones serve again, with all that was written since."""
    service = Service(invocation.settings())
    with progress_line("rollback") as line:
        change = service.migration(line).rollback(force=force)
    invocation.emit(change, _change_lines(change))


@index_group.command()
@click.option(
    "--keep",
    type=click.IntRange(1),
    help="How many to keep, the serving one among them.  [default: index.keep_generations]",
)
@pass_invocation
def prune(invocation: Invocation, keep: int | None) -> None:
    """Delete old generations; with --keep 1 there is no way back from the serving one."""
    service = Service(invocation.settings())
    with progress_line("prune") as line:
        change = service.migration(line).prune(keep)
    invocation.emit(change, _change_lines(change))


def _change_lines(change: Change) -> list[str]:
    rows = (
        ("serving", change.serving),
        ("waiting", change.waiting),
        ("retired", change.retired),
        ("deleted", change.deleted),
    )
    lines = [f"{word}: {name}" for word, names in rows for name in names]
    if change.without_vectors:
        lines.append(f"{change.without_vectors} pictures have no vectors yet; run discovery index run")
    return lines or ["nothing to do"]


@index_group.command("clean-up")
@pass_invocation
def clean_up(invocation: Invocation) -> None:
    """Remove old records of runs, dead letters of forgotten sources and orphaned thumbnails."""
    removed = Service(invocation.settings()).clean_up()
    told = ", ".join(f"{count} {name}" for name, count in removed.items())
    invocation.emit({"removed": removed}, [f"removed: {told}"])


@index_group.command()
@click.argument("name")
@pass_invocation
def forget(invocation: Invocation, name: str) -> None:
    """Take all items of the source NAME out of the index; its files stay where they are."""
    service = Service(invocation.settings())
    with progress_line(f"forget {name}") as line:
        removed = 0
        for count in service.lifecycle.forget(name):
            line.expect(count)
            line.advance(count)
            removed += count
    service.known.forget(name)
    invocation.emit({"removed": removed}, [f"{name}: {removed} items removed"])
