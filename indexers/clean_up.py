"""What nothing needs any more: old records of runs, orphaned dead letters and thumbnails."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from discovery.engine.writer import Delete
from indexers.catalogue import REMOVED, Catalogue
from indexers.deadletters import FAILURE
from indexers.paging import pages
from indexers.run import ASSETS, PRODUCTS

RUN_KINDS = ("run", "job-run", "audit-asked", "reconcile", REMOVED)
WANTED = ("queued", "running")
"""Outcomes of what is still to come, however old it is."""

AT_ONCE = 500
YOUNG = timedelta(days=1)
"""A thumbnail may be older by this than the document that is about to name it."""


@dataclass(frozen=True, slots=True)
class Removed:
    """How many of each were removed."""

    runs: int
    letters: int
    thumbnails: int


def clean_up(
    catalogue: Catalogue,
    known: Collection[tuple[str, str]],
    thumbnails: Path,
    now: datetime,
    keep: timedelta,
) -> Removed:
    """Remove what nothing needs; ``known`` are the sources as (side, name).

    Raises:
        IndexMissing: there is no index: what it would need cannot be told.
    """
    catalogue.ensure_exists()
    catalogue.refresh()
    catalogue.writer().refresh(catalogue.names.runs)
    return Removed(
        _remove(catalogue, _old_runs(catalogue, now - keep)),
        _remove(catalogue, _letters(catalogue, known)),
        remove_orphans(catalogue, thumbnails, now),
    )


def _old_runs(catalogue: Catalogue, before: datetime) -> list[str]:
    """Return the records of runs begun before then, but the last of each outcome of a source or job."""
    newest: dict[tuple[Any, ...], tuple[datetime, str]] = {}
    old: list[str] = []
    query = {
        "bool": {
            "filter": [{"terms": {"kind": [*RUN_KINDS]}}],
            "must_not": [{"terms": {"outcome": [*WANTED]}}],
        }
    }
    fields = ("kind", "side", "source", "key", "outcome", "started")
    for hit in catalogue.reader.scan(catalogue.names.runs, query, fields):
        source = hit["_source"]
        of = tuple(source.get(name) for name in fields[:-1])
        entry = (datetime.fromisoformat(source["started"]), hit["_id"])
        last = newest.get(of)
        newest[of] = max(entry, last) if last else entry
        passed = min(entry, last) if last else None
        if passed is not None and passed[0] < before:
            old.append(passed[1])
    return old


def _letters(catalogue: Catalogue, known: Collection[tuple[str, str]]) -> list[str]:
    """Return the dead letters of sources that nobody knows and of which nothing is indexed."""
    forgotten: dict[tuple[str, str], bool] = {}
    found = []
    for hit in catalogue.reader.scan(catalogue.names.runs, {"term": {"kind": FAILURE}}, ("side", "source")):
        of = (hit["_source"]["side"], hit["_source"]["source"])
        if of not in forgotten:
            forgotten[of] = of not in known and not _has_documents(catalogue, *of)
        if forgotten[of]:
            found.append(hit["_id"])
    return found


def _has_documents(catalogue: Catalogue, side: str, source: str) -> bool:
    index = {ASSETS: catalogue.names.assets, PRODUCTS: catalogue.names.products}[side]
    return catalogue.reader.count(index, {"term": {"source.name": source}}) > 0


def _remove(catalogue: Catalogue, ids: list[str]) -> int:
    catalogue.write([Delete(catalogue.names.runs, ident) for ident in ids])
    return len(ids)


def orphans(catalogue: Catalogue, folder: Path, now: datetime) -> Iterator[Path]:
    """Yield the thumbnails, not of today, of bytes that no asset has."""
    for some in pages(_old_files(folder, now - YOUNG), AT_ONCE):
        checksums = {f"sha256:{_digest(path)}" for path in some}
        kept = catalogue.kept(sorted(checksums), frozenset())
        yield from (path for path in some if f"sha256:{_digest(path)}" not in kept)


def remove_orphans(catalogue: Catalogue, folder: Path, now: datetime) -> int:
    """Remove those, and return how many; one that is wanted again is made again."""
    removed = 0
    for path in orphans(catalogue, folder, now):
        with suppress(FileNotFoundError):
            path.unlink()
            removed += 1
    return removed


def _old_files(folder: Path, before: datetime) -> Iterator[Path]:
    for path in folder.glob("??/*.webp"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before.timestamp():
                yield path


def _digest(path: Path) -> str:
    return path.name.removeprefix(".").partition("-")[0]
